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

type Field = readonly [name: string, value: string];

/**
 * Header fields that are for the other end: without those of this one connection, which are the hop-by-hop ones and what
 * Connection lists. A proxy must leave them out in both directions (RFC 9110 7.6.1).
 */
export function endToEnd(fields: Iterable<Field>): Field[] {
  const kept: Field[] = [];
  let listed: Set<string> | undefined;
  for (const field of fields) {
    const name = field[0].toLowerCase();
    if (!HOP_BY_HOP.has(name)) kept.push(field);
    else if (name === "connection")
      listed = new Set([...(listed ?? []), ...field[1].split(",").map((one) => one.trim().toLowerCase())]);
  }
  return listed ? kept.filter(([name]) => !listed.has(name.toLowerCase())) : kept;
}
