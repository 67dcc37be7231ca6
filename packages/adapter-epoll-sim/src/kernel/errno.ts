import { CurlewError } from "@curlew/core";

/** The errors this kernel knows. */
export type Errno =
  | "EBADF"
  | "ECONNREFUSED"
  | "ECONNRESET"
  | "EEXIST"
  | "EINVAL"
  | "EISCONN"
  | "EMFILE"
  | "ENOENT"
  | "ENOMEM"
  | "ENOTCONN"
  | "ENOTSOCK"
  | "EPERM"
  | "EPIPE";

/** A system call failed. EAGAIN is none of these: `read` answers undefined and `write` 0, as the calls themselves nearly do. */
export class SyscallError extends CurlewError {
  readonly errno: Errno;

  constructor(call: string, errno: Errno) {
    super("SYSCALL_FAILED", `${call}: ${errno}`);
    this.errno = errno;
  }
}
