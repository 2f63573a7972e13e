import { compilePattern } from '../pattern.ts'
import { addDays, isLastOfMonth, type LocalDay, localDay, localTime, weekday } from './time-zone.ts'

/** A time in which notifications about some hosts are held: maintenance, or quiet hours. */
export type MaintenanceWindow = {
  readonly id: number
  readonly name: string
  /** Pattern with `%` and `*`, `_` and `?`. */
  readonly host: string
  readonly when: MaintenanceSchedule
}

export type MaintenanceSchedule =
  /** Seconds since 1970; `to` is outside. */
  | { readonly kind: 'once'; readonly from: number; readonly to: number }
  | (Recurring & { readonly kind: 'daily' })
  /** 1 Monday to 7 Sunday: the days on which it begins. */
  | (Recurring & { readonly kind: 'weekly'; readonly days: readonly number[] })
  /** 1 to 31, and -1 for the last of the month; a month without such a day is left out. */
  | (Recurring & { readonly kind: 'monthly'; readonly days: readonly number[] })

type Recurring = {
  /**
   * Minutes after midnight as the clocks of the zone show them. An end that is not after the start is on the
   * next day.
   */
  readonly start: number
  readonly end: number
  readonly zone: string
}

/**
 * Windows that follow each other without a pause are searched for this many steps: more than a year of days.
 */
const MAX_CHAIN = 400

export type MaintenanceCalendar = {
  /** The window that a host is in, null for none. `ends` is when it is over. */
  at(host: string, time: number): { readonly window: MaintenanceWindow; readonly ends: number } | null
  /**
   * When the host is out of all windows again, null when it is in none; for windows without end, a time far
   * ahead.
   */
  mutedUntil(host: string, time: number): number | null
  /**
   * The occurrences of the host's windows that hold at some moment from `from` to `to`, whole, by their begin: those
   * that are over and those to come too. At most `MAX_OCCURRENCES`.
   */
  during(
    host: string,
    from: number,
    to: number,
  ): readonly { readonly window: MaintenanceWindow; readonly from: number; readonly to: number }[]
}

/** A month of a window that begins each day, for thirty windows. */
const MAX_OCCURRENCES = 1000

/** Of several windows that hold, the one that ends last counts. */
export function createMaintenanceCalendar(windows: readonly MaintenanceWindow[]): MaintenanceCalendar {
  const compiled = windows.map((window) => ({
    window,
    fits: compilePattern(window.host),
    endsAt: rememberNewest((time) => maintenanceEnd(window.when, time)),
    occursIn: rememberPeriod((from, to) => listOccurrences(window.when, from, to)),
  }))
  const book: MaintenanceCalendar = {
    at(host, time) {
      let found: { window: MaintenanceWindow; ends: number } | null = null
      for (const { window, fits, endsAt } of compiled) {
        if (!fits(host)) continue
        const ends = endsAt(time)
        if (ends !== null && (found === null || ends > found.ends)) found = { window, ends }
      }
      return found
    },
    mutedUntil(host, time) {
      let until: number | null = null
      for (let i = 0; i < MAX_CHAIN; i++) {
        const found = book.at(host, until ?? time)
        if (found === null) break
        until = found.ends
      }
      return until
    },
    during: (host, from, to) =>
      compiled
        .flatMap(({ window, fits, occursIn }) => {
          const times = occursIn(from, to)
          return times.length > 0 && fits(host) ? times.map((time) => ({ ...time, window })) : []
        })
        .sort((a, b) => a.from - b.from)
        .slice(0, MAX_OCCURRENCES),
  }
  return book
}

/** When the occurrence that holds at `time` ends; null when none holds. */
export function maintenanceEnd(when: MaintenanceSchedule, time: number): number | null {
  const held = listOccurrences(when, time, time + 1)
  return held.length === 0 ? null : Math.max(...held.map(({ to }) => to))
}

/** The occurrences that hold at some moment of the time, whole, in their order. */
export function listOccurrences(
  when: MaintenanceSchedule,
  from: number,
  to: number,
): { from: number; to: number }[] {
  if (when.kind === 'once') return when.from < to && when.to > from ? [{ from: when.from, to: when.to }] : []
  const found: { from: number; to: number }[] = []
  const last = localTime(addDays(localDay(to, when.zone), 1), 0, when.zone, 'last')
  for (let day = addDays(localDay(from, when.zone), -1); ; day = addDays(day, 1)) {
    const begins = localTime(day, when.start, when.zone, 'first')
    if (begins >= last) return found
    if (!beginsOn(when, day)) continue
    const ends = localTime(when.end > when.start ? day : addDays(day, 1), when.end, when.zone, 'last')
    if (begins < to && ends > from) found.push({ from: begins, to: ends })
  }
}

function beginsOn(when: Exclude<MaintenanceSchedule, { kind: 'once' }>, day: LocalDay): boolean {
  if (when.kind === 'daily') return true
  if (when.kind === 'weekly') return when.days.includes(weekday(day))
  return when.days.includes(day.day) || (when.days.includes(-1) && isLastOfMonth(day))
}

/** A storm asks for one time again and again. */
function rememberNewest(compute: (time: number) => number | null): (time: number) => number | null {
  let newest: { time: number; ends: number | null } | null = null
  return (time) => {
    if (newest === null || newest.time !== time) newest = { time, ends: compute(time) }
    return newest.ends
  }
}

/** A list of hosts asks for one period again and again. */
function rememberPeriod<T>(compute: (from: number, to: number) => T): (from: number, to: number) => T {
  let newest: { from: number; to: number; value: T } | null = null
  return (from, to) => {
    if (newest === null || newest.from !== from || newest.to !== to)
      newest = { from, to, value: compute(from, to) }
    return newest.value
  }
}

/** Minutes after midnight of `22:30`; null for anything else. */
export function parseTimeOfDay(text: string): number | null {
  const found = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text)
  return found ? Number(found[1]) * 60 + Number(found[2]) : null
}
