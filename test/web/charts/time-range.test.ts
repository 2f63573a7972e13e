import { describe, expect, test } from 'bun:test'
import { neighbourRanges, readTimeRange } from '../../../src/web/charts/time-range.ts'

const NOW = 1_795_349_220
const read = (query: string, first = NOW - 1_000_000) =>
  readTimeRange(new URLSearchParams(query), { first }, NOW)

describe('the time that an address asks for', () => {
  test.each([
    ['', NOW - 3600, NOW, '1h'],
    ['range=24h', NOW - 86_400, NOW, '24h'],
    ['range=1y', NOW - 365 * 86_400, NOW, '1y'],
    ['range=all', NOW - 1_000_000, NOW, 'all'],
    ['range=365d', NOW - 365 * 86_400, NOW, '1y'],
    ['range=1d', NOW - 86_400, NOW, '24h'],
    ['range=3d', NOW - 3 * 86_400, NOW, '3d'],
    ['range=50y', NOW - 50 * 365 * 86_400, NOW, '50y'],
    ['range=100y', 0, NOW, '100y'],
    ['range=', NOW - 3600, NOW, '1h'],
    ['from=&to=', NOW - 3600, NOW, '1h'],
    [`from=${NOW - 500}&to=${NOW - 100}`, NOW - 500, NOW - 100, null],
    [`from=${NOW - 500}`, NOW - 500, NOW, null],
    ['from=100&to=101', 100, 110, null],
    ['from=2026-11-22T10:00&to=2026-11-22T11:30', 1_795_341_600, 1_795_347_000, null],
    [`from=0&to=${NOW}`, 0, NOW, null],
    [`from=${NOW}&to=${NOW + 7200}`, NOW, NOW + 7200, null],
  ])('%s', (query, from, to, range) => {
    expect(read(query)).toMatchObject({ from, to, range, isLive: range !== null, problem: null })
  })

  test.each([
    ['range=nonsense', 'Expected a range such as 6h, 30d, 2w or 1y, at most 100y, got “nonsense”.'],
    ['range=0d', 'Expected a range such as 6h, 30d, 2w or 1y, at most 100y, got “0d”.'],
    ['range=-1d', 'Expected a range such as 6h, 30d, 2w or 1y, at most 100y, got “-1d”.'],
    [
      `range=${'9'.repeat(90)}d`,
      `Expected a range such as 6h, 30d, 2w or 1y, at most 100y, got “${'9'.repeat(40)}…”.`,
    ],
    ['range=101y', 'Expected a range such as 6h, 30d, 2w or 1y, at most 100y, got “101y”.'],
    ['from=5&to=4', 'The range has to begin before it ends.'],
    [`from=${NOW + 7200}&to=${NOW + 9000}`, 'The range begins in the future.'],
    ['from=2126-11-22T10:00&to=2126-11-22T11:30', 'The range begins in the future.'],
    ['from=0&to=999999999999', 'The range is longer than 100 years.'],
    ['from=-5&to=9', 'Expected times such as 2026-11-22T10:00, got from “-5” to “9”.'],
    ['from=abc&to=def', 'Expected times such as 2026-11-22T10:00, got from “abc” to “def”.'],
    ['to=yesterday', 'Expected times such as 2026-11-22T10:00, got to “yesterday”.'],
    [
      'from=2026-13-45T99:00&to=2026-11-22T11:30',
      'Expected times such as 2026-11-22T10:00, got from “2026-13-45T99:00” to “2026-11-22T11:30”.',
    ],
  ])('%s is the last hour, and the page says why', (query, problem) =>
    expect(read(query)).toMatchObject({ from: NOW - 3600, to: NOW, range: '1h', problem }),
  )

  test('all of a host without samples is the last hour', () => {
    expect(readTimeRange(new URLSearchParams('range=all'), null, NOW)).toMatchObject({
      from: NOW - 3600,
      to: NOW,
    })
  })
})

describe('the spans around', () => {
  test('a live one has nothing later, and grows into the past', () => {
    const around = neighbourRanges(read('range=1h'), NOW)
    expect(around.later).toBeNull()
    expect(around.earlier).toBe(`?from=${NOW - 5400}&to=${NOW - 1800}`)
    expect(around.wider).toBe(`?from=${NOW - 7200}&to=${NOW}`)
    expect(around.closer).toBe(`?from=${NOW - 2700}&to=${NOW - 900}`)
  })

  test('one in the past moves by a half, but not beyond now', () => {
    expect(neighbourRanges(read(`from=${NOW - 5000}&to=${NOW - 4000}`), NOW).later).toBe(
      `?from=${NOW - 4500}&to=${NOW - 3500}`,
    )
    expect(neighbourRanges(read(`from=${NOW - 1100}&to=${NOW - 100}`), NOW).later).toBe(
      `?from=${NOW - 1000}&to=${NOW}`,
    )
  })

  test('the shortest can get no closer, the earliest no earlier than 1970', () => {
    expect(neighbourRanges(read('from=100&to=110'), NOW)).toMatchObject({
      closer: null,
      earlier: '?from=95&to=105',
    })
    expect(neighbourRanges(read('from=0&to=100'), NOW).earlier).toBe('?from=0&to=50')
  })
})
