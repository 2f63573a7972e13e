import { isHostName } from '../../../domain/hosts/host.ts'

/** Why a row is left out. */
export const NO_HOST = 'the name is no host name'
export const NO_TIME = 'the time is missing, or lies before 2000'
export const NO_METRIC = 'the monitor is no name of a metric'

/** The year 2000: earlier times come from clocks that were never set. */
const EARLIEST = 946_684_800

/** The host's name in lower case; null when it is none. */
export function readHost(value: unknown): string | null {
  const name = String(value ?? '')
    .trim()
    .toLowerCase()
  return isHostName(name) ? name : null
}

/** NaN for anything but a number, also for a NULL and a blank text. */
export const readNumber = (value: unknown): number =>
  value === null || String(value).trim() === '' ? Number.NaN : Number(value)

/** Whole seconds since 1970, also in the future; null for anything but a time after 2000. */
export function readTime(value: unknown): number | null {
  const time = Math.floor(Number(value))
  return time >= EARLIEST && Number.isSafeInteger(time) ? time : null
}

/** A flag of any of its releases: a number, a boolean of the driver, or a word. */
export const isTrue = (value: unknown) =>
  value === true || Number(value) === 1 || /^(true|yes|on)$/i.test(String(value))

/** A pattern of the original's rules; `%_%` stood for all. */
export function readPattern(value: unknown): string {
  const pattern = String(value ?? '').trim()
  return pattern === '' || pattern === '%_%' ? '%' : pattern
}
