import { describe, expect, test } from 'bun:test'
import { decodeNumbers, encodeNumbers } from '../../../../src/storage/timeseries/codec/numbers.ts'
import { randomOf } from '../../random.ts'

/** Encodes, decodes, compares bit by bit; the bytes it took. */
function roundTrip(values: readonly number[]): number {
  const encoded = encodeNumbers(Float64Array.from(values))
  const decoded = decodeNumbers(encoded, values.length)
  const wrong = values.findIndex((value, i) => !Object.is(value, decoded[i]))
  if (wrong >= 0) throw new Error(`${values[wrong]} came back as ${decoded[wrong]} at ${wrong}`)
  expect(decoded.length).toBe(values.length)
  return encoded.length
}

const repeat = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => value(i))

describe('numbers come back bit by bit', () => {
  const lists: Record<string, number[]> = {
    'none at all': [],
    'a single one': [42.5],
    'a single odd one': [Math.PI],
    zeros: repeat(1440, () => 0),
    'negative zeros among zeros': repeat(100, (i) => (i % 7 === 0 ? -0 : 0)),
    'only negative zeros': repeat(50, () => -0),
    'the largest doubles': [Number.MAX_VALUE, -Number.MAX_VALUE, 1e308, -1e308, 1e308],
    denormals: [5e-324, -5e-324, 2.2250738585072014e-308, 1e-310, 0],
    'integers around 2^53': [2 ** 53, 2 ** 53 + 2, 2 ** 53 - 1, 2 ** 60, -(2 ** 53), 2 ** 49, 2 ** 49 + 1],
    'the largest swings that still are integers': repeat(40, (i) => (i % 2 === 0 ? 2 ** 49 : -(2 ** 49))),
    'one decimal that no binary has': repeat(300, (i) => ((i * 7) % 1000) / 10),
    'three decimals': repeat(300, (i) => ((i * 7919) % 100_000) / 1000),
    'a sum that is not quite 0.3': [0.1 + 0.2, 0.3, 0.1 + 0.2, 0.4],
    'a few odd ones among many decimals': repeat(200, (i) => (i % 50 === 3 ? Math.PI * i : i / 10)),
    'thirds of a second': repeat(200, (i) => (i * 1000) / 3),
    'a counter with resets': repeat(500, (i) => (i % 200) * 61_234),
    'a huge counter': repeat(500, (i) => 1.2e15 + i * 1e9),
    'blocks of a filesystem': repeat(500, (i) => 5e11 - Math.floor(i / 9) * 4096 * 17),
    'alternating signs': repeat(300, (i) => (i % 2 === 0 ? i : -i)),
    'a step in a long constant': repeat(1440, (i) => (i < 700 ? 99.9 : 12)),
    'a second by second day': repeat(86_400, (i) => i),
    'now and then something': repeat(500, (i) => (i % 3 === 0 ? 0 : (i * 1_234_567) % 99_991)),
    'now and then less': repeat(500, (i) => (i % 3 === 0 ? 100 : ((i * 1237) % 997) / 10)),
    'now and then something, and odd ones': repeat(300, (i) =>
      i % 3 === 0 ? 0 : i % 50 === 7 ? i / 7 : (i * 12_347) % 9973,
    ),
    'one or the other, as far apart as integers are': repeat(60, (i) =>
      (i * i) % 7 < 3 ? 2 ** 49 : -(2 ** 49),
    ),
    'three in a row, none, then one': [5, 5, 5, 0, 1e6, 5, 5, 0, 0, 123_456, 5],
  }
  for (const [name, values] of Object.entries(lists))
    test(name, () => {
      roundTrip(values)
    })

  test('random lists of every kind', () => {
    const random = randomOf(7)
    const kinds: (() => number)[] = [
      () => Math.round(random() * 1000) / 10,
      () => Math.round((random() - 0.5) * 1e6),
      () => (random() - 0.5) * 10 ** Math.floor(random() * 600 - 300),
      () => (random() < 0.9 ? 5 : Math.round(random() * 10)),
      () => (random() < 0.95 ? Math.round(random() * 100) / 100 : random()),
      () => Math.round((random() - 0.5) * 2 ** 49),
    ]
    for (let round = 0; round < 600; round++) {
      const kind = kinds[round % kinds.length] ?? Math.random
      let sum = 0
      const walks = random() < 0.3
      roundTrip(
        repeat(1 + Math.floor(random() * 200), () => {
          const value = kind()
          if (!walks) return value
          sum += value
          return sum
        }),
      )
    }
  })

  test('random bits', () => {
    const random = randomOf(8)
    for (let round = 0; round < 100; round++) {
      const words = Uint32Array.from(repeat(64, () => Math.floor(random() * 2 ** 32)))
      roundTrip([...new Float64Array(words.buffer)].filter(Number.isFinite))
    }
  })
})

describe('numbers are short', () => {
  test('a constant day takes a few bytes', () => expect(roundTrip(repeat(1440, () => 37.5))).toBeLessThan(6))

  test('regular times take a few bytes', () => {
    expect(roundTrip(repeat(1440, (i) => i * 60))).toBeLessThan(24)
    expect(roundTrip(repeat(500, (i) => 30 + i * 60))).toBeLessThan(24)
  })

  test('a slow filesystem takes a small part of a byte a sample', () => {
    expect(roundTrip(repeat(1440, (i) => 50 + Math.floor(i / 100) / 10))).toBeLessThan(80)
  })

  test('noise with one decimal takes about its entropy', () => {
    const random = randomOf(9)
    // 200 values, each as likely: 7.64 bits.
    const bytes = roundTrip(repeat(1440, () => 20 + Math.floor(random() * 200) / 10))
    expect((bytes * 8) / 1440).toBeLessThan(8.2)
  })

  test('bursts of a disk take about their entropy', () => {
    const random = randomOf(12)
    // Nothing in two of five minutes: 0.97 bits. Otherwise anything below 2^21.
    const bytes = roundTrip(repeat(1440, () => (random() < 0.4 ? 0 : Math.floor(random() * 2 ** 21))))
    expect((bytes * 8) / 1440).toBeLessThan(0.97 + 0.6 * 21 + 0.6)
  })

  test('doubles without any pattern take no more than they are', () => {
    const random = randomOf(10)
    expect(roundTrip(repeat(1440, () => random() * 10 ** Math.floor(random() * 300)))).toBeLessThan(
      1440 * 8 + 8,
    )
  })
})

describe('damaged numbers', () => {
  test('never hang and never give another count', () => {
    const random = randomOf(11)
    const sources = [
      repeat(300, (i) => ((i * 37) % 100) / 10),
      repeat(100, () => random()),
      repeat(50, (i) => i * i),
      repeat(300, (i) => (i % 3 === 0 ? 0 : (i * 1_234_567) % 99_991)),
    ]
    expect((encodeNumbers(Float64Array.from(sources[3] ?? []))[0] ?? 0) >> 5).toBe(7)
    let refused = 0
    for (let round = 0; round < 2000; round++) {
      const encoded = encodeNumbers(Float64Array.from(sources[round % 4] ?? []))
      const damaged = encoded.slice(0, Math.ceil(encoded.length * random()))
      if (damaged.length > 0) damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256)
      try {
        expect(decodeNumbers(damaged, 300).length).toBe(300)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(0)
  })
})
