import { formatTime, localTime } from '../../domain/time/time-zone.ts'

/** A field for a day and a time of day, by the clocks of a zone. */

/** Seconds since 1970; null for a text that is not a day and time. */
export function readLocalTime(text: string, zone: string): number | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/.exec(text)
  if (!found) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map(Number)
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59) return null
  return localTime({ year, month, day }, hour * 60 + minute, zone, 'first')
}

/** The value of the field for a time. */
export const writeLocalTime = (time: number, zone: string): string =>
  formatTime(time, zone).slice(0, 16).replace(' ', 'T')

/** The zone in which the user reads and enters times: the preferred one, otherwise that of the server. */
export const zoneOf = ({
  session,
  web,
}: {
  readonly session: { readonly preferences?: { readonly zone: string | null } } | null
  readonly web: { readonly zone: string }
}): string => session?.preferences?.zone ?? web.zone
