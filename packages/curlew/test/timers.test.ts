import { nghttpdMissing, startNghttpd } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { run, useServer, useTransfers } from "./support.js";

const server = useServer();

const STREAMS = 50;
const REQUESTS = 5000;
/** Far below what they take when a 0 timer waits for some other event (about 1 000 a second), and ten times what is expected. */
const LIVENESS_S = 4;

describe("0 timers (C 4.9, P 16)", () => {
  it(`HTTP/2 with ${STREAMS} streams to nghttpd: a timer that is lost once would cost seconds`, async (context) => {
    const missing = nghttpdMissing();
    if (missing !== undefined) return context.skip(missing);
    const nghttpd = await startNghttpd({ small: Buffer.from("hello") });
    onTestFinished(() => nghttpd.stop());
    const transfers = useTransfers();
    const request = { url: `${nghttpd.url}/small`, curl: { HTTP_VERSION: 4, PIPEWAIT: 1, CAINFO: nghttpd.caFile } };
    await run(transfers, request);
    let left = REQUESTS;
    let failed = 0;
    const started = performance.now();
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const { error, body, infos } = await run(transfers, request);
        if (error || body.toString() !== "hello" || infos.HTTP_VERSION !== 3 || infos.NUM_CONNECTS !== 0) failed++;
      }
    };
    await Promise.all(Array.from({ length: STREAMS }, worker));
    const seconds = (performance.now() - started) / 1000;
    console.log(`${REQUESTS} requests over HTTP/2, ${STREAMS} at once: ${seconds.toFixed(2)} s`);
    expect(failed).toBe(0);
    expect(seconds).toBeLessThan(LIVENESS_S);
  });

  const phases: Record<string, (run: () => void) => void> = {
    timers: (start) => setTimeout(start, 1),
    check: (start) => setImmediate(start),
    microtask: (start) => queueMicrotask(start),
    nextTick: (start) => process.nextTick(start),
  };
  for (const [phase, enter] of Object.entries(phases))
    it(`a transfer started from ${phase} on a loop with nothing else to do begins at once`, async () => {
      const transfers = useTransfers();
      await run(transfers, { url: `${server.current.http}/bytes/5` }); // the connection is there
      const keepBusy = setTimeout(() => {}, 30_000);
      const tookMs = await new Promise<number>((resolve) => {
        enter(() => {
          const started = performance.now();
          transfers.start(
            { url: `${server.current.http}/bytes/5` },
            { outcome: () => resolve(performance.now() - started) },
          );
        });
      });
      clearTimeout(keepBusy);
      console.log(`started from ${phase}, done after ${tookMs.toFixed(2)} ms`);
      expect(tookMs).toBeLessThan(1000);
    });

  it("a transfer started from a callback of another begins at once", async () => {
    const transfers = useTransfers();
    const chain = (left: number): Promise<void> =>
      new Promise((resolve) => {
        transfers.start(
          { url: `${server.current.http}/bytes/5` },
          { outcome: () => (left === 0 ? resolve() : void chain(left - 1).then(resolve)) },
        );
      });
    const started = performance.now();
    await chain(200);
    const eachMs = (performance.now() - started) / 200;
    console.log(`one after the other from outcomes: ${eachMs.toFixed(3)} ms each`);
    expect(eachMs).toBeLessThan(20); // a timer rounded up to 1 ms would still pass; a lost one waits for ever
  });
});
