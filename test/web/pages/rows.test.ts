import { expect, test } from 'bun:test'
import { PointWriter } from '../../../src/web/series/point-writer.ts'
import { random } from '../../bench/data.ts'

/** What is written, and what JSON.stringify writes of the same. */
function write(...columns: Float64Array[]) {
  const writer = new PointWriter()
  writer.text('["ä",')
  writer.rows(columns)
  writer.text(']')
  const rows = Array.from(columns[0] ?? [], (_, i) => columns.map((column) => column[i]))
  return {
    written: new TextDecoder().decode(writer.take()),
    expected: `["ä",${JSON.stringify(rows).slice(1)}`,
  }
}

test.each([0, 1, 2, 500, 10_000])('%d rows are written as JSON.stringify would', (count) => {
  const times = Float64Array.from({ length: count }, (_, i) => 1_700_000_000 + i * 60)
  const values = Float64Array.from({ length: count }, (_, i) => Math.sin(i) * 10 ** (i % 20))
  const { written, expected } = write(times, values)
  expect(written).toBe(expected)
})

test('four columns of decimals with any number of digits are written as JSON.stringify would', () => {
  const next = random(7)
  for (let digits = 0; digits <= 8; digits++)
    for (let size = 0; size < 17; size++) {
      const decimal = () => Number(((next() - 0.3) * 10 ** size).toFixed(digits))
      const { written, expected } = write(
        ...Array.from({ length: 4 }, () => Float64Array.from({ length: 50 }, decimal)),
      )
      expect(written).toBe(expected)
    }
})

test.each([
  ...[0, -0, 1, -1, 10, 100, 0.1, 0.1 + 0.2, 100.25, -99.99, 1200.5, 1e-6, 1e-7, 1.5e-7, 5e-324],
  ...[
    123456.789012, 2147483647, 2147483648, 2147483648.5, 2147483647.9, 21474836.48, 4294967296.25,
    123456789012.5,
  ],
  ...[99_999_999, 100_000_000, 100_000_000.5, 999_999_999_999_999, 1e14 + 0.5, 1e15, 2 ** 53, 1e21, 1.7e308],
])('%d is written as JSON.stringify would, before and behind a decimal', (value) => {
  const { written, expected } = write(Float64Array.of(0.25, value, 0.25, value))
  expect(written).toBe(expected)
})

test('what is no number in JSON becomes null', () => {
  const { written } = write(
    Float64Array.of(1, 2, 3),
    Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY, 1),
  )
  expect(written).toBe('["ä",[1,null],[2,null],[3,1]]')
})
