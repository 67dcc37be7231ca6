/**
 * What is measured. Each case: where from (`server`, `tls`, `http`), how much (`bytes` down, `sentBytes` up), how many at
 * once; `perSec` is the fixed rate at which latency is measured, a tenth or so of what the slowest client can do.
 * Cases of one `group` run at the same time, so that they can be compared with each other.
 */
const NODE_PEERS = [
  "undici-6",
  "undici-7",
  "undici-6-fetch",
  "undici-7-fetch",
  "fetch",
  "node:http",
  "axios",
  "node-libcurl",
];
const OURS = ["curlew", "curlew-epoll", "curlew-start", "curlew-rxjs", "curlew-transfers", "curlew-multi"];
const ON_H1 = ["c", ...OURS, ...NODE_PEERS];
const BODIES = ["c", "curlew", "curlew-epoll", "curlew-start", "undici-6", "undici-7", "fetch", "node:http", "axios"];
const ON_H2 = ["c", ...OURS, "node:http2", "undici-7"];
const WITH_IDLE = ["c", "c-perform", "curlew", "curlew-epoll", "undici-7", "node:http"];

const h1 = { server: "nginx", http: 1 };
const tls = { server: "nginx", http: 1, tls: true };
const h2 = { server: "nghttpd", http: 2 };

const small = [
  ["5b", 5],
  ["1k", 1024],
].flatMap(([size, bytes]) =>
  [1, 50, 500].flatMap((atOnce) => [
    { name: `h1-${size}-${atOnce}`, ...h1, bytes, atOnce, perSec: 500, clients: ON_H1, everywhere: atOnce === 50 },
    { name: `tls-${size}-${atOnce}`, ...tls, bytes, atOnce, perSec: 500, clients: ON_H1.filter((c) => c !== "fetch") },
  ]),
);

const multiplexed = [1, 50, 500].map((atOnce) => ({
  name: `h2-5b-${atOnce}`,
  ...h2,
  bytes: 5,
  atOnce,
  perSec: 500,
  clients: ON_H2,
}));

const bodies = [
  ["64k", 65_536, 200],
  ["1m", 1_048_576, 20],
].flatMap(([size, bytes, perSec]) => [
  { name: `h1-${size}-20`, ...h1, bytes, atOnce: 20, perSec, clients: BODIES },
  { name: `h1-put-${size}-20`, ...h1, bytes: 5, sentBytes: bytes, atOnce: 20, perSec, clients: BODIES },
  { name: `h2-${size}-20`, ...h2, bytes, atOnce: 20, perSec, clients: ON_H2 },
]);

const others = [
  {
    name: "h1-64m-stream",
    ...h1,
    bytes: 67_108_864,
    atOnce: 2,
    stream: true,
    clients: ["curlew", "curlew-epoll", "undici-6", "undici-7", "fetch", "node:http"],
  },
  {
    name: "h1-new-50",
    ...h1,
    bytes: 5,
    atOnce: 50,
    fresh: true,
    perSec: 200,
    clients: ["c", ...OURS, "undici-6", "undici-7", "node:http", "axios"],
  },
  {
    name: "tls-new-20",
    ...tls,
    bytes: 5,
    atOnce: 20,
    fresh: true,
    perSec: 50,
    clients: ["c", "curlew", "curlew-epoll", "undici-6", "undici-7", "node:http"],
  },
  ...[100, 1000, 10_000].map((idle) => ({
    name: `idle-${idle}`,
    group: "idle",
    ...h1,
    bytes: 5,
    atOnce: 1,
    idle,
    clients: WITH_IDLE,
  })),
  {
    name: "start",
    ...h1,
    bytes: 5,
    atOnce: 1,
    start: true,
    clients: ["c", "curlew", "curlew-epoll", "undici-6", "undici-7", "fetch", "node:http", "axios"],
    everywhere: true,
  },
];

export const cases = [...small, ...multiplexed, ...bodies, ...others];

/** What `--quick` is content with: the cases of the lead, and the clients these are about. */
export const quick = {
  cases: ["h1-5b-50", "h2-5b-50", "h1-1m-20", "h2-1m-20", "h1-64m-stream"],
  clients: ["c", "curlew", "curlew-epoll", "undici-7", "fetch", "node:http2"],
};
