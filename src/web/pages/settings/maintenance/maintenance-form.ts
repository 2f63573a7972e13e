import { findMaintenanceErrors } from '../../../../domain/notifications/rule-check.ts'
import {
  type MaintenanceSchedule,
  type MaintenanceWindow,
  parseTimeOfDay,
} from '../../../../domain/time/maintenance-window.ts'
import { formatTime, isTimeZone } from '../../../../domain/time/time-zone.ts'
import { type Problems, placeErrors } from '../../../ui/form-fields.tsx'
import { readLocalTime, writeLocalTime } from '../../../ui/local-time.ts'

export const WEEKDAYS = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
] as const
/** When a window may hold, as the form offers it. */
export const KINDS = [
  { value: 'once', words: 'once' },
  { value: 'daily', words: 'every day' },
  { value: 'weekly', words: 'on days of the week' },
  { value: 'monthly', words: 'on days of the month' },
] as const

/** The fields of a window as they were typed. */
export type MaintenanceFields = {
  readonly name: string
  readonly host: string
  readonly kind: string
  readonly zone: string
  /** `2026-11-22T22:00`, by the clocks of the zone. */
  readonly from: string
  readonly to: string
  readonly start: string
  readonly end: string
  readonly weekdays: readonly number[]
  readonly monthDays: string
}

/** A window of two hours that begins at the next full hour. */
export function newMaintenanceWindow(now: number, zone: string): MaintenanceFields {
  const from = Math.ceil(now / 3600) * 3600
  return {
    name: '',
    host: '*',
    kind: 'once',
    zone,
    from: writeLocalTime(from, zone),
    to: writeLocalTime(from + 7200, zone),
    start: '22:00',
    end: '06:00',
    weekdays: [],
    monthDays: '',
  }
}

export function fieldsOfMaintenanceWindow(
  { name, host, when }: MaintenanceWindow,
  now: number,
  zone: string,
): MaintenanceFields {
  const empty = { ...newMaintenanceWindow(now, zone), name, host, kind: when.kind }
  if (when.kind === 'once')
    return { ...empty, from: writeLocalTime(when.from, zone), to: writeLocalTime(when.to, zone) }
  const recurring = {
    ...empty,
    zone: when.zone,
    start: formatMinute(when.start),
    end: formatMinute(when.end),
  }
  if (when.kind === 'weekly') return { ...recurring, weekdays: when.days }
  return when.kind === 'monthly' ? { ...recurring, monthDays: writeMonthDays(when.days) } : recurring
}

export function typedMaintenanceWindow(form: URLSearchParams): MaintenanceFields {
  const text = (name: string) => (form.get(name) ?? '').trim()
  return {
    name: text('name'),
    host: text('host'),
    kind: text('kind'),
    zone: text('zone'),
    from: text('from'),
    to: text('to'),
    start: text('start'),
    end: text('end'),
    weekdays: [1, 2, 3, 4, 5, 6, 7].filter((day) => form.getAll('weekday').includes(String(day))),
    monthDays: text('month_days'),
  }
}

const PLACES = {
  'when.zone': { field: 'zone' },
  'when.to': { field: 'to', words: 'The end has to be after the beginning.' },
  'when.days': { field: 'weekdays', words: 'Choose at least one day.' },
}

/** The window that the fields describe, or the problems of the fields. */
export function checkMaintenanceWindow(
  fields: MaintenanceFields,
): { readonly window: Omit<MaintenanceWindow, 'id'> } | { readonly problems: Problems } {
  const { name, host, zone } = fields
  const unread: Record<string, string> = {}
  // Without a zone no time can be read; the check refuses it.
  const when = isTimeZone(zone) ? readTime(fields, unread) : null
  const fieldErrors = findMaintenanceErrors({
    name,
    host,
    when: when ?? { kind: 'daily', start: 0, end: 0, zone },
  })
  const problems = { ...placeErrors(fieldErrors, PLACES), ...unread }
  return when === null || Object.keys(problems).length > 0 ? { problems } : { window: { name, host, when } }
}

function readTime(fields: MaintenanceFields, problems: Record<string, string>): MaintenanceSchedule | null {
  const { kind, zone } = fields
  if (kind === 'once') {
    const from = readLocalTime(fields.from, zone)
    const to = readLocalTime(fields.to, zone)
    if (from === null) problems.from = 'A day and a time.'
    if (to === null) problems.to = 'A day and a time.'
    return from === null || to === null ? null : { kind, from, to }
  }
  const start = parseTimeOfDay(fields.start)
  const end = parseTimeOfDay(fields.end)
  if (start === null) problems.start = 'A time such as 22:00.'
  if (end === null) problems.end = 'A time such as 06:00.'
  if (start === null || end === null) return null
  if (kind === 'daily') return { kind, start, end, zone }
  if (kind === 'weekly') return { kind, start, end, zone, days: fields.weekdays }
  if (kind === 'monthly') {
    const days = readMonthDays(fields.monthDays)
    if (days === null) problems.monthDays = 'Days from 1 to 31, or “last”, as in 1, 15, last.'
    return days === null ? null : { kind, start, end, zone, days }
  }
  problems.kind = 'Choose when it is.'
  return null
}

function readMonthDays(text: string): number[] | null {
  const words = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '')
  const days = words.map((word) =>
    word === 'last' || word === '-1' ? -1 : /^\d{1,2}$/.test(word) ? Number(word) : 0,
  )
  const isRight = days.length > 0 && days.every((day) => day === -1 || (day >= 1 && day <= 31))
  return isRight ? [...new Set(days)] : null
}

const writeMonthDays = (days: readonly number[]) => days.map((day) => (day === -1 ? 'last' : day)).join(', ')

const formatMinute = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** When a window holds, in words. `zone` is that of the reader, for single ones. */
export function describeMaintenance(when: MaintenanceSchedule, zone: string): string {
  if (when.kind === 'once')
    return `once, ${formatTime(when.from, zone).slice(0, 16)} to ${formatTime(when.to, zone).slice(0, 16)} (${zone})`
  const hours = `${formatMinute(when.start)} to ${formatMinute(when.end)}${when.end > when.start ? '' : ' of the next day'} (${when.zone})`
  if (when.kind === 'daily') return `every day, ${hours}`
  if (when.kind === 'weekly') return `${when.days.map((day) => WEEKDAYS[day - 1] ?? '').join(', ')}, ${hours}`
  return `on day ${writeMonthDays(when.days)} of the month, ${hours}`
}
