import { NAMED_RANGE_FORM, parseNamedRange } from '../../domain/named-range.ts'
import { describeWrongRange } from '../../domain/time/wrong-range.ts'
import { formatDuration, shorten } from '../ui/format.ts'

/** Ranges that a graph offers, by the word in its address. */
export const RANGES = [
  { key: '1h', seconds: 3600, words: 'the last hour' },
  { key: '6h', seconds: 6 * 3600, words: 'the last 6 hours' },
  { key: '24h', seconds: 86_400, words: 'the last 24 hours' },
  { key: '7d', seconds: 7 * 86_400, words: 'the last 7 days' },
  { key: '30d', seconds: 30 * 86_400, words: 'the last 30 days' },
  { key: '90d', seconds: 90 * 86_400, words: 'the last 90 days' },
  { key: '1y', seconds: 365 * 86_400, words: 'the last year' },
  { key: 'all', seconds: null, words: 'all data' },
] as const

/** The time that a graph shows. */
export type TimeRange = {
  readonly from: number
  readonly to: number
  /** The range it comes from, as one of `RANGES` or such as `3d`; null when both ends were given. */
  readonly range: string | null
  /** Moves on with the clock. */
  readonly isLive: boolean
  readonly words: string
  /** The reason why the time range of the address was not used, shown on the page; null when it was valid. */
  readonly problem: string | null
}

/** Ranges of a host's page, which shows all its graphs at once. */
export const HOST_RANGES = RANGES.slice(0, 5)
/** The longest time that it shows. */
export const HOST_LONGEST = 31 * 86_400

/** The query that gives the span again: its range, or both its ends. */
export function timeRangeQuery({ range, from, to }: TimeRange): URLSearchParams {
  return new URLSearchParams(range === null ? { from: String(from), to: String(to) } : { range })
}

/** The query with which a link to the page of a host, or from there, keeps this time: empty for the usual hour. */
export function hostQuery(timeRange: TimeRange): string {
  if (timeRange.range === '1h') return ''
  const { from, to, range } = timeRange
  // Of a longer time the page shows the last of it.
  const shown =
    to - from <= HOST_LONGEST ? timeRange : { ...timeRange, from: to - HOST_LONGEST, range: range && '30d' }
  return `?${timeRangeQuery(shown).toString()}`
}

const LEAST_SECONDS = 10
const LATEST = 253_402_300_799

/**
 * Reads `range`, or `from` and `to`, of an address. Invalid values give the last hour and a `problem`,
 * because people edit addresses by hand. `extent` is the time of the host's stored samples, null when there
 * are none.
 */
export function readTimeRange(
  parameters: URLSearchParams,
  extent: { first: number } | null,
  now: number,
): TimeRange {
  const [fromText, toText] = [parameters.get('from') ?? '', parameters.get('to') ?? '']
  if (fromText !== '' || toText !== '') {
    const [from, to] = [readTime(fromText), toText === '' ? now : readTime(toText)]
    const wrong = from === null || to === null ? null : describeWrongRange({ from, to }, now)
    if (wrong !== null) return { ...lastHour(now), problem: `The range ${wrong}.` }
    if (from === null || to === null || from >= to)
      return { ...lastHour(now), problem: describeWrongEnds(fromText, toText, from !== null && to !== null) }
    const end = Math.max(to, from + LEAST_SECONDS)
    return { from, to: end, range: null, isLive: false, words: formatDuration(end - from), problem: null }
  }
  const text = parameters.get('range') ?? ''
  if (text === '') return lastHour(now)
  if (text === 'all') {
    const from = Math.min(extent?.first ?? now - 3600, now - 3600)
    return { ...lastHour(now), from, range: 'all', words: 'all data' }
  }
  const seconds = parseNamedRange(text)
  if (seconds === null)
    return { ...lastHour(now), problem: `Expected ${NAMED_RANGE_FORM}, got “${shorten(text)}”.` }
  const known = RANGES.find((one) => one.seconds === seconds)
  return {
    from: Math.max(0, now - seconds),
    to: now,
    range: known?.key ?? text,
    isLive: true,
    words: known?.words ?? `the last ${formatDuration(seconds)}`,
    problem: null,
  }
}

const lastHour = (now: number): TimeRange => ({
  from: now - 3600,
  to: now,
  range: '1h',
  isLive: true,
  words: 'the last hour',
  problem: null,
})

function describeWrongEnds(from: string, to: string, areTimes: boolean): string {
  if (areTimes) return 'The range has to begin before it ends.'
  const shown = [from !== '' && `from “${shorten(from)}”`, to !== '' && `to “${shorten(to)}”`]
  return `Expected times such as 2026-11-22T10:00, got ${shown.filter(Boolean).join(' ')}.`
}

/** Seconds since 1970, or what a field for date and time gives, in the time zone of this process. */
export function readTime(text: string | null): number | null {
  if (text === null) return null
  if (/^\d{1,12}$/.test(text)) return Math.min(Number(text), LATEST)
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return null
  const time = Math.floor(new Date(text).getTime() / 1000)
  return Number.isFinite(time) && time >= 0 ? time : null
}

/**
 * Queries of the time ranges around and within this one. Null where the range would be in the future, or too
 * short to show.
 */
export function neighbourRanges(
  { from, to }: TimeRange,
  now: number,
): Record<'earlier' | 'later' | 'wider' | 'closer', string | null> {
  const length = to - from
  const half = Math.ceil(length / 2)
  const query = (start: number, end: number) => `?from=${Math.max(0, start)}&to=${end}`
  const end = Math.min(to + half, Math.max(now, to))
  return {
    earlier: query(from - half, to - half),
    later: to >= now ? null : query(end - length, end),
    closer:
      length < 4 * LEAST_SECONDS ? null : query(from + Math.floor(length / 4), to - Math.floor(length / 4)),
    wider: query(end - 2 * length, end),
  }
}
