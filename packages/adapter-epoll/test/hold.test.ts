/** Whether an attachment keeps a process alive. Built files: run the build. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startProgram } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";

const program = fileURLToPath(new URL("./programs/hold.mjs", import.meta.url));

/** stdin stays open and silent: it is the descriptor that is watched. */
function start(hold: string) {
  const child = startProgram(program, [hold], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

describe("hold", () => {
  for (const hold of ["false", "never", "again"])
    it(`${hold}: the process ends, whatever is watched and armed`, async () => {
      const [code, signal] = await once(start(hold), "exit");
      expect({ code, signal }).toEqual({ code: 0, signal: null });
    });

  it("true: the process lives, with nothing but the attachment", async () => {
    const child = start("true");
    let said = "";
    for await (const data of child.stdout ?? []) {
      said += data;
      if (said.includes("expired")) break;
    }
    expect(child.exitCode).toBeNull();
    child.kill("SIGTERM");
    const [, signal] = await once(child, "exit");
    expect(signal).toBe("SIGTERM");
  });
});
