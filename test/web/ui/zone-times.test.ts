import { describe, expect, test } from 'bun:test'
import { createReaderTimes } from '../../../src/web/ui/zone-times.ts'

const at = (text: string) => Date.parse(text) / 1000

describe('without preferences', () => {
  const times = createReaderTimes({})
  const time = at('2026-11-22T12:07:31Z')

  test.each([
    ['clock', '12:07'],
    ['second', '12:07:31'],
    ['day', '22 Nov'],
    ['month', 'Nov'],
    ['stamp', '2026-11-22 12:07:31'],
    ['title', '2026-11-22 12:07:31'],
    ['field', '2026-11-22T12:07'],
  ] as const)('%s', (form, text) => expect(times.format(time, form)).toBe(text))

  test('fields are read by the clock of the device', () => {
    expect(times.readField('2026-11-22T12:07')).toBe(at('2026-11-22T12:07Z'))
    expect(times.readField('')).toBeNaN()
  })
})

describe('in another zone than that of the device', () => {
  const times = createReaderTimes({ zone: 'Europe/Vienna' })

  test('times and fields are those of its clocks', () => {
    expect(times.format(at('2026-11-22T23:30:00Z'), 'stamp')).toBe('2026-11-23 00:30:00')
    expect(times.format(at('2026-07-22T23:30:00Z'), 'field')).toBe('2026-07-23T01:30')
    expect(times.isMidnight(at('2026-11-22T23:00:00Z'))).toBe(true)
    expect(times.isMidnight(at('2026-11-22T00:00:00Z'))).toBe(false)
  })

  test.each([
    ['before the clocks go forward', '2026-03-29T01:30', '2026-03-29T00:30:00Z'],
    ['after it', '2026-03-29T03:30', '2026-03-29T01:30:00Z'],
    ['before the clocks go back', '2026-10-25T01:30', '2026-10-24T23:30:00Z'],
    ['after it', '2026-10-25T04:00', '2026-10-25T03:00:00Z'],
  ])('%s', (_, field, time) => {
    expect(times.readField(field)).toBe(at(time))
    expect(times.format(at(time), 'field')).toBe(field)
  })

  test('every half hour of a year comes back from its field, but for the hour that comes twice', () => {
    const wrong: string[] = []
    for (let time = at('2026-01-01T00:00Z'); time < at('2027-01-01T00:00Z'); time += 1800) {
      const again = times.readField(times.format(time, 'field'))
      if (again !== time && times.format(again, 'field') !== times.format(time, 'field'))
        wrong.push(times.format(time, 'field'))
    }
    expect(wrong).toEqual([])
  })

  test('an empty field is no time', () => expect(times.readField('')).toBeNaN())
})

test('an hour that the clocks of the device skip is still written and read right', () => {
  // These files run in UTC, which skips nothing: a process of its own stands for the device.
  const module = new URL('../../../src/web/ui/zone-times.ts', import.meta.url).href
  const script = `
    const { createReaderTimes } = await import(${JSON.stringify(module)})
    const times = createReaderTimes({ zone: 'UTC' })
    const time = Date.parse('2026-03-29T02:30:00Z') / 1000
    console.log(times.format(time, 'stamp'), times.readField('2026-03-29T02:30') - time)`
  const { stdout } = Bun.spawnSync([process.execPath, '-e', script], {
    env: { ...process.env, TZ: 'Europe/Vienna' },
  })
  expect(stdout.toString().trim()).toBe('2026-03-29 02:30:00 0')
})

describe('in the words of a language', () => {
  const times = createReaderTimes({ zone: 'UTC', dates: 'en-GB' })
  const time = at('2026-01-22T12:07:31Z')

  test.each([
    ['clock', '12:07'],
    ['day', '22 Jan'],
    ['month', '2026'],
    ['title', '22 Jan 2026, 12:07:31'],
    ['field', '2026-01-22T12:07'],
  ] as const)('%s', (form, text) => expect(times.format(time, form)).toBe(text))
})
