import { randomInt } from "node:crypto";
import { loadLibcurl } from "@curlew/engine-libcurl";
import { descriptors, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { playOnLibcurl } from "../src/real/schedule.js";

const SCHEDULES = 1000;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe("libcurl under a loop that does its worst", () => {
  it(`loses nothing in ${SCHEDULES} schedules`, async () => {
    const library = loadLibcurl();
    const from = randomInt(2 ** 31);
    await playOnLibcurl(from, library, server); // what a process opens once
    const before = descriptors.openDescriptors().length;
    let transfers = 0;
    for (let seed = from; seed < from + SCHEDULES; seed++) {
      const played = await playOnLibcurl(seed, library, server);
      expect({ seed, wrong: played.wrong }).toEqual({ seed, wrong: [] });
      transfers += played.transfers;
    }
    console.log(`libcurl ${library.version}: schedules ${from} to ${from + SCHEDULES - 1}, ${transfers} transfers`);
    expect(descriptors.openDescriptors().length).toBeLessThanOrEqual(before);
  }, 300_000);
});
