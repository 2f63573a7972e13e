/** A day of the calendar, in some time zone. */
export type LocalDay = { readonly year: number; readonly month: number; readonly day: number }

/** True for names such as `Europe/Berlin` and `UTC`. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** The day in a zone at a time (seconds since 1970). */
export function localDay(time: number, zone: string): LocalDay {
  return dayOf(inZone(time, zone))
}

export function addDays(day: LocalDay, days: number): LocalDay {
  return dayOf(Temporal.PlainDate.from(day).add({ days }))
}

/** 1 Monday to 7 Sunday. */
export function weekday(day: LocalDay): number {
  return Temporal.PlainDate.from(day).dayOfWeek
}

/** False for a day that no calendar has, as the 31st of a month of 30 days. */
export function isDay(day: LocalDay): boolean {
  try {
    Temporal.PlainDate.from(day, { overflow: 'reject' })
    return true
  } catch {
    return false
  }
}

export function isLastOfMonth(day: LocalDay): boolean {
  return day.day === Temporal.PlainDate.from(day).daysInMonth
}

/**
 * When the clocks of a zone show a minute (from 0) of a day. A time that they skip is the moment of the skip;
 * of one that they show twice it is the first or the last.
 */
export function localTime(day: LocalDay, minute: number, zone: string, which: 'first' | 'last'): number {
  const wanted = Temporal.PlainDateTime.from(day).add({ minutes: minute })
  const disambiguation = which === 'first' ? 'earlier' : 'later'
  const shown = wanted.toZonedDateTime(zone, { disambiguation })
  if (shown.toPlainDateTime().equals(wanted)) return shown.epochMilliseconds / 1000
  // The clocks skip it: this lies before the skip, by as much as they skip.
  const before = wanted.toZonedDateTime(zone, { disambiguation: 'earlier' })
  return (before.getTimeZoneTransition('next') ?? before).epochMilliseconds / 1000
}

/** `2026-03-01 14:05:00 CET`. */
export function formatTime(time: number, zone: string): string {
  const local = inZone(time, zone).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ')
  const name = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'short' })
    .formatToParts(time * 1000)
    .find((part) => part.type === 'timeZoneName')?.value
  return `${local} ${name ?? zone}`
}

const inZone = (time: number, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(time) * 1000).toZonedDateTimeISO(zone)

const dayOf = ({ year, month, day }: LocalDay): LocalDay => ({ year, month, day })
