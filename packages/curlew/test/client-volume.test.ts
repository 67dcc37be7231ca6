/** Big bodies through a small process: what is slow at one end is slow at the other, and nothing piles up in between. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** More behind a switch: CURLEW_TEST_VOLUME_MIB=2048. */
const MIB = Number(process.env.CURLEW_TEST_VOLUME_MIB ?? 256);
const BYTES = MIB * 2 ** 20;
/** Deno's V8 hears late of memory that is outside of its heap, whatever it is told: 134 to 168 MiB were seen there. */
const RSS_LIMIT_MIB = process.versions.deno === undefined ? 150 : 200;
const program = fileURLToPath(new URL("programs/volume.mjs", import.meta.url));

let server: Server;

/** The n-th 64 KiB are all of the byte n. */
function* pieces() {
  for (let i = 0; i < BYTES / 65_536; i++) yield Buffer.alloc(65_536, i & 255);
}

beforeAll(async () => {
  server = createServer(async (request, response) => {
    if (request.method === "GET") {
      for (const piece of pieces()) if (!response.write(piece)) await once(response, "drain");
      return response.end();
    }
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of request) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    response.end(JSON.stringify({ bytes, sha256: hash.digest("hex") }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => void server.close());

async function move(direction: "down" | "up") {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const child = spawn(process.execPath, [program, direction, url, String(BYTES)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(code).toBe(0);
  const told = JSON.parse(said);
  console.log(`${MIB} MiB ${direction}: the process had at most ${told.mostRssMiB} MiB`);
  return told;
}

describe(`a body of ${MIB} MiB`, () => {
  const expected = () => {
    const hash = createHash("sha256");
    for (const piece of pieces()) hash.update(piece);
    return hash.digest("hex");
  };

  it("to a slow reader: every byte, in little memory", { timeout: 600_000 }, async () => {
    const told = await move("down");
    expect(told).toMatchObject({ sha256: expected(), received: BYTES });
    expect(told.mostRssMiB).toBeLessThan(RSS_LIMIT_MIB);
  });

  it("from a slow source: every byte, in little memory", { timeout: 600_000 }, async () => {
    const { told, sha256, mostRssMiB } = await move("up");
    expect({ sent: sha256, ...told }).toEqual({ sent: expected(), bytes: BYTES, sha256: expected() });
    expect(mostRssMiB).toBeLessThan(RSS_LIMIT_MIB);
  });
});
