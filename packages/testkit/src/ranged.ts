import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { contentOf } from "./files.js";

const visits = new Map<string, number>();

/**
 * A file that can be had in parts, by a server that does at each visit of the same URL what a plan says; the last step stays:
 *
 *   /ranged/SIZE/any-name?plan=hold:5000,full&validators=date
 *
 * full: as it should be. hold:N, cut:N: N bytes of the answer, then silence, or the end of the connection. ignore: 200,
 * whatever range is asked for. lie: 206 from an offset nobody asked for. short:N: 206 with N bytes. totalless: 206 that
 * tells no total, with half of the range. shrunk: 416, and the offset as the total. other: another content by then, with
 * validators of its own. deaf: the same, and 206 though If-Range says what it says. A number: that status.
 * `validators`: etag (the default), weak, date, none. `chunked`: no Content-Length.
 */
export function ranged(size: string, request: IncomingMessage, response: ServerResponse): void {
  const { searchParams } = new URL(request.url ?? "/", "http://localhost");
  const [step = "full", count = ""] = nextStep(request.url ?? "", searchParams.get("plan") ?? "full").split(":");
  if (/^\d+$/.test(step)) return void response.writeHead(Number(step)).end(`status ${step}`);
  const file = new RangedFile(Number(size), step, searchParams.get("validators") ?? "etag");
  const first = step === "ignore" ? undefined : file.firstFor(request, step === "deaf");
  if (first !== undefined && (first >= file.content.length || step === "shrunk")) {
    const total = step === "shrunk" ? first : file.content.length;
    response.writeHead(416, { "Content-Range": `bytes */${total}` }).end("no such range");
    return;
  }
  const from = (first ?? 0) + (step === "lie" ? 1 : 0);
  const all = file.content.subarray(from);
  const part = step === "totalless" ? all.length >> 1 : step === "short" ? Number(count) : all.length;
  const body = first === undefined ? all : all.subarray(0, part);
  const range = `bytes ${from}-${from + body.length - 1}/${step === "totalless" ? "*" : file.content.length}`;
  response.writeHead(first === undefined ? 200 : 206, {
    ...file.validators,
    "Accept-Ranges": "bytes",
    ...(!searchParams.has("chunked") && { "Content-Length": body.length }),
    ...(first !== undefined && { "Content-Range": range }),
  });
  if (step === "hold") response.write(body.subarray(0, Number(count)));
  else if (step === "cut") response.write(body.subarray(0, Number(count)), () => request.socket.destroy());
  else response.end(body);
}

function nextStep(url: string, plan: string): string {
  const steps = plan.split(",");
  const visit = visits.get(url) ?? 0;
  visits.set(url, visit + 1);
  return steps[Math.min(visit, steps.length - 1)] ?? "full";
}

class RangedFile {
  readonly content: Buffer;
  readonly validators: Readonly<Record<string, string>>;

  constructor(size: number, step: string, kind: string) {
    const name = ["other", "deaf"].includes(step) ? "other" : "bytes";
    this.content = contentOf(name, size);
    const tag = createHash("md5").update(name).digest("hex");
    const year = name === "other" ? 2024 : 2023;
    if (kind === "etag") this.validators = { ETag: `"${tag}"` };
    else if (kind === "weak") this.validators = { ETag: `W/"${tag}"` };
    else if (kind === "date") this.validators = { "Last-Modified": new Date(Date.UTC(year)).toUTCString() };
    else this.validators = {};
  }

  /** Where the range begins; undefined: all of it is to be sent. */
  firstFor({ headers }: IncomingMessage, deaf: boolean): number | undefined {
    const first = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
    const condition = headers["if-range"];
    if (first === undefined) return undefined;
    const met = condition === undefined || Object.values(this.validators).includes(condition as string);
    return met || deaf ? Number(first) : undefined;
  }
}
