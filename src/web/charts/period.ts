import { NAMED_RANGE_FORM, parseNamedRange } from '../../domain/named-range.ts'
import { addDays, isDay, type LocalDay, localDay, localTime } from '../../domain/time/time-zone.ts'
import { HttpError } from '../http/route.ts'
import { formatDuration } from '../ui/format.ts'

/** The time that a report is about; `to` is not later than now. */
export type Period = {
  readonly from: number
  readonly to: number
  readonly words: string
  readonly key: string | null
}

export const PERIODS = [
  { key: '24h', words: 'the last 24 hours', seconds: 86_400 },
  { key: '7d', words: 'the last 7 days', seconds: 7 * 86_400 },
  { key: '30d', words: 'the last 30 days', seconds: 30 * 86_400 },
  { key: '90d', words: 'the last 90 days', seconds: 90 * 86_400 },
  { key: '365d', words: 'the last 365 days', seconds: 365 * 86_400 },
] as const

/**
 * Reads `period`, called `range` where a link of another page brings its time along, or the days `from` and
 * `to` (both included, in the zone), or `from` and `to` in seconds. Throws an HttpError for what makes no
 * sense: a report of another time than was asked for would be a wrong one.
 */
export function readPeriod(url: URL, now: number, zone: string): Period {
  const [from, to] = [url.searchParams.get('from') ?? '', url.searchParams.get('to') ?? '']
  if (from !== '' || to !== '') {
    const start = readBound(from, zone, false) ?? 0
    const end = Math.min(readBound(to, zone, true) ?? now, now)
    if (start >= end) throw new HttpError(400, 'from: expected a time before to, and not in the future')
    return { from: start, to: end, words: `${from || 'the beginning'} to ${to || 'now'}`, key: null }
  }
  const name = url.searchParams.has('period') ? 'period' : 'range'
  const text = url.searchParams.get(name) ?? '30d'
  const seconds = parseNamedRange(text)
  if (seconds === null)
    throw new HttpError(
      400,
      `${name}: expected ${NAMED_RANGE_FORM}, got ${JSON.stringify(text.slice(0, 40))}`,
    )
  const known = PERIODS.find((one) => one.seconds === seconds)
  return {
    from: Math.max(0, now - seconds),
    to: now,
    words: known?.words ?? `the last ${formatDuration(seconds)}`,
    key: known?.key ?? null,
  }
}

function readBound(text: string, zone: string, isEnd: boolean): number | null {
  if (text === '') return null
  if (/^\d{1,12}$/.test(text)) return Number(text)
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!found) throw new HttpError(400, 'from, to: expected a day such as 2026-11-22')
  const [year = 0, month = 1, day = 1] = found.slice(1).map(Number)
  const date: LocalDay = { year, month, day }
  if (!isDay(date)) throw new HttpError(400, `from, to: there is no day ${text}`)
  return Math.max(0, localTime(isEnd ? addDays(date, 1) : date, 0, zone, 'first'))
}

/** `2026-11-22` of a time, by the clocks of a zone. */
export function writeDay(time: number, zone: string): string {
  const { year, month, day } = localDay(time, zone)
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}
