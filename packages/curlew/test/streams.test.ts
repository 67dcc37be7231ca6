import type { Transfer } from "@curlew/core";
import { contentOf, type Nghttpd, nghttpdMissing, startNghttpd } from "@curlew/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { run, useTransfers } from "./support.js";

const SIZES = [1, 3000, 16_384, 65_536, 250_000, 500_001, 1_000_000, 1_600_000];
const TRANSFERS = 100;
const AT_ONCE = 8;
const missing = nghttpdMissing();
let nghttpd: Nghttpd;

const bodyOf = (size: number): Buffer => contentOf("stream", size);
const request = (size: number) => ({
  url: `${nghttpd.url}/${size}`,
  curl: { HTTP_VERSION: 4, PIPEWAIT: 1, CAINFO: nghttpd.caFile },
});

beforeAll(async () => {
  if (missing !== undefined) return undefined;
  nghttpd = await startNghttpd(Object.fromEntries(SIZES.map((size) => [size, bodyOf(size)])));
  return () => nghttpd.stop();
});

/** The same numbers for the same seed, from 0 to `below` - 1. */
function numbers(seed: string): (below: number) => number {
  const bytes = contentOf(seed, 400_000);
  let at = 0;
  return (below) => bytes.readUInt32LE((at++ * 4) % bytes.length) % below;
}

/** Sends that many bytes in pieces, a turn of the loop apart, and then says that was all. */
function stream(transfer: Transfer, bytes: number, next: (below: number) => number): void {
  const piece = Math.min(bytes, 1 + next(9000));
  if (piece > 0) transfer.send(Buffer.alloc(piece));
  if (bytes > piece) setImmediate(stream, transfer, bytes - piece, next);
  else transfer.endSending();
}

/** Pauses now and then, for some turns of the loop. */
function stop(transfer: Transfer, turns: number): void {
  transfer.pause();
  const wait = (left: number): void => void (left > 0 ? setImmediate(wait, left - 1) : transfer.resume());
  wait(turns);
}

describe("streams of one HTTP/2 connection", () => {
  for (const highWaterBytes of [1000, 20_000])
    for (const seed of ["one", "two"])
      it(`lose nothing to each other: pauses, ends of uploads, ${highWaterBytes} bytes at most, seed ${seed}`, async (context) => {
        if (missing !== undefined) return context.skip(missing);
        const transfers = useTransfers();
        const next = numbers(seed);
        const wrong: string[] = [];
        let left = TRANSFERS;
        const one = async (): Promise<void> => {
          const size = SIZES[next(SIZES.length)] ?? 1;
          const upload = next(3) === 0 ? ({ method: "POST", body: { stream: true } } as const) : {};
          let transfer!: Transfer;
          const { error, body, infos } = await run(
            transfers,
            { ...request(size), ...upload, highWaterBytes },
            {
              started(it) {
                transfer = it;
                if ("body" in upload) stream(it, next(60_000), next);
              },
              chunk: () => void (next(3) === 0 && stop(transfer, next(8))),
            },
          );
          if (error || !body.equals(bodyOf(size)) || infos.HTTP_VERSION !== 3)
            wrong.push(`${size}: ${error?.message ?? "no error"}, ${body.length} bytes, HTTP ${infos.HTTP_VERSION}`);
        };
        const worker = async (): Promise<void> => {
          while (left-- > 0) await one();
        };
        await Promise.all(Array.from({ length: AT_ONCE }, worker));
        expect(wrong).toEqual([]);
      });

  it("end, all of them, though one's end leaves unread what came for the others", async (context) => {
    if (missing !== undefined) return context.skip(missing);
    const transfers = useTransfers();
    await run(transfers, request(1));
    for (let round = 0; round < 10; round++) {
      const results = await Promise.all(Array.from({ length: 16 }, () => run(transfers, request(1_000_000))));
      expect(results.map(({ error, body }) => error ?? body.equals(bodyOf(1_000_000)))).toEqual(Array(16).fill(true));
    }
  });
});
