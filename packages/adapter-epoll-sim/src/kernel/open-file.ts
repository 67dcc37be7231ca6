/** Who waits for a file to change: an epoll instance, or a simulated machine at the other end. */
export interface Waiter {
  /** Something changed; `key` are the EPOLL bits that may hold now, 0 for any. */
  woken(key: number): void;
}

/** What a descriptor names: Linux's open file description. Duplicates of a descriptor share it. */
export abstract class OpenFile {
  /** How many descriptors name it. */
  references = 0;
  readonly waiters = new Set<Waiter>();
  /** Regular files have no poll: epoll refuses them with EPERM. */
  readonly pollable: boolean = true;

  /** The EPOLL bits that hold now. */
  abstract poll(): number;

  /** The last descriptor was closed. */
  release(): void {
    this.waiters.clear();
  }

  /** Like the kernel's wake_up: a change that wakes nobody is seen only by who looks. */
  protected wake(key: number): void {
    for (const waiter of [...this.waiters]) waiter.woken(key);
  }
}
