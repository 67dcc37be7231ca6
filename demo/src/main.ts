/**
 * `npm start`: a server in a process of its own, on loopback, makes files and their checksums; libcurl downloads each of
 * them through the contract, on every loop that works here, over HTTP/1.1, HTTPS and HTTP/2; each is verified. The model of
 * libcurl does the same in a simulated kernel, also where there is no libcurl; and node-libcurl does, where it was built.
 * Where there is uWebSockets.js, the files come through a server of it once more.
 */
import { parseArgs } from "node:util";
import { startServer, type TestServer } from "@curlew/testkit";
import { diagnose } from "curlew";
import { nodeLibcurlLoop } from "./node-libcurl.js";
import { report, table } from "./report.js";
import { type Loop, protocols, type Row, runRow, simulatedProtocols } from "./row.js";
import { startUws } from "./uws.js";

const FILES = 320;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: "boolean" }, loop: { type: "string" } } });
  const { runtime, libcurl, loops } = diagnose();
  const missing = "missing" in libcurl ? libcurl.missing : undefined;
  const http2 = !("missing" in libcurl) && libcurl.nghttp2 !== undefined;
  const other = missing === undefined ? nodeLibcurlLoop() : missing;
  const usable: Loop[] = loops.filter(({ works, engine }) => works && (engine === "model" || missing === undefined));
  if (typeof other === "object") usable.push(other);
  const chosen = usable.filter(({ name }) => values.loop === undefined || name === values.loop);
  if (chosen.length === 0)
    return complain(`no loop to run on; those that work here: ${usable.map(({ name }) => name).join(", ") || "none"}`);
  const server = await startServer(FILES);
  try {
    const rows = await runAll(server, chosen, http2);
    const answer = { runtime, libcurl: "missing" in libcurl ? null : libcurl.version, rows };
    if (typeof other === "string" && values.loop === undefined)
      process.stderr.write(`no row of node-libcurl: ${other}\n`);
    process.stdout.write(`${values.json ? JSON.stringify(answer) : table(rows)}\n`);
    if (missing !== undefined) return complain(missing);
    return rows.length > 0 && rows.every(isWhole) ? 0 : complain("not every file arrived as it was sent");
  } finally {
    await server.stop();
  }
}

/** All files through a uWS server on the loop that downloads them. */
async function runThroughUws(server: TestServer, loop: Loop): Promise<Row[]> {
  let uws: Awaited<ReturnType<typeof startUws>>;
  try {
    uws = await startUws(server.http);
  } catch (error) {
    process.stderr.write(`${loop.name} through uws: not here: ${error instanceof Error ? error.message : error}\n`);
    return [];
  }
  const progress = report.begin(`${loop.name} through uws`, server.files.length);
  const through = { name: "through uws", base: () => uws.url, curl: { HTTP_VERSION: 2 }, version: 2 };
  const row = await runRow(loop, through, server, progress);
  progress.end();
  await uws.stop();
  return [row];
}

async function runAll(server: TestServer, loops: readonly Loop[], http2: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const loop of loops) {
    for (const protocol of loop.engine === "model" ? simulatedProtocols : protocols) {
      if (protocol.name === "http/2" && !http2) continue;
      const progress = report.begin(`${loop.name} ${protocol.name}`, server.files.length);
      rows.push(await runRow(loop, protocol, server, progress));
      progress.end();
    }
    if (loop.name === "libuv") rows.push(...(await runThroughUws(server, loop)));
  }
  return rows;
}

/** Every file verified, and through the callbacks, which node-libcurl hides: a row without them was not driven by a loop. */
function isWhole(row: Row): boolean {
  return (
    row.failed === 0 &&
    row.transfers >= FILES &&
    row.verified === row.transfers &&
    (row.engine === "node-libcurl" || Math.min(row.socketCallbacks, row.timerCallbacks, row.socketActions) > 0)
  );
}

function complain(reason: string): number {
  process.stderr.write(`npm start: ${reason}\n`);
  return 1;
}

process.exitCode = await main();
