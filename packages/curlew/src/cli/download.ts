import { basename } from "node:path";
import type { Client, ClientTransfer, Head } from "@curlew/core";
import { EXIT, Failure, failureOf } from "./failure.js";
import { PartFile } from "./part-file.js";
import type { MakeRequest } from "./request.js";
import { judge, lengthOf, type ResumePoint, rangeHeaders, stateOf, totalOf } from "./resume.js";
import type { Result, Row } from "./row.js";

/** What all downloads of a call share. */
export interface Downloads {
  readonly client: Client;
  readonly makeRequest: MakeRequest;
  /** 400 and above are failures. */
  readonly fails: boolean;
  readonly continues: boolean;
  /** What is asked for can also be asked for in parts. */
  readonly inParts: boolean;
  readonly signal: AbortSignal;
}

/** One URL, to one file. It does not throw: what went wrong is in the result. */
export class Download {
  readonly url: string;
  readonly row: Row;
  readonly #all: Downloads;
  readonly #file: PartFile;
  #head: Head | undefined;

  constructor(url: string, path: string, all: Downloads) {
    this.url = url;
    this.row = { label: basename(path), bytes: 0, continuedFrom: 0, totalBytes: undefined };
    this.#all = all;
    this.#file = new PartFile(path);
  }

  async run(): Promise<Result> {
    const started = performance.now();
    let failure: Failure | undefined;
    let part = false;
    try {
      await this.#file.check();
      const point = this.#all.continues ? await this.#file.resumePoint(this.url) : undefined;
      if ((await this.#attempt(point)) === "again") await this.#attempt(undefined);
    } catch (error) {
      failure = failureOf(error);
      part = await this.#leave();
    }
    return this.#result(failure, part, performance.now() - started);
  }

  /** @throws what ended it */
  async #attempt(point: ResumePoint | undefined): Promise<"done" | "again"> {
    const { client, makeRequest, signal, fails } = this.#all;
    const transfer = client.request(this.url, makeRequest(point ? rangeHeaders(point) : [], signal));
    try {
      const head = await transfer.head;
      this.#head = head;
      const verdict = point ? judge(head, point) : "whole";
      if (verdict === "again") return "again";
      if (verdict === "refused" || (fails && head.status >= 400 && verdict !== "complete")) throw httpFailure(head);
      if (verdict === "complete") await this.#complete(point);
      else await this.#receive(transfer, head, verdict === "append" ? point : undefined);
      return "done";
    } finally {
      transfer.cancel();
    }
  }

  /** All of it is there. */
  async #complete(point: ResumePoint | undefined): Promise<void> {
    const offset = point?.offset ?? 0;
    this.row.bytes = this.row.continuedFrom = offset;
    this.row.totalBytes = offset;
    if (!point?.state) return;
    await this.#file.reopen(offset);
    await this.#file.finish();
  }

  /** The part is written as it comes: while the disk is busy nothing is received beyond the high-water mark. */
  async #receive(transfer: ClientTransfer, head: Head, point: ResumePoint | undefined): Promise<void> {
    if (point) await this.#file.reopen(point.offset);
    else await this.#file.create(this.#all.inParts && head.status === 200 ? stateOf(this.url, head) : undefined);
    this.row.bytes = this.row.continuedFrom = point?.offset ?? 0;
    this.row.totalBytes = point ? (totalOf(head) ?? point.state?.totalBytes) : lengthOf(head);
    for await (const chunk of transfer.body) {
      await this.#file.write(chunk);
      this.row.bytes = this.#file.bytes;
    }
    const { totalBytes } = this.row;
    if (point && totalBytes !== undefined && this.#file.bytes !== totalBytes)
      throw new Failure(
        "PARTIAL_FILE",
        EXIT.partialFile,
        `the server sent less of it than it has: ${totalBytes} bytes`,
      );
    await this.#file.finish();
  }

  /** Whether there is a part for --continue. Of a page that says what is wrong there is none. */
  async #leave(): Promise<boolean> {
    try {
      const isPage = this.#head !== undefined && this.#head.status >= 300;
      if (isPage && this.#file.bytes > 0) await this.#file.drop();
      return await this.#file.leave();
    } catch {
      return false; // the disk has failed before, and its error is told
    }
  }

  #result(failure: Failure | undefined, part: boolean, tookMs: number): Result {
    return {
      url: this.url,
      file: failure ? null : this.#file.path,
      part: part ? this.#file.partPath : null,
      status: this.#head?.status ?? 0,
      httpVersion: this.#head?.httpVersion ?? "",
      bytes: this.row.bytes,
      continuedFrom: this.row.continuedFrom,
      tookMs: Math.round(tookMs),
      ...told(failure),
    };
  }
}

export function told(failure: Failure | undefined): Pick<Result, "error" | "curlCode" | "message" | "exitCode"> {
  if (!failure) return { error: null, curlCode: 0, message: null, exitCode: 0 };
  const { code, curlCode = null, message, exitCode } = failure;
  return { error: code, curlCode, message, exitCode };
}

export function httpFailure({ status, reason }: Head): Failure {
  const why = reason === "" ? "" : ` ${reason}`;
  return new Failure("HTTP_RETURNED_ERROR", EXIT.httpError, `the server answered ${status}${why}`);
}
