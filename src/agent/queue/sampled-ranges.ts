/** Times from `first` to `last` (seconds since 1970) that have a sample, or that need none any more. */
export type SampledRange = { readonly first: number; readonly last: number }

/** A clock that jumps more often than this between two restarts of the count is past helping. */
export const MAX_SPANS = 64

/** Gaps of this many intervals are closed, so that a few skipped cycles don't use up the spans. */
const CLOSED_GAP = 10

export function isTaken(spans: readonly SampledRange[], time: number): boolean {
  return spans.some((span) => span.first <= time && time <= span.last)
}

/**
 * The spans with `time` added; the oldest entry goes when there are more than MAX_SPANS. What makes this more
 * than one number: after a clock was put back, the times up to the wrong one are free to be sampled, and
 * those before the jump are not.
 */
export function addTime(spans: readonly SampledRange[], time: number, interval: number): SampledRange[] {
  const grown = spans.findIndex(
    (span) =>
      span.last < time &&
      time - span.last <= CLOSED_GAP * interval &&
      !spans.some((other) => other.first > span.last && other.first <= time),
  )
  if (grown >= 0) return spans.map((span, i) => (i === grown ? { first: span.first, last: time } : span))
  return [...spans, { first: time, last: time }].slice(-MAX_SPANS)
}
