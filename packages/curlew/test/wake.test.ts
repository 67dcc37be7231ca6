/** A loop that sleeps is woken by a request, whatever it sleeps in (P 38). */
import { expect, it } from "vitest";
import { run, useServer, useTransfers } from "./support.js";

const server = useServer();

it("a request that is started while everything sleeps begins at once", async () => {
  let begun = 0;
  const transfers = useTransfers({
    observers: {
      action() {
        begun ||= performance.now();
      },
    },
  });
  const request = { url: `${server.current.http}/bytes/5` };
  await run(transfers, request);
  const delays: number[] = [];
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100)); // long enough for any thread to fall asleep
    begun = 0;
    const started = performance.now();
    const { error } = await run(transfers, request);
    expect(error).toBeUndefined();
    delays.push(begun - started);
  }
  console.log(`from start to the first call of libcurl: ${delays.map((ms) => ms.toFixed(3)).join(", ")} ms`);
  delays.sort((a, b) => a - b);
  expect(delays[5]).toBeLessThan(50);
  expect(delays.at(-1)).toBeLessThan(500); // whatever else the machine does
});
