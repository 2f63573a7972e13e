/** A day of the calendar, in some time zone. */
export type LocalDay = { readonly year: number; readonly month: number; readonly day: number }

const DAY = 86_400
const formats = new Map<string, Intl.DateTimeFormat>()

/** True for names such as `Europe/Berlin` and `UTC`. */
export function isTimeZone(name: string): boolean {
  try {
    readFormat(name)
    return true
  } catch {
    return false
  }
}

/** The day in a zone at a time (seconds since 1970). */
export function localDay(time: number, zone: string): LocalDay {
  return dayOf(time + zoneOffset(time, zone))
}

export function addDays({ year, month, day }: LocalDay, days: number): LocalDay {
  return dayOf(Date.UTC(year, month - 1, day + days) / 1000)
}

/** 1 Monday to 7 Sunday. */
export function weekday({ year, month, day }: LocalDay): number {
  return ((new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7) + 1
}

export function isLastOfMonth(day: LocalDay): boolean {
  return addDays(day, 1).day === 1
}

/**
 * When the clocks of a zone show a minute (from 0) of a day. A time that they skip is the moment of the skip;
 * of one that they show twice it is the first or the last.
 */
export function localTime(day: LocalDay, minute: number, zone: string, which: 'first' | 'last'): number {
  const wanted = Date.UTC(day.year, day.month - 1, day.day, 0, minute) / 1000
  const before = zoneOffset(wanted - DAY, zone)
  const after = zoneOffset(wanted + DAY, zone)
  const shown = [wanted - before, wanted - after].filter((time) => time + zoneOffset(time, zone) === wanted)
  if (shown.length > 0) return which === 'first' ? Math.min(...shown) : Math.max(...shown)
  return findChange(wanted - DAY, wanted + DAY, zone)
}

/** `2026-03-01 14:05:00 CET`. */
export function formatTime(time: number, zone: string): string {
  const local = new Date((time + zoneOffset(time, zone)) * 1000).toISOString()
  const name = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'short' })
    .formatToParts(time * 1000)
    .find((part) => part.type === 'timeZoneName')?.value
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${name ?? zone}`
}

/** Local time minus UTC, in seconds. */
function zoneOffset(time: number, zone: string): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of readFormat(zone).formatToParts(time * 1000)) parts[type] = Number(value)
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - Math.floor(time)
}

/**
 * The first second at which the offset differs from that at `from`, between two times of which the second has
 * another.
 */
function findChange(from: number, to: number, zone: string): number {
  const offset = zoneOffset(from, zone)
  let low = from
  let high = to
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (zoneOffset(middle, zone) === offset) low = middle
    else high = middle
  }
  return high
}

/** Making one takes far longer than using it. There are some hundred zones, so the map stays small. */
function readFormat(zone: string): Intl.DateTimeFormat {
  const held = formats.get(zone)
  if (held !== undefined) return held
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, format)
  return format
}

function dayOf(local: number): LocalDay {
  const date = new Date(local * 1000)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}
