const HOUR = 3600
/** Samples of a clock that is fast may be ahead of ours by some minutes, and graphs are zoomed into these too. */
const AHEAD = HOUR
/** Seconds of the longest time that can be asked for: a century, with its leap days. */
export const LONGEST_RANGE = 100 * 365.25 * 24 * HOUR

/** A time range that is longer or later than any data, as the end of a sentence about it; null for any other. */
export function describeWrongRange(
  { from, to }: { readonly from: number | null; readonly to: number | null },
  now: number,
): string | null {
  if (from !== null && from > now + AHEAD) return 'begins in the future'
  if (from !== null && to !== null && to - from > LONGEST_RANGE) return 'is longer than 100 years'
  return null
}
