import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CurlewError, errorCodes, LoopError, MisuseError, MultiError, TransferError } from "../src/index.js";

describe("errors", () => {
  it("keep code, numbers and cause", () => {
    const cause = new Error("below");
    expect(new MultiError("MULTI_FAILED", 4, "it failed", cause)).toMatchObject({
      name: "MultiError",
      message: "it failed",
      code: "MULTI_FAILED",
      multiCode: 4,
      cause,
    });
    expect(new TransferError("TRANSFER_FAILED", "no", { curlCode: 7 })).toMatchObject({
      curlCode: 7,
      code: "TRANSFER_FAILED",
    });
    expect(new LoopError("LOOP_REFUSED", "no", { errno: "EPERM" })).toMatchObject({ errno: "EPERM" });
    expect("cause" in new CurlewError("CLOSED", "no")).toBe(false);
  });

  it("are one tree; a mistake of the caller's is a TypeError", () => {
    for (const error of [
      new LoopError("LOOP_FAILED", ""),
      new MultiError("MULTI_FAILED", 1, ""),
      new TransferError("CLOSED", ""),
    ])
      expect(error).toBeInstanceOf(CurlewError);
    expect(new MisuseError("WRONG_TYPE", "")).toBeInstanceOf(TypeError);
    expect(new LoopError("LOOP_FAILED", "")).not.toBeInstanceOf(MultiError);
    expect(new Error("else")).not.toBeInstanceOf(CurlewError);
  });

  it("are recognised across two copies of the package", async () => {
    const other = await import("../src/errors.js?copy" as string);
    expect(other.MultiError).not.toBe(MultiError);
    expect(new other.MultiError("MULTI_FAILED", 1, "")).toBeInstanceOf(MultiError);
    expect(new other.MisuseError("WRONG_TYPE", "")).toBeInstanceOf(MisuseError);
    expect(new other.CurlewError("CLOSED", "")).not.toBeInstanceOf(MultiError);
  });

  it("have one section each in docs/errors.md, and it has no others", () => {
    const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
    const headings = [...page.matchAll(/^## ([A-Z_]+)$/gm)].map(([, code]) => code);
    expect(headings).toEqual([...errorCodes]);
  });
});
