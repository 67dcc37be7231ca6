// One test of each outcome.
import { describe, expect, it } from "vitest";

describe("a file", () => {
  it("passes", () => {});
  it("fails", () => expect(1).toBe(2));
  it("is skipped", (context) => context.skip("for this reason"));
});
