import type { Attachment, Interest, LoopAdapter, LoopError as LoopErrorType } from "@curlew/core";
import { LoopError } from "@curlew/core";
import { Observable, type Subscriber, Subject } from "rxjs";
import { LoopScheduler } from "./loop-scheduler.js";
import type { LoopSource, LoopStreams } from "./streams.js";

/** Any loop adapter's loop, as streams. Each `open` is an attachment of it. */
export function fromLoop(adapter: LoopAdapter): LoopSource {
  return { name: adapter.name, batches: adapter.batches ?? false, open: () => new AttachedStreams(adapter) };
}

class AttachedStreams implements LoopStreams {
  readonly scheduler: LoopScheduler;
  readonly #batchEnd$ = new Subject<void>();
  readonly #loop: Attachment;
  /** Who hears of a descriptor. */
  readonly #listeners = new Map<number, Subscriber<number>>();

  constructor(adapter: LoopAdapter) {
    this.#loop = adapter.attach({
      ready: (fd, bits) => this.#listeners.get(fd)?.next(bits),
      batchEnd: () => this.#batchEnd$.next(),
      expired: () => this.scheduler.expired(),
      failed: (error: LoopErrorType) => this.#batchEnd$.error(error),
    });
    this.scheduler = new LoopScheduler(this.#loop);
  }

  get batchEnd$(): Observable<void> {
    return this.#batchEnd$;
  }

  readonly readiness = (fd: number, interest$: Observable<Interest>): Observable<number> =>
    new Observable((listener) => {
      if (this.#listeners.has(fd)) {
        const message = `descriptor ${fd} is watched already by these streams: share its readiness instead`;
        return listener.error(new LoopError("LOOP_REFUSED", message, { errno: "EEXIST" }));
      }
      this.#listeners.set(fd, listener);
      listener.add(() => {
        this.#listeners.delete(fd);
        this.#loop.unwatch(fd);
      });
      listener.add(interest$.subscribe({ next: (interest) => this.#watch(fd, interest, listener), error: (error) => listener.error(error) }));
    });

  hold(alive: boolean): void {
    this.#loop.hold(alive);
  }

  close(): Promise<void> {
    this.scheduler.close();
    return this.#loop.close();
  }

  #watch(fd: number, interest: Interest, listener: Subscriber<number>): void {
    try {
      this.#loop.watch(fd, interest);
    } catch (error) {
      listener.error(error);
    }
  }
}
