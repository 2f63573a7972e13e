import { describe, expect, test } from 'bun:test'
import { ChunkPacker, type SeriesToPack } from '../../../src/storage/timeseries/chunk-packer.ts'
import {
  openChunk,
  packChunk,
  ReferredChunks,
  referenceOfChunk,
  summariesOfChunk,
  unpackChunk,
} from '../../../src/storage/timeseries/chunks.ts'
import { areSummariesOf } from '../../../src/storage/timeseries/codec/summaries.ts'
import { randomOf } from '../random.ts'
import { FOLLOWING, RELATED, relatedMachine } from './related-metrics.ts'

const BLOCK = { host: 3, day: 20_463, checksum: 0 }
const MINUTES = Float64Array.from({ length: 1440 }, (_, i) => i * 60)

type Chunks = ReadonlyMap<number, Uint8Array>

function pack(all: readonly SeriesToPack[]): Chunks {
  const packer = new ChunkPacker(BLOCK.host, BLOCK.day)
  for (const series of all) packer.add(series)
  return packer.finish()
}

function read(chunks: Chunks, { metric, times }: SeriesToPack): Float64Array {
  const packed = chunks.get(metric) ?? new Uint8Array()
  const { stepsOf } = new ReferredChunks(BLOCK, (other) => chunks.get(other))
  return unpackChunk(openChunk(packed, BLOCK, metric), times, stepsOf)
}

const referenceOf = (chunks: Chunks, metric: number) =>
  referenceOfChunk(openChunk(chunks.get(metric) ?? new Uint8Array(), BLOCK, metric))

/** Bit by bit: -0 is not 0. */
function expectSame(values: Float64Array, wanted: Float64Array) {
  expect(values.length).toBe(wanted.length)
  for (let i = 0; i < wanted.length; i++)
    if (!Object.is(values[i], wanted[i])) throw new Error(`${values[i]} at ${i}, not ${wanted[i]}`)
}

function expectSound(chunks: Chunks, all: readonly SeriesToPack[]) {
  expect([...chunks.keys()].sort((a, b) => a - b)).toEqual(all.map(({ metric }) => metric))
  for (const series of all) {
    expectSame(read(chunks, series), series.values)
    const reference = referenceOf(chunks, series.metric)
    if (reference) expect(referenceOf(chunks, reference.metric)).toBeNull()
    const cells = summariesOfChunk(
      openChunk(chunks.get(series.metric) ?? new Uint8Array(), BLOCK, series.metric),
    )
    if (cells) expect(areSummariesOf(cells, series.times, series.values)).toBeTrue()
  }
}

function makeMachine(seed: number, times = MINUTES): SeriesToPack[] {
  const next = relatedMachine(randomOf(seed))
  const rows = [...times].map(() => next())
  return RELATED.map((_, i) => ({
    metric: i + 1,
    list: 0,
    times,
    values: Float64Array.from(rows, (row) => row[i] ?? 0),
  }))
}

describe('chunks of a block', () => {
  test('refer to another one that says the same, and are shorter by more than a quarter', () => {
    const all = makeMachine(1)
    const chunks = pack(all)
    expectSound(chunks, all)
    const bases = RELATED.map((_, i) => referenceOf(chunks, i + 1)?.metric ?? null)
    expect(bases.filter((base) => base !== null)).toHaveLength(FOLLOWING)
    expect(bases[RELATED.indexOf('memory.percent')]).toBeNull()
    const alone = all.reduce((sum, one) => sum + packChunk(0, one.times, one.values).length + 4, 0)
    const together = [...chunks.values()].reduce((sum, chunk) => sum + chunk.length, 0)
    expect(together / alone).toBeLessThan(0.75)
  })

  test('refer to none with other times', () => {
    const all = makeMachine(2).map((series) => ({ ...series, list: series.metric }))
    const chunks = pack(all)
    expectSound(chunks, all)
    expect(all.every(({ metric }) => referenceOf(chunks, metric) === null)).toBe(true)
  })

  test('are found among hundreds of metrics, in pieces', () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
      .flatMap((seed) => makeMachine(seed, MINUTES.subarray(0, 300)))
      .map((series, i) => ({ ...series, metric: i + 1 }))
    const chunks = pack(all)
    expectSound(chunks, all)
    const referring = all.filter(({ metric }) => referenceOf(chunks, metric) !== null)
    expect(referring.length).toBeGreaterThanOrEqual(16 * (FOLLOWING - 1))
  })

  test('come back bit by bit, however metrics are related', () => {
    const random = randomOf(7)
    const pick = <T>(list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0]
    let references = 0
    let factors = 0
    for (let round = 0; round < 150; round++) {
      const count = pick([1, 2, 60, 200, 700])
      const times = MINUTES.subarray(0, count)
      const scale = pick([1, 10, 100, 1e6])
      const size = pick([3, 100, 1e5, 2 ** 40])
      const base = Float64Array.from(times, () => Math.round((random() - 0.5) * size) / scale)
      const make = (act: (value: number, i: number) => number) => base.map(act)
      const shift = Math.round(random() * 1e6)
      const factor = (random() - 0.5) * pick([1, 1e-3, 1e3])
      const kinds: Float64Array[] = [
        base,
        make((value) => value),
        make((value) => -value),
        make((value) => shift - Math.round(value)),
        make((value) => Math.round(value * factor * 10) / 10),
        make((value) => value * 3 + (random() < 0.1 ? 1 : 0)),
        make((value) => (random() < 0.05 ? value + Math.PI : value)),
        make((value) => (random() < 0.02 ? -0 : value)),
        make((value) => value * Math.E),
        make((_, i) => i * 60),
        make(() => shift),
        make((value) => Math.round(value) * 2 ** pick([0, 8, 20, 48])),
        make(() => pick([Number.MAX_VALUE, Number.MIN_VALUE, -Number.MAX_VALUE, 0.1])),
      ]
      const all = kinds
        .filter((_, i) => i === 0 || random() < 0.8)
        .map((values, i) => ({ metric: i * 200 + 1, list: 0, times, values }))
      // Of one the first samples are missing, as of a metric that began later.
      const later = all.at(-1)
      if (later && count > 2)
        all[all.length - 1] = {
          ...later,
          list: 1,
          times: times.subarray(1),
          values: later.values.subarray(1),
        }
      const chunks = pack(all)
      expectSound(chunks, all)
      for (const { metric } of all) {
        const reference = referenceOf(chunks, metric)
        if (reference) references++
        if (reference && Math.abs(reference.relation.factor) !== 1) factors++
      }
    }
    expect(references).toBeGreaterThan(150)
    expect(factors).toBeGreaterThan(10)
  })

  test('beside a chunk that is damaged or another one end in an error, never in other values', () => {
    const all = makeMachine(3)
    const chunks = pack(all)
    const [follower] = all.filter(({ metric }) => referenceOf(chunks, metric) !== null)
    if (!follower) throw new Error('no chunk refers to another one')
    const base = referenceOf(chunks, follower.metric)?.metric ?? 0
    const packed = chunks.get(base) ?? new Uint8Array()
    for (let bit = 0; bit < packed.length * 8; bit += 7) {
      const damaged = packed.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => read(new Map(chunks).set(base, damaged), follower)).toThrow(/follows from/)
    }
    const others = makeMachine(4)
    const written = pack(others).get(base) ?? new Uint8Array()
    expect(() => read(new Map(chunks).set(base, written), follower)).toThrow(/not there any more/)
    const without = new Map(chunks)
    without.delete(base)
    expect(() => read(without, follower)).toThrow(/are missing/)
  })

  test('whatever bytes a chunk has that refers to another one, it ends in numbers or an error', () => {
    const random = randomOf(11)
    const all = makeMachine(5)
    const chunks = pack(all)
    const { stepsOf } = new ReferredChunks(BLOCK, (other) => chunks.get(other))
    for (const { metric, times } of all) {
      const body = openChunk(chunks.get(metric) ?? new Uint8Array(), BLOCK, metric)
      if (!referenceOfChunk(body)) continue
      for (let round = 0; round < 300; round++) {
        const damaged = body.slice(0, random() < 0.2 ? Math.floor(random() * body.length) : body.length)
        for (let i = 0; i < 3; i++)
          damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256)
        try {
          expect(unpackChunk(damaged, times, stepsOf)).toHaveLength(times.length)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }
    }
  })
})
