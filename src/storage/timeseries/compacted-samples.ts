import type { Series } from '../../domain/sample.ts'
import { describeError } from '../../lib/log.ts'
import type { Database } from '../database/database.ts'
import {
  type BlockRow,
  constantOfChunk,
  findCompactedDays,
  isSoundBlock,
  listOfChunk,
  openChunk,
  summariesOfChunk,
  unpackChunk,
  unpackTimesOf,
} from './blocks.ts'
import { DamageError } from './codec/checksum.ts'
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

/** Samples in the blocks of hosts. Damaged ones are noted and left out. */
export class CompactedSamples {
  readonly #database: Database
  readonly #note: NoteDamage
  readonly #unpackTimes = rememberTimes()
  readonly #countCells = rememberCounts()
  readonly #unpackIds = rememberMetrics()

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

  /** Calls `take` with each day that has a block, ascending. */
  async eachDay({ host, metrics, from, to }: Wanted, take: (day: CompactedDay) => void): Promise<void> {
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
        (rows) => this.#readChunksOf(rows, metrics),
        { first, last: end },
      )
      for (const [i, block] of blocks.entries()) take(this.#openDay(block, metrics, chunks[i] ?? []))
    }
  }

  #openDay(
    block: BlockRow,
    metrics: readonly number[],
    chunks: readonly (Uint8Array | undefined)[],
  ): CompactedDay {
    const open = <Part>(i: number, act: (body: Uint8Array) => Part): Part | null => {
      const packed = chunks[i]
      if (!packed) return null
      const metric = metrics[i] ?? 0
      try {
        return act(openChunk(packed, block, metric))
      } catch (error) {
        this.#note({ host: block.host, day: block.day, metric, problem: describeError(error) })
        return null
      }
    }
    return {
      midnight: block.day * DAY_SECONDS,
      summarize: (i) => open(i, (body) => summariesOfChunk(body) ?? this.#summarizeConstant(block, body)),
      decode: (i) =>
        open(i, (body) => {
          const times = this.#unpackTimes(block.times, listOfChunk(body))
          return { times, values: unpackChunk(body, times) }
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

  /** Of each block the chunk of each metric, or undefined. */
  async #readChunksOf(blocks: readonly BlockRow[], metrics: readonly number[]) {
    const ids = blocks.map((block) => {
      if (!this.#isReadable(block)) return []
      const places = this.#unpackIds(block.metrics)
      return metrics.map((metric) => {
        const place = places.indexOf(metric)
        return place < 0 ? null : block.first_chunk + place
      })
    })
    const wanted = ids.flat().filter((id) => id !== null)
    const last = wanted.at(-1)
    if (last === undefined) return []
    const filled = Array.from({ length: listLength(wanted.length) }, (_, i) => wanted[i] ?? last)
    const rows = await this.#database.query<{ id: number; packed: Uint8Array }>(
      selectChunks(filled.length),
      filled,
    )
    const byId = new Map(rows.map(({ id, packed }) => [id, packed]))
    return ids.map((places) => places.map((id) => (id === null ? undefined : byId.get(id))))
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
