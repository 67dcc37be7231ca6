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
  const all = [...fields];
  const listed = new Set<string>();
  for (const [name, value] of all)
    if (name.toLowerCase() === "connection") for (const one of value.split(",")) listed.add(one.trim().toLowerCase());
  return all.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()) && !listed.has(name.toLowerCase()));
}
