/**
 * What the client uses of the runtime beyond the language: parts of the web's standards that Node, Bun, Deno and browsers
 * have. Their types are the runtime's own where a program has them, else the little that is needed.
 */

/** A global of the runtime by its name: what `new` of it makes. */
type Instance<Name extends string, Otherwise> = typeof globalThis extends {
  readonly [name in Name]: { readonly prototype: infer T };
}
  ? T
  : Otherwise;

export type RuntimeReadableStream = Instance<"ReadableStream", AsyncIterable<Uint8Array>>;

/** An AbortSignal, of whatever realm. */
export interface SignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A Blob, or a File. */
export interface BlobLike {
  readonly size: number;
  readonly type: string;
  readonly name?: string;
  stream(): unknown;
}

/** A FormData. */
export interface FormLike {
  entries(): Iterable<[string, string | BlobLike]>;
}

/** A ReadableStream, whether it can be iterated or not. */
export interface StreamLike {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

interface Source {
  pull(controller: Controller): Promise<void>;
  cancel(reason: unknown): void;
}

interface Controller {
  enqueue(chunk: Uint8Array): void;
  close(): void;
}

interface Globals {
  readonly ReadableStream?: new (source: Source, strategy: { highWaterMark: number }) => RuntimeReadableStream;
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly TextDecoder: new () => { decode(bytes: Uint8Array): string };
  readonly URLSearchParams?: unknown;
  readonly FormData?: unknown;
  readonly Blob?: unknown;
  readonly Buffer?: { allocUnsafeSlow?(bytes: number): { readonly buffer: ArrayBuffer } };
  readonly crypto: { randomUUID(): string };
  readonly queueMicrotask: (run: () => void) => void;
}

export const runtime = globalThis as unknown as Globals;

/** Nothing of the runtime is used before it is needed: what has no client runs without any of it. */
export function utf8(text: string): Uint8Array {
  return new runtime.TextEncoder().encode(text);
}

/** Memory of its own, to be written over; where the runtime can it spares the zeros. */
export function unfilled(bytes: number): Uint8Array {
  const memory = runtime.Buffer?.allocUnsafeSlow?.(bytes).buffer;
  return memory ? new Uint8Array(memory) : new Uint8Array(bytes);
}

/** Whether it is an instance of that global, which a runtime need not have. */
export function isA(name: "Blob" | "FormData" | "URLSearchParams", value: unknown): boolean {
  const make = runtime[name];
  return typeof make === "function" && value instanceof make;
}
