/**
 * What the model and its servers say to each other: frames of a stream's number, a kind and bytes. It stands for HTTP, of
 * which nothing is simulated but exchanges, multiplexed or one after the other.
 */
export const REQUEST = 1;
export const HEADERS = 2;
export const DATA = 3;
export const TRAILERS = 4;
export const END = 5;
export const CANCEL = 6;
/** Like END, and the connection will be closed. */
export const END_AND_CLOSE = 7;

export interface Frame {
  readonly stream: number;
  readonly kind: number;
  readonly bytes: Uint8Array;
}

const HEAD_BYTES = 8;
const FRAME_BYTES = 16_384;

const NOTHING = new Uint8Array(0);

export function frame(stream: number, kind: number, bytes: Uint8Array = NOTHING): Uint8Array {
  const out = new Uint8Array(HEAD_BYTES + bytes.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, stream);
  view.setUint32(4, (kind << 24) | bytes.length);
  out.set(bytes, HEAD_BYTES);
  return out;
}

/** A body, in frames of a size that fits. */
export function dataFrames(stream: number, bytes: Uint8Array): Uint8Array[] {
  const frames = [];
  for (let at = 0; at < bytes.length; at += FRAME_BYTES)
    frames.push(frame(stream, DATA, bytes.subarray(at, at + FRAME_BYTES)));
  return frames;
}

/** Puts frames together from whatever pieces they come in. */
export class FrameReader {
  #rest: Uint8Array = NOTHING;

  push(bytes: Uint8Array): Frame[] {
    const all = this.#rest.length > 0 ? joined(this.#rest, bytes) : bytes;
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    const frames: Frame[] = [];
    let at = 0;
    while (all.length - at >= HEAD_BYTES) {
      const kindAndLength = view.getUint32(at + 4);
      const end = at + HEAD_BYTES + (kindAndLength & 0xffffff);
      if (end > all.length) break;
      frames.push({
        stream: view.getUint32(at),
        kind: kindAndLength >>> 24,
        bytes: all.subarray(at + HEAD_BYTES, end),
      });
      at = end;
    }
    this.#rest = all.slice(at);
    return frames;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** ASCII, which is all that is said here: TextEncoder is not part of JavaScript itself. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function fromAscii(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
