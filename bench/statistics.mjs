export function median(values) {
  const sorted = Float64Array.from(values.filter((value) => Number.isFinite(value))).sort();
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Half of the values lie between these two. */
export function quartiles(values) {
  const sorted = Float64Array.from(values.filter((value) => Number.isFinite(value))).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return [at(0.25), at(0.75)];
}

/** The median of the quotients of pairs: what was measured at about the same time is compared, and nothing else. */
export function pairedRatio(ofPeer, ofUs) {
  return median(ofPeer.map((value, i) => value / ofUs[i]));
}

export function round(value, digits = 3) {
  return value === null || value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(digits));
}
