import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import type { EngineBench, EngineResult } from "@curlew/conformance";
import { judgeEngine } from "@curlew/conformance";
import type { EasyHandle, MultiEngine } from "@curlew/core";
import { CURL_WRITEFUNC_PAUSE, Easy, type Libcurl, loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { descriptors, node, startServer, type TestServer } from "@curlew/testkit";
import { root } from "../root.js";
import { crowd, freeZero } from "./numbers.js";
import { slowNames } from "./slow-names.js";

const POLLIN = 1;
const POLLOUT = 4;

interface World {
  readonly library: Libcurl;
  readonly server: TestServer;
  readonly deafPort: number;
  /** Whether names that end in .slow.test are slow. */
  readonly slow: boolean;
}

function bench({ library, server, deafPort, slow }: World): EngineBench {
  const port = new URL(server.http).port;
  const tls = { CAINFO: server.caFile };
  const http2 = library.info.nghttp2 !== undefined;
  return {
    multi: () => new Multi(library) as unknown as MultiEngine<EasyHandle>,
    easy: () => new Easy(library) as unknown as EasyHandle,
    target: (route, argument) => ({ url: `${server.http}/${route}/${argument}` }),
    special(kind) {
      if (kind === "mute") return { url: `http://127.0.0.1:${deafPort}/` };
      if (kind === "refusing") return { url: "http://127.0.0.1:1/" };
      if (kind === "malformed") return { url: "http://256.256.256.256.:99999/" };
      if (kind === "over TLS") return { url: `${server.https}/bytes/5`, options: tls };
      if (kind === "slow name")
        return slow
          ? { url: "http://a.slow.test/" }
          : { why: "names can be slowed down with a C compiler, and for the first libcurl of a process" };
      if (kind === "over DoH")
        return { url: "http://doh.test/", options: { DOH_URL: "https://127.0.0.1:1/dns-query" } };
      if (kind === "refusing, then good")
        return { url: `http://two.test:${port}/bytes/5`, options: { RESOLVE: [`two.test:${port}:[::1],127.0.0.1`] } };
      if (!http2) return { why: "this libcurl has no HTTP/2" };
      return { url: `${server.http2}/bytes/5`, options: { ...tls, HTTP_VERSION: 4, PIPEWAIT: 1 } };
    },
    poll(fd, interest) {
      const found = descriptors.poll(fd, (interest & 1 ? POLLIN : 0) | (interest & 2 ? POLLOUT : 0));
      return (found & POLLIN ? 1 : 0) | (found & POLLOUT ? 2 : 0) | (found & ~(POLLIN | POLLOUT) ? 4 : 0);
    },
    nowMs: () => performance.now(),
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    writePause: CURL_WRITEFUNC_PAUSE,
    strayRemove: /^8\.1[345]\./.test(library.version),
    keepsWakeup: library.version === "8.20.0",
    guardHole: false, // the engine has a guard of its own (C 10.4)
    guardBoolean: false,
    closesBeforeRemove: /^(7\.88|8\.[01])\./.test(library.version),
    freeZero,
    crowd,
  };
}

/** No program takes that long to tell its port: one that does not tell it fails here, and holds nobody up. */
const TELLS_PORT_MS = 10_000;

/** Listens, and never answers: its queue of one is filled. */
async function startDeaf(): Promise<{ port: number; stop(): void }> {
  const program = join(root, "packages/testkit/src/in-tests/deaf-server.mjs");
  const child = spawn(node, [program], { stdio: ["ignore", "pipe", "inherit"] });
  const stop = () => void child.kill("SIGKILL");
  try {
    const [port] = await once(child.stdout, "data", { signal: AbortSignal.timeout(TELLS_PORT_MS) });
    return { port: Number(port), stop };
  } catch (cause) {
    stop();
    throw new Error("the deaf server did not tell its port", { cause });
  }
}

/** The machine's libcurl, or the one CURLEW_LIBCURL names. */
export async function judgeLibcurl(file?: string): Promise<{ name: string; results: EngineResult[] }> {
  const slowFile = slowNames(file);
  const library = loadLibcurl(slowFile ?? file);
  const [server, deaf] = [await startServer(), await startDeaf()];
  const fill = await fillQueue(deaf.port);
  try {
    const world = { library, server, deafPort: deaf.port, slow: slowFile !== undefined };
    return { name: `libcurl ${library.version}`, results: await judgeEngine(() => bench(world)) };
  } finally {
    fill();
    deaf.stop();
    await server.stop();
  }
}

/** Connects until nobody is let in any more. */
async function fillQueue(port: number): Promise<() => void> {
  const sockets = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await Promise.any(sockets.map((socket) => once(socket, "connect")));
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}
