import { createHash } from "node:crypto";
import type { Head } from "@curlew/core";

/** What is kept beside a part, to go on with it safely. */
export interface PartState {
  /** Not the URL itself: there may be a password in it. */
  readonly urlSha256: string;
  /** A strong one; undefined when the server gave none. */
  readonly etag: string | undefined;
  /** Last-Modified, where it is as good as a strong one. */
  readonly lastModified: string | undefined;
  /** Of the whole body; undefined while nobody knows. */
  readonly totalBytes: number | undefined;
}

/** Where to go on. */
export interface ResumePoint {
  readonly offset: number;
  /** Of the part; undefined for a file that is there under its final name, which is only asked about. */
  readonly state: PartState | undefined;
}

/**
 * What the answer to a request from some offset on is good for: "append" its body; it is "whole", begin anew with it; what
 * is there is "complete"; ask "again" without an offset; nothing of it, it is an answer "refused".
 */
export type Verdict = "append" | "whole" | "complete" | "again" | "refused";

/** The state to keep of an answer that is a file from its beginning. */
export function stateOf(url: string, head: Head): PartState {
  return {
    urlSha256: sha256(url),
    etag: strongEtag(head),
    lastModified: strongDate(head),
    totalBytes: lengthOf(head),
  };
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Whether a part of it could be told from a part of something else: by a validator, or at least by its size. */
export function canResume({ etag, lastModified, totalBytes }: PartState): boolean {
  return etag !== undefined || lastModified !== undefined || totalBytes !== undefined;
}

/** A server that does not have the same any more, or knows no ranges, sends all of it (RFC 9110 13.1.5). */
export function rangeHeaders({ offset, state }: ResumePoint): string[] {
  const validator = state?.etag ?? state?.lastModified;
  return [`Range: bytes=${offset}-`, ...(validator === undefined ? [] : [`If-Range: ${validator}`])];
}

export function judge(head: Head, { offset, state }: ResumePoint): Verdict {
  const total = totalOf(head);
  switch (head.status) {
    case 206:
      return state && continues(head, offset, state) ? "append" : "again";
    case 416:
      return total === offset && (!state || state.totalBytes === total) ? "complete" : "again";
    case 200:
      return !state && lengthOf(head) === offset ? "complete" : "whole";
    default:
      return "refused";
  }
}

/** Content-Range: bytes FIRST-LAST/TOTAL, of what the part is of; somebody must know the total, or nobody knows the end. */
function continues(head: Head, offset: number, state: PartState): boolean {
  const first = /^bytes (\d+)-/i.exec(head.headers.get("content-range") ?? "")?.[1];
  return (
    Number(first ?? -1) === offset &&
    (totalOf(head) ?? state.totalBytes) !== undefined &&
    agrees(state.totalBytes, totalOf(head)) &&
    agrees(state.etag, strongEtag(head)) &&
    agrees(state.lastModified, head.headers.get("last-modified") ?? undefined)
  );
}

function agrees<T>(kept: T | undefined, told: T | undefined): boolean {
  return kept === undefined || told === undefined || kept === told;
}

/** The TOTAL of Content-Range. */
export function totalOf(head: Head): number | undefined {
  const total = /\/(\d+)\s*$/.exec(head.headers.get("content-range") ?? "")?.[1];
  return total === undefined ? undefined : Number(total);
}

export function lengthOf(head: Head): number | undefined {
  const length = head.headers.get("content-length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}

/** A weak one says "much the same", which is not enough for bytes. */
function strongEtag(head: Head): string | undefined {
  const etag = head.headers.get("etag");
  return etag !== null && /^"[^"]*"$/.test(etag) ? etag : undefined;
}

/** A date is one when it was at least a second old: there could be no second change in it (RFC 9110 8.8.2.2). */
function strongDate(head: Head): string | undefined {
  const lastModified = head.headers.get("last-modified");
  const ageMs = Date.parse(head.headers.get("date") ?? "") - Date.parse(lastModified ?? "");
  return lastModified !== null && ageMs >= 1000 ? lastModified : undefined;
}
