import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import { contentOf, type FileEntry, sha256 } from "./files.js";
import { ranged } from "./ranged.js";

/** HTTP/2 comes through node:http2's compatibility layer, which has the same methods. */
type Route = (argument: string, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** What a test server answers, by the first part of the path; the second is the route's argument. */
export function makeRoutes(files: readonly FileEntry[]): Record<string, Route> {
  const byName = new Map(files.map((file) => [file.name, file]));
  return {
    /** A file of the manifest. */
    files(name, _request, response) {
      const file = byName.get(name);
      if (file) answer(response, 200, contentOf(file.name, file.bytes));
      else answer(response, 404, "no such file");
    },
    manifest: (_argument, _request, response) => answer(response, 200, JSON.stringify(files)),
    /** That many bytes of contentOf("bytes"). */
    bytes: (count, _request, response) => answer(response, 200, contentOf("bytes", Number(count))),
    /** The same, in chunks, with trailers. */
    chunked(count, _request, response) {
      response.setHeader("Trailer", "X-Checksum");
      const bytes = contentOf("bytes", Number(count));
      response.write(bytes.subarray(0, bytes.length >> 1));
      response.write(bytes.subarray(bytes.length >> 1));
      response.addTrailers({ "X-Checksum": sha256(bytes) });
      response.end();
    },
    /** Says what it got: method, headers, the body's size and checksum. */
    async echo(_argument, request, response) {
      const body = await bodyOf(request);
      const told = { method: request.method, headers: request.headers, bytes: body.length, sha256: sha256(body) };
      answer(response, 200, JSON.stringify(told));
    },
    status: (code, _request, response) => answer(response, Number(code), `status ${code}`),
    /** Redirects that many times before it answers. */
    redirect(count, _request, response) {
      if (Number(count) === 0) return answer(response, 200, "arrived");
      response.setHeader("Location", `/redirect/${Number(count) - 1}`);
      answer(response, 302, "elsewhere");
    },
    /** That many bytes of response headers. */
    headers(bytes, _request, response) {
      for (let i = 0; i * 1000 < Number(bytes); i++) response.setHeader(`X-Filler-${i}`, "x".repeat(980));
      answer(response, 200, "headers");
    },
    ranged,
    /** Over HTTP/2: pushes that many of /bytes/1000 and up before it answers. */
    push(count, _request, response) {
      const { stream } = response as unknown as Http2ServerResponse;
      for (let i = 0; stream.pushAllowed && i < Number(count); i++)
        stream.pushStream({ ":path": `/bytes/${1000 + i}` }, (error, pushed) => {
          if (error) return;
          pushed.on("error", () => {}); // the client does not want this one
          pushed.respond({ ":status": 200 });
          pushed.end(contentOf("bytes", 1000 + i));
        });
      answer(response, 200, "pushed");
    },
    /** Never answers. */
    hang() {},
    /** Answers after that many milliseconds. */
    delay: (ms, _request, response) => void setTimeout(() => answer(response, 200, "late"), Number(ms)),
    /** Sends half of a body of that size and resets the connection. */
    reset(count, request, response) {
      response.setHeader("Content-Length", count);
      response.write(contentOf("bytes", Number(count) >> 1), () => request.socket.destroy());
    },
  };
}

export async function handle(
  routes: Record<string, Route>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, name = "", argument = ""] = (request.url ?? "").split("?")[0]?.split("/") ?? [];
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (route) await route(argument, request, response);
  else answer(response, 404, "no such route");
}

function answer(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.statusCode = status;
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
