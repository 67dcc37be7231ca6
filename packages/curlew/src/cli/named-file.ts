import { readFileSync } from "node:fs";
import { EXIT, Failure } from "./failure.js";

/** A file that an option names as "@FILE"; "@-" is stdin. @throws Failure */
export function readNamed(option: string, name: string): Buffer {
  const path = name.slice(1);
  try {
    return readFileSync(path === "-" ? 0 : path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure("READ_ERROR", EXIT.readError, `${option} ${name} cannot be read: ${why}`, error);
  }
}
