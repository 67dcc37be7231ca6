import { type FieldName, fieldName } from "./field-name.js";

type Field = readonly [name: string, value: string];

/**
 * Header fields that are for the other end: without those of this one connection, which are the hop-by-hop ones and what
 * Connection lists. A proxy must leave them out in both directions (RFC 9110 7.6.1).
 */
export function endToEnd(fields: Iterable<Field>): Field[] {
  return sift(fields, () => {});
}

/** The same; `see` is told of each field, kept or not. */
export function sift(fields: Iterable<Field>, see: (name: FieldName, value: string) => void): Field[] {
  const kept: Field[] = [];
  let listed: Set<string> | undefined;
  for (const field of fields) {
    const name = fieldName(field[0]);
    see(name, field[1]);
    if (!name.isHopByHop) kept.push(field);
    else if (name.lowerCase === "connection") listed = listedIn(field[1], listed);
  }
  return listed ? kept.filter(([name]) => !listed.has(fieldName(name).lowerCase)) : kept;
}

/** Most of them are that, and name no field that is not left out anyway. */
const PERSISTENCE = /^(?:close|keep-alive)$/i;

function listedIn(value: string, before: Set<string> | undefined): Set<string> | undefined {
  if (PERSISTENCE.test(value)) return before;
  return new Set([...(before ?? []), ...value.split(",").map((one) => one.trim().toLowerCase())]);
}
