/** After it was let go the loop has one turn without its thread: who asks for one thing after the other asks again in it. */
import { readdirSync, readFileSync } from "node:fs";
import type { Attachment } from "@curlew/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { epollLoop } from "../src/index.js";

/** So that it is still set when it is looked at, whatever else the machine does. */
const FAR_MS = 600_000;

let loop: Attachment;
let before: number;

/** How many timerfds of the process are set (proc(5), fdinfo). */
function timersSet(): number {
  const infos = readdirSync("/proc/self/fdinfo").map((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, "latin1");
    } catch {
      return ""; // that of the list itself
    }
  });
  return infos.filter((info) => /^it_value: \((?!0, 0\))/m.test(info)).length;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  before = timersSet();
  loop = epollLoop().attach({ ready() {}, batchEnd() {}, expired() {}, failed() {} });
});

afterEach(() => loop.close());

describe("a timer that is asked for as the loop is let go", () => {
  beforeEach(() => {
    loop.hold(true);
    loop.hold(false);
    loop.arm(FAR_MS);
  });

  it("is set once that turn is over", async () => {
    expect(timersSet() - before).toBe(0);
    await turn();
    expect(timersSet() - before).toBe(1);
  });

  it("never is where it is taken back in it", async () => {
    loop.disarm();
    await turn();
    expect(timersSet() - before).toBe(0);
  });
});

it("is set at once without such a turn", () => {
  loop.arm(FAR_MS);
  expect(timersSet() - before).toBe(1);
});
