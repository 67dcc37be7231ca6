/** What a person is told of a refusal: the name of errno, and what can be done. */
import { constants } from "node:os";
import { expect, it } from "vitest";
import { loopError } from "../src/loop-error.js";

const advice: [name: keyof typeof constants.errno, what: RegExp][] = [
  ["EBADF", /closed/],
  ["EAGAIN", /thread.*ulimit -u/],
  ["EMFILE", /ulimit -n/],
  ["ENFILE", /fs\.file-max/],
  ["ENOSPC", /fs\.epoll\.max_user_watches/],
];
for (const [name, what] of advice)
  it(`${name} has its advice`, () => {
    const error = loopError("LOOP_UNAVAILABLE", "no thread", -constants.errno[name]);
    expect(error).toMatchObject({ code: "LOOP_UNAVAILABLE", errno: name, message: expect.stringMatching(what) });
  });

it("an errno nobody thought of is told by its name", () => {
  expect(loopError("LOOP_FAILED", "epoll_wait", -constants.errno.EINVAL).message).toBe("epoll_wait: EINVAL");
});
