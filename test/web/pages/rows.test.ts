import { expect, test } from 'bun:test'
import { writeRows } from '../../../src/web/api/series-resources.ts'

test.each([0, 1, 2, 4095, 4096, 4097, 10_000])('%d rows are written as JSON.stringify would', (count) => {
  const times = Float64Array.from({ length: count }, (_, i) => 1_700_000_000 + i * 60)
  const values = Float64Array.from({ length: count }, (_, i) => Math.sin(i) * 10 ** (i % 20))
  const rows = Array.from(times, (time, i) => [time, values[i]])
  expect(`[${writeRows([times, values])}]`).toBe(JSON.stringify(rows))
})

test('what is no number in JSON becomes null', () => {
  expect(writeRows([Float64Array.of(1, 2), Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY)])).toBe(
    '[1,null],[2,null]',
  )
})
