import { constants } from "node:fs";
import { type FileHandle, lstat, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { EXIT, Failure, writing } from "./failure.js";
import { PART, PART_STATE } from "./names.js";
import { canResume, type PartState, type ResumePoint, sha256 } from "./resume.js";

/**
 * A file that is written as NAME.part and becomes NAME when it is whole. Beside the part stands what is needed to go on with
 * it. Two programs that write the same name do no harm to what has the final name: a part is made anew and never emptied,
 * and only whoever finds its own part under the part's name gives it the final one.
 */
export class PartFile {
  readonly path: string;
  readonly partPath: string;
  readonly #statePath: string;
  #handle: FileHandle | undefined;
  #bytes = 0;
  /** There may be a part by us. */
  #made = false;

  constructor(path: string) {
    this.path = path;
    this.partPath = path + PART;
    this.#statePath = path + PART_STATE;
  }

  /** How much of the file is there. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws Failure when nothing could ever have the final name */
  async check(): Promise<void> {
    const found = await lstat(this.path).catch(() => undefined);
    if (found?.isDirectory()) throw new Failure("WRITE_ERROR", EXIT.writeError, `${this.path} is a folder`);
  }

  /** Where an earlier call has left off with this URL, if one has. @throws Failure */
  async resumePoint(url: string): Promise<ResumePoint | undefined> {
    const part = await sizeOf(this.partPath);
    if (part === undefined) {
      const whole = await sizeOf(this.path);
      return whole ? { offset: whole, state: undefined } : undefined;
    }
    const state = await this.#readState();
    if (part === 0 || state?.urlSha256 !== sha256(url) || !canResume(state)) return undefined;
    if (state.totalBytes !== undefined && part > state.totalBytes) return undefined;
    return { offset: part, state };
  }

  /** Begins anew. What there was of a part is gone. @param state undefined: it cannot be gone on with @throws Failure */
  async create(state: PartState | undefined): Promise<void> {
    await writing(this.partPath, async () => {
      await this.#close();
      await rm(this.partPath, { force: true });
      await rm(this.#statePath, { force: true });
      this.#made = true;
      if (state && canResume(state)) await writeFile(this.#statePath, JSON.stringify(state), { flag: "wx" });
      this.#handle = await open(this.partPath, "wx");
      this.#bytes = 0;
    });
  }

  /** @throws Failure */
  async reopen(offset: number): Promise<void> {
    await writing(this.partPath, async () => {
      this.#handle = await open(this.partPath, constants.O_WRONLY | constants.O_NOFOLLOW);
      this.#bytes = offset;
    });
  }

  /** @throws Failure */
  async write(chunk: Uint8Array): Promise<void> {
    await writing(this.partPath, async () => {
      for (let written = 0; written < chunk.length; ) {
        const { bytesWritten } = await this.#open.write(chunk, written, chunk.length - written, this.#bytes);
        written += bytesWritten;
        this.#bytes += bytesWritten;
      }
    });
  }

  /** It is whole: on disk, then under its name. @throws Failure */
  async finish(): Promise<void> {
    await writing(this.path, async () => {
      await this.#open.sync();
      await this.#checkOurs();
      await this.#close();
      await rename(this.partPath, this.path);
      await rm(this.#statePath, { force: true });
    });
  }

  /** It is not whole. Keeps the part, unless it is empty: to go on with, or to look at. Answers whether there is one. */
  async leave(): Promise<boolean> {
    await this.#close();
    const size = await sizeOf(this.partPath);
    if (this.#made && !size) await this.drop();
    return size !== undefined && size > 0;
  }

  async drop(): Promise<void> {
    await this.#close();
    await rm(this.partPath, { force: true });
    await rm(this.#statePath, { force: true });
  }

  get #open(): FileHandle {
    if (this.#handle) return this.#handle;
    throw new Failure("WRITE_ERROR", EXIT.writeError, `${this.partPath} is not open`);
  }

  async #checkOurs(): Promise<void> {
    const [ours, there] = await Promise.all([this.#open.stat(), lstat(this.partPath).catch(() => undefined)]);
    if (there?.ino === ours.ino && there.dev === ours.dev) return;
    throw new Error("another program has taken its part away, or made one of its own");
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #readState(): Promise<PartState | undefined> {
    try {
      return checkState(JSON.parse(await readFile(this.#statePath, "utf8")));
    } catch {
      return undefined; // none, or not ours: the part is begun anew
    }
  }
}

function checkState(value: unknown): PartState | undefined {
  const { urlSha256, etag, lastModified, totalBytes } = (value ?? {}) as Record<string, unknown>;
  if (typeof urlSha256 !== "string") return undefined;
  const text = (one: unknown): string | undefined => (typeof one === "string" ? one : undefined);
  const total = Number.isSafeInteger(totalBytes) ? (totalBytes as number) : undefined;
  return { urlSha256, etag: text(etag), lastModified: text(lastModified), totalBytes: total };
}

/** Of a file; undefined when there is none, or something else. */
async function sizeOf(path: string): Promise<number | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}
