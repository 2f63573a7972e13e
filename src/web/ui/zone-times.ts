import { readWallTime, type TimeForm, type WallTime, writeWallTime } from './format.ts'

/** The user's preferences for times; without them times are those of the device's zone, in figures. */
export type TimePreferences = {
  /** An IANA time zone. */
  readonly zone?: string | undefined
  /** A language tag whose way of writing dates is used. */
  readonly dates?: string | undefined
}

/** `title` is a `stamp` in a `title` attribute. */
export type ReaderTimeForm = TimeForm | 'title'

export type ReaderTimes = {
  format(time: number, form: ReaderTimeForm): string
  isMidnight(time: number): boolean
  /** The time in a field for date and time, in seconds; NaN for an empty one. */
  readField(text: string): number
}

const STAMP: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'medium' }

/** How a language writes each form. A field is never written by a language: the browser wants figures. */
const LANGUAGE_FORMS: Readonly<
  Record<Exclude<ReaderTimeForm, 'field'> | 'year', Intl.DateTimeFormatOptions>
> = {
  clock: { hour: '2-digit', minute: '2-digit' },
  second: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  day: { day: 'numeric', month: 'short' },
  month: { month: 'short' },
  year: { year: 'numeric' },
  stamp: STAMP,
  title: STAMP,
}

const PARTS: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  hourCycle: 'h23',
}

/** Writes and reads times by the clocks of a reader, who may want another zone than that of the device. */
export function createReaderTimes({ zone, dates }: TimePreferences): ReaderTimes {
  const formats = new Map<string, Intl.DateTimeFormat>()

  function findFormat(
    key: string,
    options: Intl.DateTimeFormatOptions,
    language = dates,
  ): Intl.DateTimeFormat {
    const known = formats.get(key)
    if (known) return known
    const format = new Intl.DateTimeFormat(language, { ...options, ...(zone && { timeZone: zone }) })
    formats.set(key, format)
    return format
  }

  function readWall(time: number): WallTime {
    if (!zone) return readWallTime(time)
    const wall = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
    for (const { type, value } of findFormat('parts', PARTS, 'en').formatToParts(time * 1000))
      if (type in wall) Object.assign(wall, { [type]: Number(value) })
    return wall
  }

  /** The seconds since 1970 that a clock in Greenwich would show with these figures. */
  function countSeconds(time: number): number {
    const { year, month, day, hour, minute, second } = readWall(time)
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000
  }

  return {
    format(time, form) {
      const wall = readWall(time)
      if (form === 'field') return writeWallTime(wall, 'field')
      if (!dates) return writeWallTime(wall, form === 'title' ? 'stamp' : form)
      const key = form === 'month' && wall.month === 1 ? 'year' : form
      return findFormat(key, LANGUAGE_FORMS[key]).format(time * 1000)
    },
    isMidnight: (time) => writeWallTime(readWall(time), 'clock') === '00:00',
    readField(text) {
      if (!zone) return Math.floor(new Date(text).getTime() / 1000)
      const wanted = new Date(`${text}Z`).getTime() / 1000
      if (Number.isNaN(wanted)) return Number.NaN
      let time = wanted
      // Twice, because the first estimate may be on the other side of a clock change.
      for (let i = 0; i < 2; i++) time += wanted - countSeconds(time)
      return Math.floor(time)
    },
  }
}
