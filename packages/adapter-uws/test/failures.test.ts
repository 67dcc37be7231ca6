/** What goes wrong behind, in front, and in users' code: the client is told, and the server lives. */
import type { Client, ClientRequestOptions, Limits } from "@curlew/core";
import { describe, expect, it } from "vitest";
import { bodyOf, type Piped, type PipeOptions, pipeToResponse } from "../src/index.js";
import { behind, type Handler, raw, serve, until, useClient, useServer, useUws } from "./support.js";

useUws();
const upstream = useServer();
const NOBODY = "http://127.0.0.1:1/";

interface Case {
  readonly url: string;
  readonly options?: ClientRequestOptions;
  readonly pipe?: PipeOptions;
  readonly limits?: Partial<Limits>;
}

/** Asks a uWS app for it: what the client saw, and what the server heard. */
async function ask({ url, options, pipe, limits }: Case) {
  const client = useClient(limits);
  const ended = new Promise<Piped>((resolve) => {
    void serve((res) => void pipeToResponse(client.request(url, options), res, pipe).then(resolve)).then(
      async (front) => {
        const answer = await fetch(front).catch((error) => error);
        seen(
          answer instanceof Response ? { status: answer.status, body: await answer.text().catch(() => "cut") } : "cut",
        );
      },
    );
  });
  let seen: (answer: unknown) => void = () => {};
  const saw = new Promise((resolve) => {
    seen = resolve;
  });
  const [end, answer] = await Promise.all([ended, saw]);
  expect(client.size).toEqual({ running: 0, queued: 0 });
  return { end, answer };
}

const thrown = new Error("a mistake");
const mistake = (): never => {
  throw thrown;
};

describe("before the head is out the client gets a status", () => {
  it.each<[string, number, string, () => Case]>([
    ["refused", 502, "TRANSFER_FAILED", () => ({ url: NOBODY })],
    [
      "silent",
      504,
      "TRANSFER_FAILED",
      () => ({ url: `${upstream.current.http}/hang`, options: { curl: { TIMEOUT_MS: 100 } } }),
    ],
    [
      "silent, by a signal",
      504,
      "ABORTED",
      () => ({ url: `${upstream.current.http}/hang`, options: { signal: AbortSignal.timeout(100) } }),
    ],
    [
      "headers too large",
      502,
      "HEADERS_TOO_LARGE",
      () => ({ url: `${upstream.current.http}/headers/300000`, options: { limits: { headerBytes: 50_000 } } }),
    ],
    ["no HTTP", 502, "TRANSFER_FAILED", () => ({ url: upstream.current.ftp.replace("ftp", "http") })],
    [
      "an option that is none",
      500,
      "UNKNOWN_OPTION",
      () => ({ url: NOBODY, options: { curl: { NO_SUCH_OPTION: 1 } } }),
    ],
    ["a method that is none", 400, "FORBIDDEN_CHARACTER", () => ({ url: NOBODY, options: { method: "G(T" } })],
    ["a URL too long", 414, "URL_TOO_LONG", () => ({ url: `${NOBODY}${"x".repeat(70_000)}` })],
    [
      "throw of hooks.head",
      500,
      "CALLBACK_FAILED",
      () => ({ url: `${upstream.current.http}/bytes/10`, options: { hooks: { head: mistake } } }),
    ],
    [
      "throw of hooks.started",
      500,
      "CALLBACK_FAILED",
      () => ({ url: `${upstream.current.http}/bytes/10`, options: { hooks: { started: mistake } } }),
    ],
    [
      "throw of options.headers",
      500,
      "CALLBACK_FAILED",
      () => ({ url: `${upstream.current.http}/bytes/10`, pipe: { headers: mistake } }),
    ],
    [
      "a field of options.headers that is no string",
      500,
      "CALLBACK_FAILED",
      () => ({ url: `${upstream.current.http}/bytes/10`, pipe: { headers: () => [["X-Count", 5 as never]] } }),
    ],
  ])("%s: %i", async (_name, status, code, make) => {
    const { end, answer } = await ask(make());
    expect(end).toMatchObject({ how: "refused", status, sentBytes: 0, error: { code } });
    expect(answer).toMatchObject({ status, body: expect.stringMatching(new RegExp(`^${status} [A-Z][A-Za-z -]+\n$`)) });
  });

  it("no room: 503", async () => {
    const client = useClient({ transfers: 1, queued: 1 });
    const url = await serve((res) => void pipeToResponse(client.request(`${upstream.current.http}/hang`), res));
    await Promise.all([raw(url, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), raw(url, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")]);
    await until(() => client.size.queued === 1);
    expect((await fetch(url)).status).toBe(503);
  });
});

describe("when the body has begun the connection is cut", () => {
  it.each(["length", "chunks"])("upstream breaks off a body of a %s", async (framing) => {
    const url = await behind((request, response) => {
      if (framing === "length") response.setHeader("Content-Length", 1_000_000);
      response.write(Buffer.alloc(100_000), () => request.socket.destroy());
    });
    const { end, answer } = await ask({ url });
    expect(end).toMatchObject({ how: "cut", status: 200, error: { code: "TRANSFER_FAILED" } });
    expect(answer).toEqual({ status: 200, body: "cut" });
  });
});

describe("a response that is not ours any more", () => {
  /** Its client leaves when it was asked; `then` is what happens to the response after that. */
  async function leave(handler: (...args: Parameters<Handler>) => void | Promise<void>, client: Client): Promise<void> {
    const url = await serve((res, req) => void handler(res, req));
    const { socket } = await raw(url, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => client.size.running > 0);
    socket.destroy();
  }

  it("was aborted before pipeToResponse was called: the transfer ends, nothing is thrown", async () => {
    const client = useClient();
    let end: Piped | undefined;
    let tried = false;
    await leave(async (res) => {
      let left = false;
      res.onAborted(() => (left = true));
      const transfer = client.request(`${upstream.current.http}/hang`);
      await until(() => left);
      end = await pipeToResponse(transfer, res);
      await expect(bodyOf(res).next()).rejects.toMatchObject({ code: "RESPONSE_ABORTED" });
      tried = true;
    }, client);
    await until(() => tried);
    expect(end).toMatchObject({ how: "aborted", status: 0, error: { code: "RESPONSE_ABORTED" } });
    expect(client.size.running).toBe(0);
  });

  it("has another handler of aborts, of the user's: its next use says so", async () => {
    const client = useClient();
    let left = false;
    let end: Piped | undefined;
    await leave((res) => {
      const transfer = client.request(`${upstream.current.http}/delay/300`);
      void pipeToResponse(transfer, res).then((piped) => (end = piped));
      res.onAborted(() => (left = true));
    }, client);
    await until(() => end !== undefined);
    expect([left, end?.how]).toEqual([true, "aborted"]);
  });

  it("was answered by the user meanwhile", async () => {
    const client = useClient();
    let end: Piped | undefined;
    const url = await serve((res) => {
      void pipeToResponse(client.request(`${upstream.current.http}/delay/50`), res).then((piped) => (end = piped));
      res.cork(() => res.end("mine"));
    });
    expect(await (await fetch(url)).text()).toBe("mine");
    await until(() => end !== undefined);
    expect(end).toMatchObject({ how: "aborted", error: { code: "RESPONSE_ABORTED" } });
  });

  it("is the answer of one transfer, and its body is read once", async () => {
    const client = useClient();
    const thrown: unknown[] = [];
    const attempt = (run: () => unknown): void => {
      try {
        run();
      } catch (error) {
        thrown.push((error as { code?: unknown }).code);
      }
    };
    const url = await serve((res) => {
      attempt(() => pipeToResponse({} as never, res));
      attempt(() => pipeToResponse(client.request(NOBODY), {} as never));
      attempt(() => pipeToResponse(client.request(NOBODY), res, { headers: 1 as never }));
      attempt(() => bodyOf(res, { highWaterBytes: 0 }));
      bodyOf(res);
      attempt(() => bodyOf(res));
      void pipeToResponse(client.request(`${upstream.current.http}/bytes/2`), res);
      attempt(() => pipeToResponse(client.request(NOBODY), res));
    });
    expect((await fetch(url)).status).toBe(200);
    expect(thrown).toEqual(["WRONG_TYPE", "WRONG_TYPE", "WRONG_TYPE", "OUT_OF_RANGE", "BODY_USED", "RESPONSE_USED"]);
  });
});
