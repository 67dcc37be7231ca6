/** A server that takes bodies, and handles that send them: for the tests of callbacks. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Easy } from "../src/index.js";
import type { HandLoop } from "./hand-loop.js";

export interface Seen {
  readonly body: Buffer;
  readonly trailers: NodeJS.Dict<string>;
}

/** Answers with 200 to /echo/, with a redirect there to /again/. */
export class BodyServer {
  readonly seen: Seen[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const answer = (got: Seen): void => {
        this.seen.push(got);
        const [, route, argument] = request.url?.split("/") ?? [];
        if (route === "again") response.writeHead(307, { Location: `/echo/${argument}` });
        else response.writeHead(200, { "X-Kind": "test" });
        response.end(got.body.length > 0 ? String(got.body.length) : "hello");
      };
      take(request).then(answer, () => {}); // a client that aborts may
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  stop(): void {
    this.#server.close();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
}

async function take(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return { body: Buffer.concat(chunks), trailers: request.trailers };
}

/** Runs it to its end; the result. */
export async function transfer(loop: HandLoop, easy: Easy): Promise<number> {
  const before = loop.done.length;
  loop.multi.addHandle(easy);
  await loop.until(before + 1);
  return loop.done[before]?.result ?? -1;
}

/** A handle that sends `body` by a READFUNCTION, in pieces. */
export function uploading(loop: HandLoop, url: string, body: Uint8Array, piece = 10_000) {
  const easy = loop.easy(url);
  let at = 0;
  easy.setopt("UPLOAD", 1);
  easy.setopt("HTTPHEADER", ["Expect:"]);
  easy.setopt("READFUNCTION", (size) => {
    const bytes = body.subarray(at, at + Math.min(size, piece));
    at += bytes.length;
    return bytes.length > 0 ? bytes : null;
  });
  easy.setopt("SEEKFUNCTION", (offset) => {
    at = offset;
    return 0;
  });
  return easy;
}

/** Answers those bytes, and then the end. */
export function once(bytes: Uint8Array): () => Uint8Array | null {
  let left: Uint8Array | null = bytes;
  return () => {
    const now = left;
    left = null;
    return now;
  };
}
