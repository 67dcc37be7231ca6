import { type ChoiceKind, type Choices, Random, SeededChoices } from "@curlew/adapter-epoll-sim/kernel";
import { ProbeWorld, SimulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import { createTransferEngine } from "@curlew/core";
import { type Libcurl, Multi } from "@curlew/engine-libcurl";
import { descriptors, type TestServer } from "@curlew/testkit";

/** In real time nobody waits for seconds: of the ways to be late the longest is left out. */
const LATENESSES = 3;
const SIZES = [0, 5, 3000, 120_000];

/** What one schedule did. */
export interface Played {
  readonly transfers: number;
  /** What was lost or wrong, in words. */
  readonly wrong: readonly string[];
}

/** A few real transfers by libcurl, under the schedule of a seed: order, batches, lateness and spurious wakeups are its. */
export async function playOnLibcurl(seed: number, library: Libcurl, server: TestServer): Promise<Played> {
  const random = new Random(seed);
  const seeded = new SeededChoices(seed);
  const choices: Choices = {
    choose: (kind: ChoiceKind, count) => seeded.choose(kind, kind === "late" ? LATENESSES : count),
  };
  const now = () => performance.now();
  const loop = new SimulatedLoop(new ProbeWorld(descriptors.poll, choices, now), choices);
  const transfers = createTransferEngine({ createEngine: () => new Multi(library), loop });
  const wrong: string[] = [];
  const count = 1 + random.below(5);
  let ended = 0;
  for (let i = 0; i < count; i++) {
    const size = random.pick(SIZES);
    const expected = random.chance(0.2) ? "echo" : "bytes";
    const url = expected === "echo" ? `${server.http}/echo` : `${server.http}/bytes/${size}`;
    const body = new Uint8Array(size);
    let bytes = 0;
    transfers.start(
      { url, ...(expected === "echo" ? { body } : {}) },
      {
        chunk: (chunk) => {
          bytes += chunk.length;
        },
        outcome: ({ error }) => {
          ended++;
          if (error) wrong.push(`${url}: ${error.message}`);
          else if (expected === "bytes" && bytes !== size) wrong.push(`${url}: ${bytes} bytes`);
        },
      },
    );
  }
  const turnUntil = async (over: () => boolean, what: string): Promise<void> => {
    for (const end = now() + 20_000; !over(); ) {
      if (now() > end) return void wrong.push(`${what}: ${ended} of ${count} transfers ended`);
      loop.turn();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await turnUntil(() => ended === count, "it hangs");
  let closed = false;
  void transfers.close().then(() => {
    closed = true;
  });
  await turnUntil(() => closed, "close hangs");
  if (ended !== count) wrong.push(`${ended} outcomes of ${count} transfers`);
  return { transfers: count, wrong };
}
