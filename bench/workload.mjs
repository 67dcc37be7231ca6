/**
 * The workload, written once. A client is `start(done)`: it begins one request, and calls `done(error, bytes)` when the body
 * is there. plain-c/loop.c has the same in C.
 */

/** A client that promises a number of bytes, as `start(done)`. */
export function promised(request) {
  return (done) => {
    request().then(
      (bytes) => done(undefined, bytes),
      (error) => done(error),
    );
  };
}

/** What one slice of work was. */
class Slice {
  requests = 0;
  failed = 0;
  /** The first failure, in words. */
  failure;
  latencies = [];
  #beganMs = performance.now();
  #cpu = process.cpuUsage();

  constructor(expectedBytes) {
    this.expectedBytes = expectedBytes;
  }

  count(error, bytes) {
    if (error === undefined && bytes === this.expectedBytes) this.requests++;
    else {
      this.failed++;
      this.failure ??= error ? String(error.cause ?? error) : `${bytes} bytes instead of ${this.expectedBytes}`;
    }
  }

  end() {
    const { user, system } = process.cpuUsage(this.#cpu);
    const sorted = Float64Array.from(this.latencies).sort();
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
    const { requests, failed, failure } = this;
    const wallMs = performance.now() - this.#beganMs;
    return { requests, failed, failure, wallMs, cpuUs: user + system, p50Ms: at(0.5), p99Ms: at(0.99) };
  }
}

/** Full load: `count` requests, `atOnce` of them at any time. No clock is read in between. */
export function fullLoad(start, { atOnce, count, expectedBytes }) {
  return new Promise((resolve) => {
    const slice = new Slice(expectedBytes);
    let begun = 0;
    let ended = 0;
    const begin = () => {
      begun++;
      start(end);
    };
    const end = (error, bytes) => {
      slice.count(error, bytes);
      if (begun < count) begin();
      if (++ended === count) resolve(slice.end());
    };
    while (begun < Math.min(atOnce, count)) begin();
  });
}

/** What a timer of 1 ms may be late without anybody being to blame. */
const TIMER_GRAIN_MS = 2;

/**
 * A fixed rate: requests begin when they are due, however long others take. Latency counts from when it began, but from when
 * it was due if that was longer ago than a timer's grain: who keeps the loop busy does not get his own delay for free.
 */
export function fixedRate(start, { perSec, ms, expectedBytes }) {
  return new Promise((resolve) => {
    const slice = new Slice(expectedBytes);
    const beganMs = performance.now();
    const total = Math.max(1, Math.round((perSec * ms) / 1000));
    let begun = 0;
    let ended = 0;
    const begin = (sinceMs) => {
      begun++;
      start((error, bytes) => {
        slice.count(error, bytes);
        slice.latencies.push(performance.now() - sinceMs);
        if (++ended === total) resolve(slice.end());
      });
    };
    const tick = () => {
      const nowMs = performance.now();
      for (let dueMs = 0; begun < total; ) {
        dueMs = beganMs + (begun * 1000) / perSec;
        if (dueMs > nowMs) break;
        begin(nowMs - dueMs > TIMER_GRAIN_MS ? dueMs : nowMs);
      }
      if (begun < total) setTimeout(tick, 1);
    };
    tick();
  });
}
