import { describe, expect, test } from 'bun:test'
import {
  createMaintenanceCalendar,
  listOccurrences,
  type MaintenanceSchedule,
  type MaintenanceWindow,
  maintenanceEnd,
  parseTimeOfDay,
} from '../../../src/domain/time/maintenance-window.ts'
import {
  addDays,
  formatTime,
  isTimeZone,
  localDay,
  localTime,
  weekday,
} from '../../../src/domain/time/time-zone.ts'

const at = (text: string) => Date.parse(text) / 1000
const minute = (text: string) => parseTimeOfDay(text) ?? Number.NaN
const iso = (time: number | null) => (time === null ? null : new Date(time * 1000).toISOString().slice(0, 16))

const daily = (start: string, end: string, zone = 'UTC'): MaintenanceSchedule => ({
  kind: 'daily',
  start: minute(start),
  end: minute(end),
  zone,
})

describe('the clocks of a time zone', () => {
  test('know their names', () => {
    expect(['Europe/Berlin', 'UTC', 'Asia/Kathmandu'].map(isTimeZone)).toEqual([true, true, true])
    expect(['Europe/Nowhere', '', 'no zone'].map(isTimeZone)).toEqual([false, false, false])
  })

  test('show other days at one time', () => {
    const time = at('2026-03-01T23:30Z')
    expect(localDay(time, 'UTC')).toEqual({ year: 2026, month: 3, day: 1 })
    expect(localDay(time, 'Europe/Berlin')).toEqual({ year: 2026, month: 3, day: 2 })
    expect(localDay(time, 'America/Los_Angeles')).toEqual({ year: 2026, month: 3, day: 1 })
    expect(weekday({ year: 2026, month: 3, day: 2 })).toBe(1)
    expect(weekday({ year: 2026, month: 3, day: 1 })).toBe(7)
    expect(addDays({ year: 2024, month: 2, day: 28 }, 1)).toEqual({ year: 2024, month: 2, day: 29 })
  })

  test.each([
    // Berlin goes from 02:00 to 03:00 on 2026-03-29 and from 03:00 back to 02:00 on 2026-10-25.
    ['2026-03-28', '02:30', 'Europe/Berlin', '2026-03-28T01:30', '2026-03-28T01:30'],
    ['2026-03-29', '02:30', 'Europe/Berlin', '2026-03-29T01:00', '2026-03-29T01:00'],
    ['2026-03-29', '03:00', 'Europe/Berlin', '2026-03-29T01:00', '2026-03-29T01:00'],
    ['2026-10-25', '02:30', 'Europe/Berlin', '2026-10-25T00:30', '2026-10-25T01:30'],
    ['2026-10-25', '03:00', 'Europe/Berlin', '2026-10-25T02:00', '2026-10-25T02:00'],
    // Lord Howe moves by half an hour.
    ['2026-10-04', '02:15', 'Australia/Lord_Howe', '2026-10-03T15:30', '2026-10-03T15:30'],
    ['2026-01-01', '00:00', 'Asia/Kathmandu', '2025-12-31T18:15', '2025-12-31T18:15'],
  ])('on %s at %s in %s', (date, time, zone, first, last) => {
    const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
    const moment = (which: 'first' | 'last') =>
      iso(localTime({ year, month, day }, minute(time), zone, which))
    expect([moment('first'), moment('last')]).toEqual([first, last])
  })

  test('write a time with the name of the zone', () => {
    expect(formatTime(at('2026-07-01T12:00:05Z'), 'Europe/Berlin')).toBe('2026-07-01 14:00:05 CEST')
    expect(formatTime(at('2026-07-01T12:00:05Z'), 'UTC')).toBe('2026-07-01 12:00:05 UTC')
  })
})

describe('a window', () => {
  test.each<[string, MaintenanceSchedule, string, string | null]>([
    [
      'once, before',
      { kind: 'once', from: at('2026-01-01T10:00Z'), to: at('2026-01-01T11:00Z') },
      '2026-01-01T09:59Z',
      null,
    ],
    [
      'once, at its begin',
      { kind: 'once', from: at('2026-01-01T10:00Z'), to: at('2026-01-01T11:00Z') },
      '2026-01-01T10:00Z',
      '2026-01-01T11:00',
    ],
    [
      'once, at its end',
      { kind: 'once', from: at('2026-01-01T10:00Z'), to: at('2026-01-01T11:00Z') },
      '2026-01-01T11:00Z',
      null,
    ],
    ['daily', daily('22:00', '23:00'), '2026-01-01T22:30Z', '2026-01-01T23:00'],
    ['daily, outside', daily('22:00', '23:00'), '2026-01-01T23:00Z', null],
    ['past midnight, in the evening', daily('22:00', '06:00'), '2026-01-01T23:00Z', '2026-01-02T06:00'],
    ['past midnight, in the morning', daily('22:00', '06:00'), '2026-01-02T05:59Z', '2026-01-02T06:00'],
    ['past midnight, by day', daily('22:00', '06:00'), '2026-01-02T12:00Z', null],
    ['the whole day', daily('00:00', '00:00'), '2026-01-02T12:00Z', '2026-01-03T00:00'],
    ['in another zone', daily('22:00', '06:00', 'Asia/Tokyo'), '2026-01-01T13:30Z', '2026-01-01T21:00'],
    [
      'over the night that is an hour short',
      daily('22:00', '06:00', 'Europe/Berlin'),
      '2026-03-28T23:00Z',
      '2026-03-29T04:00',
    ],
    [
      'over the night that is an hour long',
      daily('22:00', '06:00', 'Europe/Berlin'),
      '2026-10-24T23:00Z',
      '2026-10-25T05:00',
    ],
    [
      'whose begin is skipped by the clocks',
      daily('02:30', '04:00', 'Europe/Berlin'),
      '2026-03-29T01:00Z',
      '2026-03-29T02:00',
    ],
    [
      'that is skipped by the clocks as a whole',
      daily('02:10', '02:50', 'Europe/Berlin'),
      '2026-03-29T01:00Z',
      null,
    ],
    [
      'that the clocks show twice',
      daily('02:10', '02:50', 'Europe/Berlin'),
      '2026-10-25T01:20Z',
      '2026-10-25T01:50',
    ],
    [
      'weekly, on its day',
      { ...daily('20:00', '04:00'), kind: 'weekly', days: [6] } as MaintenanceSchedule,
      '2026-01-04T03:00Z',
      '2026-01-04T04:00',
    ],
    [
      'weekly, on another',
      { ...daily('20:00', '04:00'), kind: 'weekly', days: [6] } as MaintenanceSchedule,
      '2026-01-04T21:00Z',
      null,
    ],
    [
      'monthly',
      { ...daily('01:00', '02:00'), kind: 'monthly', days: [15] } as MaintenanceSchedule,
      '2026-02-15T01:30Z',
      '2026-02-15T02:00',
    ],
    [
      'monthly, in a month without the day',
      { ...daily('01:00', '02:00'), kind: 'monthly', days: [31] } as MaintenanceSchedule,
      '2026-02-28T01:30Z',
      null,
    ],
    [
      'on the last of the month',
      { ...daily('23:00', '02:00'), kind: 'monthly', days: [-1] } as MaintenanceSchedule,
      '2024-03-01T01:30Z',
      '2024-03-01T02:00',
    ],
  ])('%s', (_, when, time, ends) => {
    expect(iso(maintenanceEnd(when, at(time)))).toBe(ends)
  })

  const window = (id: number, host: string, when: MaintenanceSchedule): MaintenanceWindow => ({
    id,
    name: `w${id}`,
    host,
    when,
  })

  test('holds for the hosts of its pattern, and the one that ends last counts', () => {
    const book = createMaintenanceCalendar([
      window(1, 'web%', daily('10:00', '11:00')),
      window(2, 'web01', daily('10:00', '12:00')),
    ])
    const time = at('2026-01-01T10:30Z')
    expect(book.at('web01', time)?.window.id).toBe(2)
    expect(book.at('WEB02', time)?.window.id).toBe(1)
    expect(book.at('db01', time)).toBe(null)
    expect(book.mutedUntil('db01', time)).toBe(null)
    expect(iso(book.mutedUntil('web02', time))).toBe('2026-01-01T11:00')
  })

  test('windows that follow on one another are one quiet time', () => {
    const book = createMaintenanceCalendar([
      window(1, '%', daily('10:00', '11:00')),
      window(2, '%', daily('10:30', '12:00')),
      window(3, '%', daily('12:00', '13:00')),
      window(4, '%', daily('13:01', '14:00')),
    ])
    expect(iso(book.mutedUntil('x', at('2026-01-01T10:00Z')))).toBe('2026-01-01T13:00')
  })

  test('a quiet time without end is far away, not an endless search', () => {
    const book = createMaintenanceCalendar([window(1, '%', daily('00:00', '00:00'))])
    const until = book.mutedUntil('x', at('2026-01-01T10:00Z')) ?? 0
    expect(until).toBeGreaterThan(at('2027-01-01T00:00Z'))
  })

  test('every minute of a year is in the window exactly when the clocks say so', () => {
    const zone = 'Europe/Berlin'
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
    const when = daily('22:15', '05:45', zone)
    for (let time = at('2026-01-01T00:07Z'); time < at('2027-01-01T00:00Z'); time += 53 * 60) {
      const shown = format.format(time * 1000)
      const inside = shown >= '22:15' || shown < '05:45'
      expect([iso(time), maintenanceEnd(when, time) !== null]).toEqual([iso(time), inside])
    }
  })
})

test('a time of day is read or refused', () => {
  expect(['0:00', '06:30', '23:59'].map(parseTimeOfDay)).toEqual([0, 390, 1439])
  expect(['24:00', '6', '6:5', '12:60', '', ' 06:30'].map(parseTimeOfDay)).toEqual(new Array(6).fill(null))
})

test('occurrences of a time are those that touch it, whole, over midnight and over a change of clocks', () => {
  const at = (text: string) => Date.parse(text) / 1000
  const daily = { kind: 'daily', start: 1320, end: 360, zone: 'Europe/Berlin' } as const
  // In the night to the 29th of March 2026 an hour is left out.
  expect(listOccurrences(daily, at('2026-03-28T12:00:00Z'), at('2026-03-29T21:00:00Z'))).toEqual([
    { from: at('2026-03-28T21:00:00Z'), to: at('2026-03-29T04:00:00Z') },
    { from: at('2026-03-29T20:00:00Z'), to: at('2026-03-30T04:00:00Z') },
  ])
  expect(listOccurrences(daily, at('2026-03-29T04:00:00Z'), at('2026-03-29T20:00:00Z'))).toEqual([])
  const once = { kind: 'once', from: 100, to: 200 } as const
  expect(listOccurrences(once, 199, 300)).toEqual([{ from: 100, to: 200 }])
  expect(listOccurrences(once, 200, 300)).toEqual([])
})
