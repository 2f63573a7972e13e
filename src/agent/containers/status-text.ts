/** The words of an engine about a container, as `docker ps` prints them: "Up 3 hours (healthy)". */
export type StatusText = {
  /** The words without the time in them, which changes by itself. */
  readonly words: string
  /**
   * Since when they hold, by the same clock as the time at which they were read: the bounds in milliseconds. Null where
   * no time is in them.
   */
  readonly since: { readonly fromMs: number; readonly toMs: number } | null
}

const SECOND = 1000
const HOUR = 3600 * SECOND
const UNIT_MS: Readonly<Record<string, number>> = {
  second: SECOND,
  minute: 60 * SECOND,
  hour: HOUR,
  day: 24 * HOUR,
  week: 7 * 24 * HOUR,
  month: 30 * 24 * HOUR,
  year: 365 * 24 * HOUR,
}

const TIME = /\b(?:(\d{1,5})|(About an?)|(Less than a)) (second|minute|hour|day|week|month|year)s?\b/

/** @param atMs when it was read */
export function readStatusText(text: string, atMs: number): StatusText {
  const match = TIME.exec(text)
  const unit = UNIT_MS[match?.[4] ?? '']
  if (match === null || unit === undefined) return { words: text, since: null }
  const [whole, digits, , less] = match
  const count = less === undefined ? Number(digits ?? 1) : 0
  // Hours are rounded, and what is longer is counted in such hours; the others are cut.
  const early = unit >= HOUR ? HOUR / 2 : 0
  const least = Math.max(0, count * unit - early)
  const most = (count + 1) * unit
  return { words: text.replace(whole, '#'), since: { fromMs: atMs - most, toMs: atMs - least } }
}
