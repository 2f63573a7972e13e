import { formatNumber, NARROW_SPACE } from '../../domain/metrics/figure.ts'
import { isNumberForm, type ValueForm } from '../../domain/metrics/unit.ts'

export {
  dropZeros,
  type Figure,
  formatFigure,
  formatNumber,
  formatThreshold,
  formatValue,
} from '../../domain/metrics/figure.ts'

/** A form as an attribute of an element, for the browser: the unit, or the list of words. */
export const writeForm = (form: ValueForm): string => (isNumberForm(form) ? form : JSON.stringify(form))

/** `12 s`, `3 min`, `5 h`, `2 days`: the largest unit alone, rounded down. */
export function formatDuration(seconds: number): string {
  const size = Math.max(0, Math.floor(seconds))
  if (size < 60) return `${size}${NARROW_SPACE}s`
  if (size < 3600) return `${Math.floor(size / 60)}${NARROW_SPACE}min`
  if (size < 2 * 86_400) return `${Math.floor(size / 3600)}${NARROW_SPACE}h`
  return `${Math.floor(size / 86_400)}${NARROW_SPACE}days`
}

export function formatAgo(time: number, now: number): string {
  if (time <= 0) return 'never'
  return now - time < 5 ? 'just now' : `${formatDuration(now - time)} ago`
}

/** The first `most` characters of a text for a message, with an ellipsis where more follow. */
export const shorten = (text: string, most = 40): string =>
  text.length > most ? `${text.slice(0, most)}…` : text

/** `1 host`, `3 hosts`, `1 234 hosts`. */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const pad = (value: number) => String(value).padStart(2, '0')

/** A date and time of day on local clocks. Months count from 1. */
export type WallTime = {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** By the time zone of this process or browser. */
export function readWallTime(time: number): WallTime {
  const date = new Date(time * 1000)
  return {
    year: date.getFullYear(),
    month: date.getMonth() + 1,
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
  }
}

/** How a time is written; the examples are those of the functions below. */
export type TimeForm = 'clock' | 'second' | 'day' | 'month' | 'stamp' | 'field'

export function writeWallTime(wall: WallTime, form: TimeForm): string {
  const clock = `${pad(wall.hour)}:${pad(wall.minute)}`
  const date = `${wall.year}-${pad(wall.month)}-${pad(wall.day)}`
  const month = MONTHS[wall.month - 1] ?? ''
  switch (form) {
    case 'clock':
      return clock
    case 'second':
      return `${clock}:${pad(wall.second)}`
    case 'day':
      return `${wall.day} ${month}`
    case 'month':
      return wall.month === 1 ? String(wall.year) : month
    case 'stamp':
      return `${date} ${clock}:${pad(wall.second)}`
    case 'field':
      return `${date}T${clock}`
  }
}

/**
 * `12:07`, in the time zone of this process, like all of the following; the browser writes them again in that
 * of the reader.
 */
export const formatClock = (time: number) => writeWallTime(readWallTime(time), 'clock')

/** `22 Nov`. */
export const formatDay = (time: number) => writeWallTime(readWallTime(time), 'day')

/** `Nov`, and in January the year. */
export const formatMonth = (time: number) => writeWallTime(readWallTime(time), 'month')

/** `2026-11-22 12:07:31`. */
export const formatStamp = (time: number) => writeWallTime(readWallTime(time), 'stamp')

/** `2026-11-22T12:07`, what a field for date and time takes. */
export const formatField = (time: number) => writeWallTime(readWallTime(time), 'field')

/** For the `datetime` attribute. */
export const formatIso = (time: number) => `${new Date(time * 1000).toISOString().slice(0, 19)}Z`
