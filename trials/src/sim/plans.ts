import type { Random } from "@curlew/adapter-epoll-sim/kernel";
import type { Host, SimulatedAnswer, SimulatedRequest } from "@curlew/adapter-epoll-sim/model";

/** What a user does with a transfer, and what may become of it. */
export interface Plan {
  readonly name: string;
  readonly url: string;
  readonly atMs: number;
  readonly curl: Readonly<Record<string, number>>;
  /** Collected by the engine, or by callbacks on a raw handle. */
  readonly raw: boolean;
  /** What the answer's body must be. */
  readonly expected: Uint8Array;
  readonly upload?: Uint8Array;
  /** In pieces, as the driver asks for more. */
  readonly streamed: boolean;
  readonly highWaterBytes: number;
  /** At the chunk of that number: pause, resumed so many ms later; or cancel; or throw; or cancel another. */
  readonly atChunk?: { readonly chunk: number; readonly act: ChunkAct; readonly resumeMs: number };
  readonly cancelAtMs?: number;
  /** Its outcome starts another. */
  readonly next?: Plan;
  /** "ok", a CURLcode, or a code of Curlew's. */
  readonly allowed: readonly string[];
}

export type ChunkAct = "pause" | "cancel" | "throw" | "cancel another";

/** Content that is the same wherever it is made. */
export function content(bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) out[i] = i * 31 + (i >> 8);
  return out;
}

export const ADDRESS = "10.0.0.1:80";

export const hosts: ReadonlyMap<string, Host> = new Map<string, Host>([
  ["one.test", { addresses: [ADDRESS] }],
  ["named.test", { addresses: [ADDRESS], resolveMs: 35 }],
  ["many.test", { addresses: ["refuses", "refuses", ADDRESS], resolveMs: 2 }],
  ["late.test", { addresses: ["never", ADDRESS] }],
  ["shared.test", { addresses: [ADDRESS], multiplexed: true }],
  ["short.test", { addresses: ["short"] }],
  ["dead.test", { addresses: ["refuses", "refuses"] }],
  ["mute.test", { addresses: ["never"] }],
]);

/** The routes of the simulated servers: the path says what is wanted. */
export function answer({ path, body }: SimulatedRequest): SimulatedAnswer | "hang" {
  const [, route = "", argument = "0"] = path.split("/");
  const size = Number(argument);
  if (route === "bytes") return { body: content(size) };
  if (route === "slow") return { body: content(500), delayMs: size };
  if (route === "echo") return { body };
  if (route === "cut") return { body: content(size * 2), cutAfterBytes: size };
  if (route === "reset") return { body: content(size * 2), cutAfterBytes: size, cut: "reset" };
  return "hang";
}

const GOOD_HOSTS = [
  "one.test",
  "one.test",
  "named.test",
  "many.test",
  "late.test",
  "shared.test",
  "shared.test",
  "short.test",
];
const SIZES = [0, 5, 700, 9000, 70_000];

export function drawPlans(random: Random): Plan[] {
  return Array.from({ length: 1 + random.below(6) }, (_, i) => drawPlan(random, `t${i}`));
}

function drawPlan(random: Random, name: string): Plan {
  const common = {
    name,
    atMs: random.chance(0.6) ? 0 : random.below(400),
    raw: random.chance(0.3),
    streamed: false,
    highWaterBytes: random.pick([1, 2000, 20_000, 524_288]),
    ...(random.chance(0.15) ? { cancelAtMs: random.below(300) } : {}),
    ...(random.chance(0.2) ? { next: drawPlan(random, `${name}+`) } : {}),
  };
  const drawn = { ...common, ...(random.chance(0.25) ? drawFailure(random) : drawSuccess(random)) } as Plan;
  return { ...drawn, ...drawChunkAct(random, drawn) };
}

function drawSuccess(random: Random): Partial<Plan> {
  const scheme = random.chance(0.3) ? "https" : "http";
  const host = `${scheme}://${random.pick(GOOD_HOSTS)}`;
  if (random.chance(0.2)) {
    const upload = content(random.pick([3, 3000, 100_000]));
    const streamed = random.chance(0.5);
    return { url: `${host}/echo`, upload, streamed, raw: false, expected: upload, curl: {}, allowed: ["ok"] };
  }
  if (random.chance(0.15))
    return { url: `${host}/slow/${random.below(500)}`, expected: content(500), curl: {}, allowed: ["ok"] };
  const size = random.pick(SIZES);
  const curl = {
    ...(random.chance(0.1) && size < 10_000 ? { MAX_RECV_SPEED_LARGE: 20_000 } : {}),
    ...(random.chance(0.15) ? { FORBID_REUSE: 1 } : {}),
  };
  return { url: `${host}/bytes/${size}`, expected: content(size), curl, allowed: ["ok"] };
}

function drawFailure(random: Random): Partial<Plan> {
  const expected = content(20_000);
  const timeout = 20 + random.below(600);
  return random.pick<Partial<Plan>>([
    { url: "http://dead.test/", expected, curl: {}, allowed: ["7"] },
    { url: "http://nowhere.test/", expected, curl: {}, allowed: ["6"] },
    { url: "http:/nonsense", expected, curl: {}, allowed: ["3"] },
    { url: "ftp://one.test/", expected, curl: {}, allowed: ["1"] },
    { url: "http://mute.test/", expected, curl: { CONNECTTIMEOUT_MS: timeout }, allowed: ["28"] },
    { url: "http://one.test/hang", expected, curl: { TIMEOUT_MS: timeout }, allowed: ["28"] },
    { url: "https://shared.test/hang", expected, curl: { TIMEOUT_MS: timeout }, allowed: ["28", "18", "52", "56"] },
    { url: "http://one.test/cut/3000", expected, curl: {}, allowed: ["18", "52"] },
    { url: "http://one.test/reset/3000", expected, curl: {}, allowed: ["56", "18", "52", "55"] },
  ]);
}

function drawChunkAct(random: Random, plan: Plan): Partial<Plan> {
  if (!random.chance(0.4)) return {};
  const act = random.pick<ChunkAct>(["pause", "pause", "pause", "cancel", "throw", "cancel another"]);
  const atChunk = { chunk: random.below(3), act, resumeMs: random.pick([0, 1, 90, 1500]) };
  const allowed = act === "throw" ? [...plan.allowed, plan.raw ? "23" : "CALLBACK_FAILED"] : plan.allowed;
  return { atChunk, allowed };
}
