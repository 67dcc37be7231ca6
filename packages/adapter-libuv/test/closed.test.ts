/** Libuv hands descriptors to the kernel only when it polls, and aborts the process over one that was closed before (P 3, P A3). */
import { closeSync, openSync } from "node:fs";
import { CURL_CSELECT_ERR, CURL_POLL_IN, CURL_POLL_INOUT, CURL_POLL_OUT } from "@curlew/core";
import { descriptors } from "@curlew/testkit";
import { attachedTo } from "@curlew/testkit/loop-tests";
import { describe, expect, it, onTestFinished } from "vitest";
import { libuvLoop } from "../src/index.js";

const attached = () => attachedTo(libuvLoop());

describe("a number that is closed while it is watched", () => {
  it("and waits to be polled is an error of its own, and the process lives (P 3, P A3)", async () => {
    const { loop, seen, failures, next } = attached();
    const [a, b] = descriptors.socketpair();
    const [c, d] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    loop.watch(c, CURL_POLL_OUT);
    descriptors.close(a);
    await next();
    expect(seen[0]).toEqual({ fd: a, bits: CURL_CSELECT_ERR });
    expect(failures.map(({ code, errno }) => [code, errno])).toEqual([["LOOP_REFUSED", "EBADF"]]);
    await next();
    expect(seen.at(-1)).toEqual({ fd: c, bits: 2 });
    loop.unwatch(c);
    for (const fd of [b, c, d]) descriptors.close(fd);
  });

  it("and closed with its interest replaced in the same turn: the same (P 12, P A3)", async () => {
    const { loop, seen, next, settled } = attached();
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    await settled();
    loop.watch(a, CURL_POLL_INOUT);
    descriptors.close(a);
    await next();
    expect(seen).toEqual([{ fd: a, bits: CURL_CSELECT_ERR }]);
    descriptors.close(b);
  });

  it("and came back as a file: EPERM, no abort (P A12)", async () => {
    const { loop, failures, next } = attached();
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    descriptors.close(a);
    const file = openSync("/etc/hostname", "r");
    onTestFinished(() => closeSync(file));
    expect(file).toBe(a);
    await next();
    expect(failures.map(({ errno }) => errno)).toEqual(["EPERM"]);
    descriptors.close(b);
  });
});
