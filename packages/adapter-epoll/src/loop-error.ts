import { getSystemErrorName } from "node:util";
import { LoopError } from "@curlew/core";

/** What it means, and what a person can do about it. */
const MEANING: Record<string, string> = {
  EBADF: "the descriptor is closed",
  EAGAIN: "no thread can be made: see `ulimit -u`, and the control group's pids.max",
  EMFILE: "this process has no descriptor left: see `ulimit -n`",
  ENFILE: "the system has no descriptor left: see fs.file-max",
  ENOSPC: "this user watches as many descriptors as fs.epoll.max_user_watches allows",
};

/** @param answer of a system call: -errno */
export function loopError(code: ConstructorParameters<typeof LoopError>[0], what: string, answer: number): LoopError {
  const errno = getSystemErrorName(answer);
  const meaning = MEANING[errno];
  return new LoopError(code, `${what}: ${errno}${meaning ? ` (${meaning})` : ""}`, { errno });
}
