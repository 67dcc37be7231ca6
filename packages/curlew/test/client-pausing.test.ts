/** Pause and resume, a thousand times (P 1.4.1): every byte once, in order. */
import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import { Model, profiles, serve } from "@curlew/adapter-epoll-sim/model";
import { createClient } from "@curlew/core";
import { contentOf, sha256 } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { useClient, useServer } from "./support.js";

const server = useServer();
const TIMES = 1000;

describe(`${TIMES} pauses`, () => {
  /** Real delays of 1500 ms, a thousand of them, are half an hour: ten are taken here, the rest in virtual time. */
  it("of 0 and 1 ms, and some of 1500, on a real loop", { timeout: 120_000 }, async () => {
    const client = useClient();
    const hash: Buffer[] = [];
    let pauses = 0;
    let paused = false;
    const told = await new Promise((resolve) => {
      const control = client.start(
        `${server.current.http}/bytes/60000000`,
        { highWaterBytes: 90_000 },
        {
          chunk(bytes) {
            expect(paused).toBe(false);
            hash.push(Buffer.from(bytes));
            if (++pauses > TIMES) return;
            paused = true;
            control.pause();
            const delayMs = pauses % 100 === 0 ? 1500 : pauses % 2;
            setTimeout(() => {
              paused = false;
              control.resume();
            }, delayMs);
          },
          done: resolve,
          error: resolve,
        },
      );
    });
    expect(told).toMatchObject({ status: 200 });
    console.log(`${Math.min(pauses, TIMES)} pauses in ${hash.length} chunks`);
    expect(pauses).toBeGreaterThanOrEqual(TIMES);
    expect(sha256(Buffer.concat(hash))).toBe(sha256(contentOf("bytes", 60_000_000)));
  });

  it("of 0, 1 and 1500 ms in turn, in virtual time, as two versions", () => {
    const body = contentOf("bytes", 17_000_000);
    for (const profile of profiles.filter(({ name }) => name === "7.88.1" || name === "8.14.1")) {
      const kernel = new Kernel();
      serve(kernel, "10.0.0.1:80", { answer: () => ({ body }) });
      const hosts = new Map([["far.test", { addresses: ["10.0.0.1:80"] }]]);
      const loop = simulatedLoop(kernel);
      const client = createClient({ engine: () => new Model({ kernel, hosts, profile }), loop });
      const pieces: Uint8Array[] = [];
      let pauses = 0;
      let end: unknown;
      const control = client.start(
        "http://far.test/",
        { highWaterBytes: 3000 },
        {
          chunk(bytes) {
            pieces.push(bytes.slice());
            if (++pauses > TIMES) return;
            control.pause();
            kernel.clock.after([0, 1, 1500][pauses % 3] ?? 0, () => control.resume());
          },
          done: (infos) => {
            end = infos;
          },
          error: (error) => {
            end = error;
          },
        },
      );
      for (let turns = 0; end === undefined && turns < 100_000; turns++) loop.turn();
      expect(end, profile.name).toMatchObject({ status: 200 });
      console.log(
        `as ${profile.name}: ${pauses} chunks in ${(kernel.clock.nowMs / 1000).toFixed(0)} s of virtual time`,
      );
      expect(pauses).toBeGreaterThanOrEqual(TIMES);
      expect(Buffer.concat(pieces).equals(body)).toBe(true);
    }
  });
});
