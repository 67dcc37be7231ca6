import { fieldName } from "./field-name.js";

type Field = readonly [name: string, value: string];

/**
 * Header fields that are for the other end: without those of this one connection, which are the hop-by-hop ones and what
 * Connection lists. A proxy must leave them out in both directions (RFC 9110 7.6.1).
 */
export function endToEnd(fields: Iterable<Field>): Field[] {
  const kept: Field[] = [];
  let listed: Set<string> | undefined;
  for (const field of fields) {
    const { isHopByHop, lowerCase } = fieldName(field[0]);
    if (!isHopByHop) kept.push(field);
    else if (lowerCase === "connection") listed = listedIn(field[1], listed);
  }
  return listed ? kept.filter(([name]) => !listed.has(fieldName(name).lowerCase)) : kept;
}

/** "close" and "keep-alive", of which most of them are, name no field that is not left out anyway. */
function listedIn(value: string, before: Set<string> | undefined): Set<string> | undefined {
  const listed = value.split(",").map((one) => one.trim().toLowerCase());
  const named = listed.filter((one) => one !== "close" && one !== "keep-alive");
  return named.length > 0 ? new Set([...(before ?? []), ...named]) : before;
}
