import { describe, expect, test } from 'bun:test'
import type { ValueForm } from '../../../src/domain/metrics/unit.ts'
import {
  formatAgo,
  formatClock,
  formatCount,
  formatDay,
  formatDuration,
  formatField,
  formatMonth,
  formatStamp,
  formatThreshold,
  formatValue,
} from '../../../src/web/ui/format.ts'

/** Narrow spaces as plain ones: easier to read here. */
const plain = (text: string) => text.replaceAll('\u202f', ' ')

const VALUES: readonly (readonly [number, ValueForm, string])[] = [
  [0, '%', '0.0 %'],
  [99.96, '%', '100.0 %'],
  [0, 'B', '0 B'],
  [999, 'B', '999 B'],
  [1000, 'B', '0.98 KiB'],
  [1024, 'B', '1.00 KiB'],
  [1536, 'B', '1.50 KiB'],
  [10_240, 'B', '10.0 KiB'],
  [1_048_576, 'B', '1.00 MiB'],
  [8_363_446_272, 'B', '7.79 GiB'],
  [2 ** 70, 'B', '1024 EiB'],
  [-2048, 'B', '−2.00 KiB'],
  [2048, 'B/s', '2.00 KiB/s'],
  [0.003, '/s', '0.003 /s'],
  [25e6, '/s', '25.0 M/s'],
  [12.34, '/s', '12.3 /s'],
  [48.26, '°C', '48.3 °C'],
  [0.0123, 's', '12.3 ms'],
  [45, 's', '45 s'],
  [150, 's', '2.50 min'],
  [7200, 's', '2 h'],
  [2_700_000, 's', '31.3 days'],
  [1, 'days', '1 day'],
  [1.4, 'days', '1.40 days'],
  [0, 'days', '0 days'],
  [1, ['stopped', 'running'], 'running'],
  [0, ['stopped', 'running'], 'stopped'],
  [0.972, ['stopped', 'running'], '97.2 % running'],
  [2, ['unknown', 'running', 'exited'], 'exited'],
  [1.5, ['unknown', 'running', 'exited'], 'several'],
  [42, ['unknown', 'running', 'exited'], '42'],
  [0.5, '', '0.50'],
  [1234567, '', '1 234 567'],
  [-0.001, '', '−0.001'],
  [0.01, '', '0.01'],
  [0.0125, '', '0.013'],
  [0.0999, '', '0.10'],
  [-0.0123, '', '−0.012'],
  [0.000456, '', '0.00046'],
  [1.04e-7, '', '1×10⁻⁷'],
  [-2.5e-12, '', '−2.5×10⁻¹²'],
  [9_999_999, '', '9 999 999'],
  [10_000_000, '', '10.0 M'],
  [999_999_999, '', '1.00 G'],
  [1e15, '', '1.00 P'],
  [-1.95e15, '', '−1.95 P'],
  [1.5e20, '', '150 E'],
  [1e300, '', '1×10³⁰⁰'],
  [-12.04, '°C', '−12.0 °C'],
  [-0.04, '%', '0.0 %'],
  [Number.NaN, '%', '–'],
]

test.each([
  [85, '%', '85 %'],
  [99.95, '%', '99.95 %'],
  [75, '°C', '75 °C'],
  [-0.5, '', '−0.5'],
  [12.75, '', '12.75'],
  [16, '', '16'],
  [20_000, '', '20 000'],
  [5 * 1024 ** 3, 'B', '5 GiB'],
  [150, 's', '2.5 min'],
  [0, ['stopped', 'running'], 'stopped'],
] as const)('the limit %p in %p is said as it was set', (value, unit, text) => {
  expect(plain(formatThreshold(value, unit))).toBe(text)
})

describe('values as they are shown', () => {
  test.each(VALUES)('%p in %p', (value, unit, text) => {
    expect(plain(formatValue(value, unit))).toBe(text)
  })
})

test('times in the zone of the process, which is UTC here', () => {
  const time = Date.UTC(2026, 0, 22, 4, 7, 31) / 1000
  expect(formatClock(time)).toBe('04:07')
  expect(formatDay(time)).toBe('22 Jan')
  expect(formatMonth(time)).toBe('2026')
  expect(formatMonth(time + 31 * 86_400)).toBe('Feb')
  expect(formatStamp(time)).toBe('2026-01-22 04:07:31')
  expect(formatField(time)).toBe('2026-01-22T04:07')
})

test.each([
  [0, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [3599, '59 min'],
  [86_400, '24 h'],
  [2 * 86_400, '2 days'],
  [-5, '0 s'],
])('a span of %d seconds', (seconds, text) => {
  expect(plain(formatDuration(seconds))).toBe(text)
})

test('how long ago', () => {
  expect(formatAgo(0, 1000)).toBe('never')
  expect(formatAgo(998, 1000)).toBe('just now')
  expect(formatAgo(1001, 1000)).toBe('just now')
  expect(plain(formatAgo(400, 1000))).toBe('10 min ago')
})

test('counts have their noun', () => {
  expect(formatCount(1, 'host')).toBe('1 host')
  expect(plain(formatCount(12_000, 'host'))).toBe('12 000 hosts')
})
