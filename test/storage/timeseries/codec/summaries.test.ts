import { describe, expect, test } from 'bun:test'
import { packTimes } from '../../../../src/storage/timeseries/blocks.ts'
import { packChunk, summariesOfChunk, unpackChunk } from '../../../../src/storage/timeseries/chunks.ts'
import { decodeNumbers, encodeNumbers } from '../../../../src/storage/timeseries/codec/numbers.ts'
import { areSummariesOf, gatherCells } from '../../../../src/storage/timeseries/codec/summaries.ts'
import { randomOf } from '../../random.ts'

const MINUTES = Float64Array.from({ length: 1440 }, (_, i) => i * 60)

/** Series of a day as machines have them, and as none should. */
const SHAPES: Readonly<Record<string, (random: () => number, i: number, before: number) => number>> = {
  'one decimal': (random) => Math.round(random() * 1000) / 10,
  'two decimals, slow': (random, _, before) => Math.round((before + (random() - 0.5) / 3) * 100) / 100,
  'whole bytes': (random) => Math.floor(random() * 1e9),
  'blocks of a filesystem': (random, _, before) => before + Math.floor(random() * 3) * 4096,
  counter: (_, i) => 1_234_567 + i * 60,
  'below zero': (random) => Math.round((random() - 0.5) * 1e5) / 1000,
  'mostly zero': (random) => (random() < 0.02 ? Math.floor(random() * 1e6) : 0),
  doubles: (random) => random() * 1e-3,
  'large doubles': (random) => random() * 1e300,
  'decimals with a few doubles': (random) => (random() < 0.05 ? random() : Math.round(random() * 10)),
  'large whole numbers': (random) => Math.floor(random() * 2 ** 49),
  steps: (_, i) => Math.floor(i / 100),
}

const makeValues = (shape: string, count: number, seed = 7) => {
  const random = randomOf(seed)
  const next = SHAPES[shape] ?? (() => 0)
  let before = 50
  return Float64Array.from({ length: count }, (_, i) => {
    before = next(random, i, before)
    return before
  })
}

/** The sum of doubles, each of which is a whole number times a power of two: rounded once. */
function addExactly(values: readonly number[]): number {
  const unit = 2n ** 1074n
  let sum = 0n
  for (const value of values) {
    const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n
    const exponent = Number((bits >> 52n) & 0x7ffn)
    const fraction = (bits & (2n ** 52n - 1n)) | (exponent === 0 ? 0n : 2n ** 52n)
    const size = fraction << BigInt(Math.max(exponent, 1) - 1)
    sum += bits >> 63n === 1n ? -size : size
  }
  // Sixty bits are more than a double keeps.
  const size = sum < 0n ? -sum : sum
  const extra = BigInt(Math.max(0, size.toString(2).length - 60))
  const rounded = (Number(size >> extra) / Number(unit >> 1022n)) * 2 ** (Number(extra) - 1022)
  return sum < 0n ? -rounded : rounded
}

describe('summaries of a chunk', () => {
  for (const shape of Object.keys(SHAPES))
    test(`are those of all of its samples: ${shape}`, () => {
      for (const [seed, count] of [1440, 1439, 700, 300].entries()) {
        const values = makeValues(shape, count, seed)
        const times = MINUTES.subarray(1440 - count)
        const body = packChunk(3, times, values)
        expect(unpackChunk(body, times)).toEqual(values)
        const cells = summariesOfChunk(body)
        // Of few doubles among decimals they would cost too much.
        if (cells === null && shape === 'decimals with a few doubles' && count < 1000) continue
        if (cells === null) throw new Error('there are none')
        expect(areSummariesOf(cells, times, values)).toBe(true)
        for (const [cell, cellCount] of cells.counts.entries()) {
          const own = [...values].filter((_, i) => Math.floor((times[i] ?? 0) / cells.seconds) === cell)
          expect(cellCount).toBe(own.length)
          if (own.length === 0) continue
          expect(cells.lows[cell]).toBe(Math.min(...own))
          expect(cells.highs[cell]).toBe(Math.max(...own))
          const largest = Math.max(...own.map(Math.abs))
          const off = Math.abs((cells.sums[cell] ?? 0) - addExactly(own))
          expect(off).toBeLessThanOrEqual(largest * own.length * 1e-12)
        }
      }
    })

  test('are right where the first value of the day is far larger than the others', () => {
    const times = Float64Array.from({ length: 5000 }, (_, i) => i * 17)
    const values = new Float64Array(times.length).fill(1001)
    values[0] = 2 ** 49
    const cells = summariesOfChunk(packChunk(0, times, values))
    if (cells === null) throw new Error('there are none')
    expect([...cells.sums].slice(1)).toEqual([...cells.counts].slice(1).map((count) => count * 1001))
    expect(areSummariesOf(cells, times, values)).toBe(true)
  })

  test('are not made of few samples, nor where all are equal', () => {
    expect(summariesOfChunk(packChunk(0, MINUTES.subarray(0, 100), makeValues('doubles', 100)))).toBeNull()
    expect(summariesOfChunk(packChunk(0, MINUTES, new Float64Array(1440).fill(42)))).toBeNull()
  })

  test('have longer cells where an agent samples less often, shorter ones where more', () => {
    const every = (seconds: number) => {
      const times = Float64Array.from({ length: 86_400 / seconds }, (_, i) => i * seconds)
      return summariesOfChunk(packChunk(0, times, makeValues('one decimal', times.length)))?.seconds
    }
    expect([10, 30, 60, 120, 300].map(every)).toEqual([3600, 7200, 14_400, 43_200, 86_400])
  })

  test('cost a few percent of the chunk', () => {
    for (const shape of ['one decimal', 'two decimals, slow', 'whole bytes', 'below zero']) {
      const values = makeValues(shape, 1440)
      const body = packChunk(0, MINUTES, values)
      expect(body.length / (encodeNumbers(values).length + 1)).toBeLessThan(1.04)
    }
  })

  test('that are not those of the values are found', () => {
    const values = makeValues('one decimal', 1440)
    const cells = gatherCells(MINUTES, values, 4)
    expect(areSummariesOf(cells, MINUTES, values)).toBe(true)
    for (const column of [cells.counts, cells.lows, cells.highs, cells.sums]) {
      const right = column[2] ?? 0
      column[2] = right + 0.1
      expect(areSummariesOf(cells, MINUTES, values)).toBe(false)
      column[2] = right
    }
  })

  test('whatever the bytes are, they end in cells or an error', () => {
    const random = randomOf(11)
    const values = makeValues('two decimals, slow', 1440)
    const body = packChunk(0, MINUTES, values)
    let errors = 0
    for (let round = 0; round < 3000; round++) {
      const damaged = body.slice(0, round % 3 === 0 ? Math.ceil(random() * body.length) : body.length)
      damaged[1 + Math.floor(random() * 30)] = Math.floor(random() * 256)
      try {
        expect(summariesOfChunk(damaged)?.counts.length ?? 24).toBeLessThanOrEqual(24)
        unpackChunk(damaged, MINUTES)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        errors++
      }
    }
    expect(errors).toBeGreaterThan(10)
  })

  test('lists of times have none', () => {
    const [packed] = [packTimes([MINUTES])]
    expect(decodeNumbers(packed.subarray(3), 1440)).toEqual(MINUTES)
  })
})
