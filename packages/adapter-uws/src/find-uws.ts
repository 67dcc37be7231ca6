import { createRequire } from "node:module";
import { join } from "node:path";
import { CurlewError } from "@curlew/core";

/**
 * uWebSockets.js, as the program's folder has it, or the folder that the variable CURLEW_UWS names. For programs that can do
 * without it; others import it. Its types are its own.
 * @throws CurlewError NO_UWS, which says what to do
 */
export function findUws(): unknown {
  const wanted = process.env.CURLEW_UWS || "uWebSockets.js";
  for (const from of [join(process.cwd(), "program.js"), import.meta.url]) {
    try {
      return createRequire(from)(wanted);
    } catch (cause) {
      if ((cause as { code?: unknown }).code !== "MODULE_NOT_FOUND") throw unusable(wanted, cause);
    }
  }
  const how = "npm install uNetworking/uWebSockets.js#v20.52.0, as it is not on npm under its name";
  throw new CurlewError("NO_UWS", `${wanted} is not installed: ${how}`);
}

/** Why uWebSockets.js cannot be had here, in words for people; undefined when it can. */
export function uwsUnavailable(): string | undefined {
  try {
    findUws();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** It has a binary for each version of Node, system and processor, and each of those wants a glibc. */
function unusable(wanted: string, cause: unknown): CurlewError {
  const why = (cause instanceof Error ? cause.message : String(cause)).trim().split("\n").at(-1);
  return new CurlewError("NO_UWS", `${wanted} does not load on this machine: ${why}`, cause);
}
