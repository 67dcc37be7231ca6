import { type Attachment, type Interest, type LoopAdapter, LoopError } from "@curlew/core";
import { Observable, Subject, type Subscriber } from "rxjs";
import { LoopScheduler } from "./loop-scheduler.js";
import type { LoopSource, LoopStreams, Readiness } from "./streams.js";

/**
 * Any loop adapter's loop, as streams. Each `open` is an attachment of it, an object of plain properties, so that one of them
 * can be put in place of another: `{ ...streams, readiness: (fd, interest$) => streams.readiness(fd, interest$).pipe(...) }`.
 */
export function fromLoop(adapter: LoopAdapter): LoopSource {
  return { name: adapter.name, batches: adapter.batches ?? false, open: () => attached(adapter) };
}

function attached(adapter: LoopAdapter): LoopStreams {
  /** Who hears of a descriptor. */
  const listeners = new Map<number, Subscriber<number>>();
  const batchEnd$ = new Subject<void>();
  const loop = adapter.attach({
    ready: (fd, bits) => listeners.get(fd)?.next(bits),
    batchEnd: () => batchEnd$.next(),
    expired: () => scheduler.expired(),
    failed: (error) => batchEnd$.error(error),
  });
  const scheduler = new LoopScheduler(loop);
  return {
    readiness: readinessOf(loop, listeners),
    batchEnd$,
    scheduler,
    hold: (alive) => loop.hold(alive),
    close() {
      scheduler.close();
      return loop.close();
    },
  };
}

function readinessOf(loop: Attachment, listeners: Map<number, Subscriber<number>>): Readiness {
  const watch = (fd: number, interest: Interest, listener: Subscriber<number>): void => {
    try {
      loop.watch(fd, interest);
    } catch (error) {
      listener.error(error);
    }
  };
  return (fd, interest$) =>
    new Observable((listener) => {
      if (listeners.has(fd)) {
        const message = `descriptor ${fd} is watched already by these streams: share its readiness instead`;
        return listener.error(new LoopError("LOOP_REFUSED", message, { errno: "EEXIST" }));
      }
      listeners.set(fd, listener);
      listener.add(() => {
        listeners.delete(fd);
        loop.unwatch(fd);
      });
      const error = (cause: unknown): void => listener.error(cause);
      listener.add(interest$.subscribe({ next: (interest) => watch(fd, interest, listener), error }));
    });
}
