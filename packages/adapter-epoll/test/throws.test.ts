/** A sink may not throw. One that does must not vanish, nor take the loop with it. Built files: run the build. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startProgram } from "@curlew/testkit";
import { expect, it } from "vitest";

it("what a sink throws is an uncaught exception, and the loop goes on", async () => {
  const program = fileURLToPath(new URL("./programs/throws.mjs", import.meta.url));
  const child = startProgram(program, [], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout?.on("data", (data) => {
    said += data;
  });
  const [code] = await once(child, "close");
  expect({ code, said }).toEqual({ code: 0, said: "uncaught: thrown on purpose\nexpired\n" });
});
