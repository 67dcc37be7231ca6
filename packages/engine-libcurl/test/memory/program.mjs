// A short life of everything an easy can have, for tools that watch memory:
//   node --expose-gc program.mjs PACKAGE-FOLDER [every how many callbacks the garbage is collected in one]
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const engine = pathToFileURL(`${process.argv[2]}/dist/index.js`);
const { Easy, Multi, Share, loadLibcurl } = await import(engine);
const library = loadLibcurl();

const every = Number(process.argv[3] ?? 1);
let callbacks = 0;
const collect = () => {
  if (callbacks++ % every === 0) globalThis.gc();
};

const collectAll = async () => {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
};

const large = randomBytes(100_000);
const packed = gzipSync(Buffer.concat([large, Buffer.alloc(500_000)]));
/** Answers that say how long they are: one that is cut, and one that is longer when it is unpacked. */
const lengths = {
  "/large": (response) => response.end(large),
  "/cut": (response) => response.writeHead(200, { "Content-Length": 200_000 }).end(large, () => response.destroy()),
  "/packed": (response) => response.setHeader("Content-Encoding", "gzip").end(packed),
};

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    if (lengths[request.url]) return lengths[request.url](response);
    response.writeHead(request.url === "/again" ? 307 : 200, { Location: "/there", Trailer: "X-Sum" });
    response.write("hello");
    response.addTrailers({ "X-Sum": "1" });
    response.end();
  });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}`;

const multi = new Multi(library);
const wanted = new Map();
multi.setopt("SOCKETFUNCTION", (_easy, fd, what) => void (what === 4 ? wanted.delete(fd) : wanted.set(fd, what)));
multi.setopt("TIMERFUNCTION", () => collect());

async function run(easy) {
  multi.addHandle(easy);
  for (;;) {
    multi.socketAll();
    const message = multi.infoRead();
    if (message) {
      multi.removeHandle(message.easy);
      return message.result;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function stream(content) {
  let left = content;
  return {
    read(size) {
      collect();
      const bytes = left.subarray(0, size);
      left = left.subarray(bytes.length);
      return bytes.length > 0 ? bytes : null;
    },
    seek() {
      left = content;
    },
  };
}

const mime = () => [
  { name: "a", data: new Uint8Array(1000), headers: ["X-Part: 1"] },
  { name: "s", stream: stream(Buffer.from("streamed")) },
  { name: "n", type: "multipart/mixed", subparts: [{ name: "f", filedata: import.meta.filename }] },
];

const share = new Share(library);
for (const kind of ["COOKIE", "DNS", "SSL_SESSION", "HSTS"]) share.setopt("SHARE", kind);

const results = {};
const observed = {
  XFERINFOFUNCTION: () => 0,
  DEBUGFUNCTION: () => {},
  PREREQFUNCTION: () => 0,
  SOCKOPTFUNCTION: () => 0,
};

const easy = new Easy(library);
easy.setopt("URL", `${url}/again`);
easy.setopt("SHARE", share);
easy.setopt("FOLLOWLOCATION", 1);
for (let i = 0; i < 3; i++) {
  easy.setopt("HTTPHEADER", ["Expect:", `X-Number: ${i}`]);
  easy.setopt("RESOLVE", [`host-${i}.test:80:127.0.0.1`]);
  easy.setopt("CAINFO_BLOB", new Uint8Array(100));
  easy.setopt("POSTFIELDS", `field=${i}`);
  easy.setopt("MIMEPOST", mime());
}
easy.setopt("MAX_RECV_SPEED_LARGE", 1_000_000_000);
for (const [option, callback] of Object.entries(observed))
  easy.setopt(option, (...args) => {
    collect();
    return callback(...args);
  });
easy.setopt("WRITEFUNCTION", () => {});
easy.setopt("HEADERFUNCTION", () => {});
results.mime = await run(easy);
easy.headers();
easy.header("Trailer");
for (const info of ["EFFECTIVE_URL", "COOKIELIST", "CERTINFO", "TOTAL_TIME_T"]) easy.getinfo(info);

const copy = easy.duphandle();
easy.reset();
results.copy = await run(copy);

const body = stream(Buffer.alloc(100_000));
easy.setopt("URL", url);
easy.setopt("UPLOAD", 1);
easy.setopt("READFUNCTION", (size) => body.read(size));
easy.setopt("SEEKFUNCTION", () => void body.seek());
easy.setopt("TRAILERFUNCTION", () => ["X-Sum: 2"]);
results.upload = await run(easy);

for (const option of ["WRITEFUNCTION", "HEADERFUNCTION", "PREREQFUNCTION", "XFERINFOFUNCTION", "DEBUGFUNCTION"]) {
  const throwing = new Easy(library);
  throwing.setopt("URL", url);
  throwing.setopt(option, () => {
    throw new Error(option);
  });
  results[option] = await run(throwing);
  if (throwing.failure(results[option]).code !== "CALLBACK_FAILED") throw new Error(`${option}: the cause is lost`);
  throwing.cleanup();
}

const gathering = multi.prepare({ url, curl: { MIMEPOST: mime() } });
results.gathered = await run(gathering);
multi.collect(() => {});
gathering.cleanup();

// One handle serves all of these: as it is, with another URL, after a redirect (set up anew: replay.c), and with lists.
const pooled = { url, headers: ["X-A: 1"], redirects: 3, curl: { USERAGENT: "memory", TIMEOUT_MS: 60_000 } };
for (const path of ["/", "/", "/other", "/again", "/", "/again", "/other"]) {
  const kept = multi.prepare({ ...pooled, url: url + path });
  results.pooled = await run(kept);
  multi.collect(() => {});
  multi.release(kept, true);
}

// Wanted whole. Each is once taken, and once never.
results.whole = [];
for (const path of Object.keys(lengths))
  for (const taken of [true, false]) {
    const whole = multi.prepare({ url: url + path, curl: { ACCEPT_ENCODING: "gzip" } });
    multi.receiveWhole(whole, 1_000_000);
    results.whole.push(await run(whole));
    globalThis.gc();
    if (taken) multi.collect((_easy, kind, bytes) => kind === "body" && results.whole.push(bytes.length));
    multi.release(whole, path !== "/cut");
  }

// What a body has outgrown is given back, though its handle is idle and kept.
await collectAll();
const heldBefore = process.memoryUsage().arrayBuffers;
const outgrown = Array.from({ length: 40 }, () =>
  multi.prepare({ url: `${url}/packed`, curl: { ACCEPT_ENCODING: "gzip" } }),
);
for (const whole of outgrown) {
  multi.receiveWhole(whole, 1_000_000);
  await run(whole);
  multi.collect(() => {});
}
for (const whole of outgrown) multi.release(whole, true);
await collectAll();
results.heldMB = Math.max(0, Math.floor((process.memoryUsage().arrayBuffers - heldBefore) / 1_000_000));

for (let i = 0; i < 20; i++) {
  const dropped = new Easy(library);
  dropped.setopt("SHARE", share);
  dropped.setopt("MIMEPOST", mime());
  new Share(library).setopt("SHARE", "COOKIE");
}
await collectAll();
copy.cleanup();
easy.cleanup();
multi.cleanup();
server.close();
console.log(JSON.stringify(results));
