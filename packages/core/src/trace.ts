import type { Attachment, LoopAdapter, LoopSink } from "./contract.js";
import { type Ports, reportError } from "./ports.js";

/** One thing that passed between a driver and a loop. */
export interface LoopTrace {
  /** The loop's clock, ms. */
  readonly atMs: number;
  /** A hook of the attachment, or a function of the sink. */
  readonly call: keyof Attachment | keyof LoopSink | "attach";
  readonly args: readonly unknown[];
  /** What the hook threw. */
  readonly threw?: unknown;
}

/**
 * Wraps a loop so that everything that passes is told to `write`: it answers "what keeps my process alive?" and "who
 * lost the timer?". The result is a loop adapter like any other. What `write` throws goes to the port `reportError`: a
 * tracer that fails must not fail the loop.
 *
 * @example new Driver({ engine, loop: traceLoop(loop, (trace) => console.error(formatTrace(trace))) })
 */
export function traceLoop(loop: LoopAdapter, write: (trace: LoopTrace) => void, ports: Ports = {}): LoopAdapter {
  const traced: LoopAdapter = {
    name: loop.name,
    attach(sink) {
      let attachment: Attachment | undefined;
      const tell = (call: LoopTrace["call"], args: readonly unknown[], threw?: unknown): void => {
        const trace = { atMs: attachment?.now() ?? 0, call, args };
        try {
          write(threw === undefined ? trace : { ...trace, threw });
        } catch (error) {
          reportError(ports, error);
        }
      };
      attachment = loop.attach(tracedSink(sink, tell));
      tell("attach", []);
      return tracedAttachment(attachment, tell);
    },
  };
  return loop.batches === undefined ? traced : { ...traced, batches: loop.batches };
}

type Tell = (call: LoopTrace["call"], args: readonly unknown[], threw?: unknown) => void;

function tracedSink(sink: LoopSink, tell: Tell): LoopSink {
  return {
    ready(fd, bits) {
      tell("ready", [fd, bits]);
      sink.ready(fd, bits);
    },
    batchEnd() {
      tell("batchEnd", []);
      sink.batchEnd();
    },
    expired() {
      tell("expired", []);
      sink.expired();
    },
    failed(error) {
      tell("failed", [error]);
      sink.failed(error);
    },
  };
}

function tracedAttachment(attachment: Attachment, tell: Tell): Attachment {
  const through = <T>(call: keyof Attachment, args: readonly unknown[], run: () => T): T => {
    try {
      const result = run();
      tell(call, args);
      return result;
    } catch (error) {
      tell(call, args, error);
      throw error;
    }
  };
  return {
    watch: (fd, interest) => through("watch", [fd, interest], () => attachment.watch(fd, interest)),
    unwatch: (fd) => through("unwatch", [fd], () => attachment.unwatch(fd)),
    arm: (delayMs) => through("arm", [delayMs], () => attachment.arm(delayMs)),
    disarm: () => through("disarm", [], () => attachment.disarm()),
    now: () => attachment.now(),
    hold: (alive) => through("hold", [alive], () => attachment.hold(alive)),
    close: () => through("close", [], () => attachment.close()),
  };
}

const INTERESTS = ["NONE", "IN", "OUT", "INOUT"];

/** One line, such as `12.4 watch 7 INOUT`. */
export function formatTrace({ atMs, call, args, threw }: LoopTrace): string {
  const words = args.map((arg, i) => (call === "watch" && i === 1 ? INTERESTS[arg as number] : String(arg)));
  const outcome = threw === undefined ? [] : ["threw", String(threw)];
  return [atMs.toFixed(1), call, ...words, ...outcome].join(" ");
}
