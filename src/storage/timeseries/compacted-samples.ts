import type { Series } from '../../domain/sample.ts'
import { describeError } from '../../lib/log.ts'
import type { Database } from '../database/database.ts'
import { type BlockRow, findCompactedDays, isSoundBlock, unpackTimesOf } from './blocks.ts'
import {
  constantOfChunk,
  listOfChunk,
  listReferredTo,
  openChunk,
  ReferredChunks,
  summariesOfChunk,
  unpackChunk,
} from './chunks.ts'
import { DamageError } from './codec/checksum.ts'
import { DecodedValues } from './codec/decoded-values.ts'
import { createSeriesBuilder } from './codec/series-builder.ts'
import { type Cells, gatherCells, hoursOfCells } from './codec/summaries.ts'
import { DAYS_AT_ONCE, listLength, readSteadily, statementByLength } from './consistent-read.ts'
import type { NoteDamage } from './damage.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import { unpackMetrics } from './metric-sets.ts'

const selectChunks = statementByLength((ids) => `SELECT id, packed FROM chunk WHERE id IN (${ids})`)

/** Chunks read in one statement, at the most. */
const CHUNKS_AT_ONCE = 512
/** Of so few days blocks are looked for without asking which days have any. */
const DAYS_LOOKED_UP = 8
/** Decoded chunks of a read of more days are not kept: they would take the place of what is read again. */
const DAYS_KEPT = 3

/** Samples of one host from `from` to `to`, both included. */
export type Wanted = {
  readonly host: number
  readonly metrics: readonly number[]
  readonly from: number
  readonly to: number
}

/** A block with the wanted chunks, each with the place of its metric in `Wanted`. */
export type CompactedDay = {
  /** Seconds since 1970. */
  readonly midnight: number
  /** Null when there are none. Nobody changes them. */
  summarize(place: number): Cells | null
  /** Null when there is none. Times are seconds since midnight. */
  decode(place: number): { readonly times: Float64Array; readonly values: Float64Array } | null
}

/** Of these days samples are read; of others the summaries, where there are any. */
export type ReadsSamples = (day: number) => boolean

const ALL_SAMPLES: ReadsSamples = () => true

/** Samples are wanted of a day of which only the summaries were to be read, and another metric has a part of them. */
export class NotReadError extends Error {}

/** Of a block the wanted chunks by place, and by metric those that they refer to. */
type DayOfChunks = {
  readonly wanted: readonly (Uint8Array | undefined)[]
  /** Their numbers. */
  readonly ids: readonly (number | null)[]
  readonly referred: ReadonlyMap<number, Uint8Array>
  /** Whether samples can be read, or only summaries where there are any. */
  readonly hasSamples: boolean
}

const NO_METRICS: readonly number[] = []
/** Stands for a chunk that the block names and that is not there. */
const MISSING = new Uint8Array()
const NO_CHUNKS: ReadonlyMap<number, Uint8Array> = new Map()
const NOTHING: DayOfChunks = { wanted: [], ids: [], referred: NO_CHUNKS, hasSamples: true }

/** Samples in the blocks of hosts. Damaged ones are noted and left out. */
export class CompactedSamples {
  readonly #database: Database
  readonly #note: NoteDamage
  readonly #unpackTimes = rememberTimes()
  readonly #countCells = rememberCounts()
  readonly #unpackIds = rememberMetrics()
  readonly #decoded = new DecodedValues()

  constructor(database: Database, note: NoteDamage) {
    this.#database = database
    this.#note = note
  }

  /** Samples of each metric in the blocks, for any number of days. */
  async read(wanted: Wanted): Promise<Series[]> {
    const { metrics, from, to } = wanted
    const builders = metrics.map(() => createSeriesBuilder(0))
    await this.eachDay(wanted, (day) => {
      for (const [i, builder] of builders.entries()) {
        const decoded = day.decode(i)
        if (decoded)
          builder.addDay({ midnight: day.midnight, offsets: decoded.times, values: decoded.values }, from, to)
      }
    })
    return builders.map((builder) => builder.take())
  }

  /**
   * Calls `take` with each day that has a block, ascending. What `take` throws ends it; decoding a day that `readsSamples`
   * did not name may throw a `NotReadError`.
   */
  async eachDay(
    { host, metrics, from, to }: Wanted,
    take: (day: CompactedDay) => void,
    readsSamples = ALL_SAMPLES,
  ): Promise<void> {
    const days = { first: dayOf(from), last: dayOf(to) }
    const isLong = days.last - days.first >= DAYS_LOOKED_UP
    const known = isLong ? await findCompactedDays(this.#database) : days
    const last = Math.min(days.last, known?.last ?? -1)
    const atOnce = Math.max(1, Math.min(DAYS_AT_ONCE, Math.floor(CHUNKS_AT_ONCE / metrics.length)))
    for (let first = Math.max(days.first, known?.first ?? 0); first <= last; first += atOnce) {
      const end = Math.min(last, first + atOnce - 1)
      const { blocks, more: chunks } = await readSteadily(
        this.#database,
        host,
        // A graph ends with the newest sample.
        (rows) =>
          this.#readChunksOf(
            rows,
            metrics,
            (day) => readsSamples(day) || (end === last && day === rows.at(-1)?.day),
          ),
        { first, last: end },
      )
      const isKept = days.last - days.first < DAYS_KEPT
      for (const [i, block] of blocks.entries())
        take(this.#openDay(block, metrics, chunks[i] ?? NOTHING, isKept))
    }
  }

  #openDay(
    block: BlockRow,
    metrics: readonly number[],
    { wanted, ids, referred, hasSamples }: DayOfChunks,
    isKept: boolean,
  ): CompactedDay {
    const { stepsOf } = new ReferredChunks(block, (metric) => {
      const packed = wanted[metrics.indexOf(metric)] ?? referred.get(metric)
      if (packed === undefined && !hasSamples) throw new NotReadError()
      return packed
    })
    const open = <Part>(i: number, act: (packed: Uint8Array, metric: number) => Part): Part | null => {
      const packed = wanted[i]
      if (!packed) return null
      const metric = metrics[i] ?? 0
      try {
        if (packed === MISSING) throw new DamageError('its values are missing')
        return act(packed, metric)
      } catch (error) {
        if (error instanceof NotReadError) throw error
        this.#note({ host: block.host, day: block.day, metric, problem: describeError(error) })
        return null
      }
    }
    return {
      midnight: block.day * DAY_SECONDS,
      summarize: (i) =>
        open(i, (packed, metric) => {
          const body = openChunk(packed, block, metric)
          return summariesOfChunk(body) ?? this.#summarizeConstant(block, body)
        }),
      decode: (i) =>
        open(i, (packed, metric) => {
          const id = ids[i] ?? 0
          const held = this.#decoded.find(id, packed)
          const body = held?.body ?? openChunk(packed, block, metric)
          const times = this.#unpackTimes(block.times, listOfChunk(body))
          // Values that are all equal are stored as one, however many they are.
          if (held?.values.length === times.length) return { times, values: held.values }
          const values = unpackChunk(body, times, stepsOf)
          if (isKept) this.#decoded.keep(id, { packed, body, values })
          return { times, values }
        }),
    }
  }

  /** Cells of a chunk whose samples all have the same value, of the length that other chunks have there. */
  #summarizeConstant(block: BlockRow, body: Uint8Array): Cells | null {
    const value = constantOfChunk(body)
    if (value === null) return null
    const counted = this.#countCells(this.#unpackTimes(block.times, listOfChunk(body)))
    if (counted === null) return null
    const { seconds, counts } = counted
    const ends = new Float64Array(counts.length).fill(value)
    return { seconds, counts, lows: ends, highs: ends, sums: counts.map((count) => count * value) }
  }

  async #readChunksOf(
    blocks: readonly BlockRow[],
    metrics: readonly number[],
    readsSamples: ReadsSamples,
  ): Promise<readonly DayOfChunks[]> {
    const places = blocks.map((block) =>
      this.#isReadable(block) ? this.#unpackIds(block.metrics) : NO_METRICS,
    )
    const idOf = (block: number, metric: number): number | null => {
      const place = places[block]?.indexOf(metric) ?? -1
      return place < 0 ? null : (blocks[block]?.first_chunk ?? 0) + place
    }
    const ids = blocks.map((_, i) => metrics.map((metric) => idOf(i, metric)))
    const chunks = await this.#readById(ids.flat())
    const days = blocks.map((block, i) => ({
      ids: ids[i] ?? [],
      wanted: (ids[i] ?? []).map((id) => (id === null ? undefined : (chunks.get(id) ?? MISSING))),
      referred: NO_CHUNKS,
      hasSamples: readsSamples(block.day),
    }))
    const missing = days.flatMap(({ wanted, hasSamples }, i) =>
      listReferredTo(wanted, blocks[i], hasSamples).flatMap((metric) => {
        const id = metrics.includes(metric) ? null : idOf(i, metric)
        return id === null ? [] : [{ day: days[i], metric, id }]
      }),
    )
    const more = await this.#readById(missing.map(({ id }) => id))
    for (const { day, metric, id } of missing) {
      const packed = more.get(id)
      if (day && packed) day.referred = new Map(day.referred).set(metric, packed)
    }
    return days
  }

  async #readById(ids: readonly (number | null)[]): Promise<ReadonlyMap<number, Uint8Array>> {
    const wanted = ids.filter((id) => id !== null)
    const last = wanted.at(-1)
    if (last === undefined) return new Map()
    const filled = Array.from({ length: listLength(wanted.length) }, (_, i) => wanted[i] ?? last)
    const rows = await this.#database.query<{ id: number; packed: Uint8Array }>(
      selectChunks(filled.length),
      filled,
    )
    return new Map(rows.map(({ id, packed }) => [id, packed]))
  }

  /** Rows that are damaged name no chunks that could be relied on. */
  #isReadable(row: BlockRow): boolean {
    const isSound = isSoundBlock(row)
    if (!isSound)
      this.#note({ host: row.host, day: row.day, metric: null, problem: new DamageError().message })
    return isSound
  }
}

/** A block's metrics by their places; many days have the same, so the last list is kept. */
function rememberMetrics(): (packed: Uint8Array) => readonly number[] {
  let before: Uint8Array | null = null
  let metrics: readonly number[] = []
  return (packed) => {
    if (before === null || Buffer.compare(packed, before) !== 0) metrics = unpackMetrics(packed)
    before = packed
    return metrics
  }
}

/** Counts the samples of each cell; null where there are too few for cells. */
function rememberCounts(): (times: Float64Array) => Pick<Cells, 'seconds' | 'counts'> | null {
  let before: Float64Array | null = null
  let counted: Cells | null = null
  return (times) => {
    if (times === before) return counted
    const hours = hoursOfCells(times.length)
    counted = hours === undefined ? null : gatherCells(times, new Float64Array(times.length), hours)
    before = times
    return counted
  }
}

type UnpackTimes = (packed: Uint8Array, list: number) => Float64Array

/** Decodes lists of times; most days and hosts have the same, so the last one is kept. Nobody changes it. */
function rememberTimes(): UnpackTimes {
  let packedBefore: Uint8Array | null = null
  let listBefore = -1
  let times: Float64Array = new Float64Array()
  return (packed, list) => {
    const same = packedBefore && list === listBefore && Buffer.compare(packed, packedBefore) === 0
    if (!same) times = unpackTimesOf(packed, list)
    packedBefore = packed
    listBefore = list
    return times
  }
}
