/** What a file is called while it is not whole, and what is known of it then. */
export const PART = ".part";
export const PART_STATE = ".part.json";

/** As curl names an answer whose URL has no name (since 8.10). */
const UNNAMED = "curl_response";

/** Of the 255 bytes a file system takes, these are left for a number and the endings above. */
const MOST_BYTES = 200;

/** Names of devices on Windows, with any ending. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/** The last part of a URL's path as the name of a file: one that cannot lead out of its folder, or to a device. */
export function fileNameOf(url: string): string {
  const path = url.replace(/[?#].*$/s, "").replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
  const last = path.includes("/") ? path.slice(path.lastIndexOf("/") + 1) : "";
  const name = decoded(last)
    .replace(/[\0-\x1f\x7f-\x9f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]/g, "_")
    .replace(/[. ]+$/, "");
  if (name === "") return UNNAMED;
  return shortened(RESERVED.test(name) ? `_${name}` : name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // percent signs that are no UTF-8 stay as they are
  }
}

/** By the bytes it has on disk, at whole characters, its ending kept. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MOST_BYTES) return name;
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? "";
  let kept = "";
  for (const character of name) {
    if (Buffer.byteLength(kept + character + ending) > MOST_BYTES) break;
    kept += character;
  }
  return kept + ending;
}

/**
 * A name for each URL, in their order: the second of the same name gets ".1", as curl's --no-clobber has it, so that the
 * same call gives the same names. What a file is called before it is whole is taken, too.
 */
export function fileNamesOf(urls: readonly string[]): string[] {
  const taken = new Set<string>();
  return urls.map((url) => {
    const first = fileNameOf(url);
    let name = first;
    for (let number = 1; namesTakenBy(name).some((one) => taken.has(one)); number++) name = `${first}.${number}`;
    for (const one of namesTakenBy(name)) taken.add(one);
    return name;
  });
}

/** In lower case: some file systems do not tell the difference. */
function namesTakenBy(name: string): string[] {
  return [name, name + PART, name + PART_STATE].map((one) => one.toLowerCase());
}
