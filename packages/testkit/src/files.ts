import { createCipheriv, createHash } from "node:crypto";

export interface FileEntry {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Pseudo-random bytes that the name decides: the key stream of a cipher. */
export function contentOf(name: string, bytes: number): Buffer {
  const key = createHash("md5").update(name).digest();
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const MEBIBYTE = 1_048_576;

/** Sizes at which something changes: empty, libcurl's and our buffers give or take one, and the largest. */
const EDGES = [0, 1, 2, 1023, 1024, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 524_288, MEBIBYTE, 8 * MEBIBYTE];

/** That many files of 0 bytes to 8 MiB: the edges, then sizes that are small as a rule and large now and then. */
export function makeFiles(count: number): FileEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `file-${i}`;
    const bytes = EDGES[i] ?? sizeFor(name);
    return { name, bytes, sha256: sha256(contentOf(name, bytes)) };
  });
}

/** Between 1 byte and 4 MiB, as many below 2 KiB as above. */
function sizeFor(name: string): number {
  const fraction = contentOf(`size of ${name}`, 4).readUInt32BE() / 2 ** 32;
  return Math.round(2 ** (22 * fraction));
}
