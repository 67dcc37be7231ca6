import { type Attachment, type LoopAdapter, MisuseError } from "@curlew/core";
import { Subject } from "rxjs";
import { LoopScheduler } from "./loop-scheduler.js";
import type { LoopSource, LoopStreams } from "./streams.js";
import { Watches } from "./watches.js";

/**
 * Any loop adapter's loop, as streams. Each `open` is an attachment of it, an object of plain properties, so that one of them
 * can be put in place of another: `{ ...streams, readiness: (fd, interest$) => streams.readiness(fd, interest$).pipe(...) }`.
 *
 * What is no adapter is thrown by `open`: MisuseError WRONG_TYPE.
 */
export function fromLoop(adapter: LoopAdapter): LoopSource {
  return {
    name: adapter?.name,
    batches: adapter?.batches ?? false,
    open() {
      if (typeof adapter?.attach !== "function")
        throw new MisuseError("WRONG_TYPE", "fromLoop takes a loop adapter, as libuvLoop() and epollLoop() make them");
      return attached(adapter);
    },
  };
}

function attached(adapter: LoopAdapter): LoopStreams {
  const batchEnd$ = new Subject<void>();
  const loop: Attachment = adapter.attach({
    ready: (fd, bits) => watches.ready(fd, bits),
    batchEnd: () => batchEnd$.next(),
    expired: () => scheduler.expired(),
    failed(error) {
      batchEnd$.error(error);
      watches.fail(error);
    },
  });
  const watches = new Watches(loop);
  const scheduler = new LoopScheduler(loop);
  return {
    readiness: (fd, interest$) => watches.readiness(fd, interest$),
    batchEnd$,
    scheduler,
    hold: (alive) => loop.hold(alive),
    close() {
      scheduler.close();
      watches.close();
      batchEnd$.complete();
      return loop.close();
    },
  };
}
