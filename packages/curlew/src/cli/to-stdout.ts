import { type Downloads, httpFailure, told } from "./download.js";
import { EXIT, Failure, failureOf } from "./failure.js";
import { lengthOf } from "./resume.js";
import type { Result, Row } from "./row.js";

/** One URL, to stdout as it comes. It does not throw. */
export class ToStdout {
  readonly url: string;
  readonly row: Row;
  readonly #all: Downloads;
  #status = 0;
  #httpVersion = "";

  constructor(url: string, all: Downloads) {
    this.url = url;
    this.row = { label: url, bytes: 0, continuedFrom: 0, totalBytes: undefined };
    this.#all = all;
  }

  async run(): Promise<Result> {
    const started = performance.now();
    const failure = await this.#attempt().catch(failureOf);
    return {
      url: this.url,
      file: null,
      part: null,
      status: this.#status,
      httpVersion: this.#httpVersion,
      bytes: this.row.bytes,
      continuedFrom: 0,
      tookMs: Math.round(performance.now() - started),
      ...told(failure ?? undefined),
    };
  }

  async #attempt(): Promise<undefined> {
    const { client, makeRequest, signal, fails } = this.#all;
    const transfer = client.request(this.url, makeRequest([], signal));
    try {
      const head = await transfer.head;
      this.#status = head.status;
      this.#httpVersion = head.httpVersion;
      if (fails && head.status >= 400) throw httpFailure(head);
      this.row.totalBytes = lengthOf(head);
      for await (const chunk of transfer.body) {
        await writeOut(chunk);
        this.row.bytes += chunk.length;
      }
    } finally {
      transfer.cancel();
    }
  }
}

/** Resolves when the reader has room for more. @throws Failure; one that tells nothing when the reader has gone (EPIPE) */
export function writeOut(bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => {
      if (!error) return resolve();
      const gone = ["EPIPE", "ERR_STREAM_DESTROYED"].includes((error as NodeJS.ErrnoException).code ?? "");
      reject(
        new Failure("WRITE_ERROR", EXIT.writeError, gone ? "" : `stdout cannot be written: ${error.message}`, error),
      );
    });
  });
}
