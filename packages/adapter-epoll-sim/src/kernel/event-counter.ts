import { EPOLLERR, EPOLLIN, EPOLLOUT } from "./epoll-constants.js";
import { SyscallError } from "./errno.js";
import { OpenFile } from "./open-file.js";

const MOST = 0xffff_ffff_ffff_fffen;
const COUNTER_BYTES = 8;

/** An eventfd. */
export class EventCounter extends OpenFile {
  #count = 0n;

  poll(): number {
    let mask = this.#count > 0n ? EPOLLIN : 0;
    if (this.#count > MOST) mask |= EPOLLERR;
    if (this.#count < MOST) mask |= EPOLLOUT;
    return mask;
  }

  read(most: number): Uint8Array | undefined {
    if (most < COUNTER_BYTES) throw new SyscallError("read", "EINVAL");
    if (this.#count === 0n) return undefined;
    const bytes = new Uint8Array(COUNTER_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, this.#count, true);
    this.#count = 0n;
    this.wake(EPOLLOUT);
    return bytes;
  }

  write(bytes: Uint8Array): number {
    if (bytes.length < COUNTER_BYTES) throw new SyscallError("write", "EINVAL");
    const added = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    if (added > MOST) throw new SyscallError("write", "EINVAL");
    if (this.#count + added > MOST) return 0;
    this.#count += added;
    this.wake(EPOLLIN);
    return COUNTER_BYTES;
  }
}

/** A file on a disk: there, readable, and not to be polled. */
export class RegularFile extends OpenFile {
  override readonly pollable = false;

  poll(): number {
    return EPOLLIN | EPOLLOUT;
  }

  read(): Uint8Array {
    return new Uint8Array(0);
  }

  write(bytes: Uint8Array): number {
    return bytes.length;
  }
}
