import { NAMED_RANGE_FORM, parseNamedRange } from '../../domain/named-range.ts'
import { describeWrongRange } from '../../domain/time/wrong-range.ts'
import { shorten } from '../ui/format.ts'
import { HttpError } from './route.ts'

/**
 * Reading of query parameters. What is wrong becomes a 400 that names the parameter and what was expected.
 */

export type IntegerOptions<Default> = {
  readonly min: number
  readonly max: number
  readonly default: Default
}

export function readInteger<Default extends number | null>(
  url: URL,
  name: string,
  { min, max, default: fallback }: IntegerOptions<Default>,
): number | Default {
  const text = url.searchParams.get(name)
  if (text === null) return fallback
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw refuse(name, `a whole number from ${min} to ${max}`, text)
}

/** One of a few words; undefined when the parameter is not there. */
export function readChoice<Choice extends string>(
  url: URL,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = url.searchParams.get(name)
  if (text === null) return undefined
  const choice = choices.find((one) => one === text)
  if (choice === undefined)
    throw refuse(name, `one of ${choices.filter((one) => one !== '').join(', ')}`, text)
  return choice
}

/** Free text; undefined when the parameter is not there or empty. */
export function readText(url: URL, name: string, longest: number): string | undefined {
  const text = url.searchParams.get(name) ?? ''
  if (text.length > longest) throw refuse(name, `at most ${longest} characters`, text)
  return text === '' ? undefined : text
}

/** `offset` and `limit`, the page of a list. */
export function readPaging(url: URL): { offset: number; limit: number } {
  return {
    offset: readInteger(url, 'offset', { min: 0, max: 1_000_000_000, default: 0 }),
    limit: readInteger(url, 'limit', { min: 1, max: 1000, default: 100 }),
  }
}

type EventCursor = { readonly opened: number; readonly id: number }

/** The last event of a page in the order of time, for the address of the next page: `OPENED-ID`. */
export const writeCursor = ({ opened, id }: EventCursor): string => `${opened}-${id}`

/** Events that are passed over by their number, one by one; beyond them a page begins behind an event. */
export const MOST_EVENTS_PASSED = 10_000

/** Null when the parameter is absent. */
export function readCursor(url: URL, name: string): EventCursor | null {
  const text = readText(url, name, 40)
  if (text === undefined) return null
  const [, opened, id] = /^(\d{1,12})-(\d{1,15})$/.exec(text) ?? []
  if (opened === undefined) throw new HttpError(400, `${name}: expected the "next" of the page before`)
  return { opened: Number(opened), id: Number(id) }
}

export const MAX_TIME = 253_402_300_799

/**
 * A time in seconds since 1970, as an ISO time with its zone, `now`, or a duration before now (`-24h`,
 * `-30m`); null when the parameter is absent.
 */
export function readTime(url: URL, name: string, now: number): number | null {
  const text = url.searchParams.get(name)
  if (text === null) return null
  const time = parseTime(text, now)
  if (time !== null && time >= 0 && time <= MAX_TIME) return time
  throw refuse(
    name,
    'a whole number of seconds since 1970, an ISO time such as 2026-01-31T22:00:00Z, now, or -24h',
    text,
  )
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
  y: 365 * 86_400,
}

function parseTime(text: string, now: number): number | null {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  if (text === 'now') return now
  const [, count, unit] = /^-(\d{1,6})([smhdwy])$/.exec(text) ?? []
  if (count !== undefined) return Math.max(0, now - Number(count) * (UNITS[unit ?? ''] ?? 0))
  // Without a zone it would be another time on another machine. A plus that is not percent-encoded arrives as
  // a blank.
  const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+ -]\d\d:\d\d)$/.test(text)
  const ms = iso ? Date.parse(text.replace(' ', '+')) : Number.NaN
  return Number.isNaN(ms) ? null : Math.floor(ms / 1000)
}

/** The fields that `fields` asks for, of each of these; all of them when it does not. */
export function pickFields<T extends object>(
  url: URL,
  items: readonly T[],
  known: readonly string[],
): object[] {
  const text = readText(url, 'fields', 1000)
  if (text === undefined) return [...items]
  const fields = text.split(',').map((field) => field.trim())
  const unknown = fields.find((field) => !known.includes(field))
  if (unknown !== undefined) throw refuse('fields', `some of ${known.join(', ')}`, unknown)
  return items.map((item) =>
    Object.fromEntries(Object.entries(item).filter(([name]) => fields.includes(name))),
  )
}

/**
 * `from` and `to` in seconds since 1970, both included, or `range` up to now (`24h`, `1y`); the last hour by
 * default.
 */
export function readTimes(url: URL, now: number): { from: number; to: number } {
  const range = url.searchParams.get('range')
  if (range !== null) {
    if (url.searchParams.has('from') || url.searchParams.has('to'))
      throw new HttpError(400, 'range: expected either range, or from and to')
    const seconds = parseNamedRange(range)
    if (seconds === null) throw refuse('range', NAMED_RANGE_FORM, range)
    return { from: Math.max(0, now - seconds), to: now }
  }
  const to = readTime(url, 'to', now) ?? now
  const from = readTime(url, 'from', now) ?? Math.max(0, to - 3600)
  refuseWrongTimes({ from, to }, now)
  if (from > to) throw new HttpError(400, `from: expected a time not after to (${to}), got ${from}`)
  return { from, to }
}

/** Throws an HttpError for a time that is longer or later than any data: the answer would look like one without data. */
export function refuseWrongTimes(
  times: { readonly from: number | null; readonly to: number | null },
  now: number,
): void {
  const wrong = describeWrongRange(times, now)
  if (wrong !== null)
    throw new HttpError(400, `from, to: expected a time range of the past, this one ${wrong}`)
}

function refuse(name: string, expected: string, text: string): HttpError {
  return new HttpError(400, `${name}: expected ${expected}, got ${JSON.stringify(shorten(text))}`)
}
