/** RFC 9110 7.6.1, and what older proxies have added to it. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-authentication-info",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What uWS writes by itself: the date always, a length or chunks as the body is written. */
const WRITTEN_BY_UWS = new Set(["content-length", "date", "uwebsockets"]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What there is to know of a header field by its name. */
export interface FieldName {
  readonly lowerCase: string;
  readonly isHopByHop: boolean;
  /** uWS may be given it. */
  readonly isWritable: boolean;
}

/** So many names, none longer than that: whoever is at the other end chooses them. */
const MOST_NAMES = 500;
const MOST_LENGTH = 100;
const known = new Map<string, FieldName>();

/** Of few kinds are many fields: each is looked at once. */
export function fieldName(name: string): FieldName {
  return known.get(name) ?? read(name);
}

function read(name: string): FieldName {
  const lowerCase = name.toLowerCase();
  const isToken = TOKEN.test(name);
  const isWritable = isToken && !WRITTEN_BY_UWS.has(lowerCase);
  const seen = { lowerCase, isHopByHop: HOP_BY_HOP.has(lowerCase), isWritable };
  if (known.size >= MOST_NAMES || name.length > MOST_LENGTH || !isToken) return seen;
  known.set(copyOf(name), { ...seen, lowerCase: copyOf(lowerCase) });
  return seen;
}

/** A name is a slice of the block it came in, all of which V8 keeps as long as there is one. */
function copyOf(name: string): string {
  return Buffer.from(name, "latin1").toString("latin1");
}
