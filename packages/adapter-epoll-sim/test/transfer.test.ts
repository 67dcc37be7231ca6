import { createTransferEngine, type TransferEngine } from "@curlew/core";
import { describe, expect, it } from "vitest";
import { Kernel } from "../src/kernel/index.js";
import { type SimulatedLoop, simulatedLoop } from "../src/loop/index.js";
import { Model, type Profile, profiles, serve } from "../src/model/index.js";

const body = Uint8Array.from({ length: 200_000 }, (_, i) => i * 31);

function world(profile: Profile): { kernel: Kernel; loop: SimulatedLoop; transfers: TransferEngine } {
  const kernel = new Kernel();
  serve(kernel, "10.0.0.1:80", {
    answer: ({ path, body: sent }) =>
      path === "/big"
        ? { body, trailers: "X: y\r\n" }
        : { status: 201, body: sent.length > 0 ? sent : body.subarray(0, 5) },
  });
  const hosts = new Map([["model.test", { addresses: ["10.0.0.9:80", "10.0.0.1:80"], resolveMs: 30 }]]);
  const loop = simulatedLoop(kernel);
  const transfers = createTransferEngine({ createEngine: () => new Model({ kernel, hosts, profile }), loop });
  return { kernel, loop, transfers };
}

describe.each(profiles)("a transfer of the model as $name", (profile) => {
  it("resolves, connects, sends, receives and ends, on virtual time alone", async () => {
    const { kernel, loop, transfers } = world(profile);
    const got: Record<string, unknown> = {};
    const received: number[] = [];
    transfers.start(
      { url: "http://model.test/big" },
      {
        chunk: (bytes) => void received.push(...bytes),
        outcome: ({ error, getinfo }) => Object.assign(got, { error, status: getinfo("RESPONSE_CODE") }),
      },
    );
    for (let turns = 0; got.status === undefined && turns < 5000; turns++) loop.turn();
    expect(got).toEqual({ error: undefined, status: 200 });
    expect(received).toEqual([...body]);
    const closed = transfers.close();
    while (loop.turn() !== "nothing");
    await closed;
    expect(kernel.open).toEqual([]);
  });
});
