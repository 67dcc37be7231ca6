import { iterate, iterated, type PreparedBody } from "./request-body.js";
import { type BlobLike, type FormLike, runtime, utf8 } from "./runtime.js";

/** A form as multipart/form-data (RFC 7578), as the HTML standard encodes it. Its size is known before it is read. */
export function multipart(form: FormLike): PreparedBody {
  const boundary = `----curlew-${runtime.crypto.randomUUID()}`;
  const parts: (Uint8Array | BlobLike)[] = [];
  for (const [name, value] of form.entries()) {
    parts.push(utf8(`--${boundary}\r\n${head(name, value)}\r\n\r\n`));
    parts.push(typeof value === "string" ? utf8(value.replace(/\r\n|\r|\n/g, "\r\n")) : value);
    parts.push(utf8("\r\n"));
  }
  parts.push(utf8(`--${boundary}--\r\n`));
  let sizeBytes = 0;
  for (const part of parts) sizeBytes += part instanceof Uint8Array ? part.length : part.size;
  return { content: iterated(() => read(parts)), sizeBytes, contentType: `multipart/form-data; boundary=${boundary}` };
}

function head(name: string, value: string | BlobLike): string {
  const disposition = `Content-Disposition: form-data; name="${quoted(name.replace(/\r\n|\r|\n/g, "\r\n"))}"`;
  if (typeof value === "string") return disposition;
  const type = value.type || "application/octet-stream";
  return `${disposition}; filename="${quoted(value.name ?? "blob")}"\r\nContent-Type: ${type}`;
}

function quoted(text: string): string {
  return text.replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/"/g, "%22");
}

async function* read(parts: readonly (Uint8Array | BlobLike)[]): AsyncGenerator<unknown> {
  for (const part of parts) {
    if (part instanceof Uint8Array) yield part;
    else yield* { [Symbol.asyncIterator]: () => iterate(part.stream()) };
  }
}
