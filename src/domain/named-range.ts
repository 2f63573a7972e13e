import { LONGEST_RANGE } from './time/wrong-range.ts'

const SECONDS: Readonly<Record<string, number>> = { h: 3600, d: 86_400, w: 7 * 86_400, y: 365 * 86_400 }

/** The forms that `parseNamedRange` reads, for messages. */
export const NAMED_RANGE_FORM = 'a range such as 6h, 30d, 2w or 1y, at most 100y'

/**
 * Seconds of a range up to now: `6h`, `30d`, `2w`, `1y`; `365d` and `1y` are the same. Null for anything
 * else, and for more than a century.
 */
export function parseNamedRange(text: string): number | null {
  const [, count, unit] = /^(\d{1,4})([hdwy])$/.exec(text) ?? []
  const seconds = Number(count) * (SECONDS[unit ?? ''] ?? 0)
  return seconds > 0 && seconds <= LONGEST_RANGE ? seconds : null
}
