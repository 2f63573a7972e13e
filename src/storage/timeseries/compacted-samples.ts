import type { Series } from '../../domain/sample.ts'
import { describeError } from '../../lib/log.ts'
import type { Database } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import {
  type BlockRow,
  findCompactedDays,
  isSoundBlock,
  listOfChunk,
  openChunk,
  readChunks,
  unpackChunk,
  unpackTimesOf,
} from './blocks.ts'
import { DamageError } from './codec/checksum.ts'
import { createSeriesBuilder } from './codec/series-builder.ts'
import { DAYS_AT_ONCE, listLength, readSteadily } from './consistent-read.ts'
import type { NoteDamage } from './damage.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import { unpackMetrics } from './metric-sets.ts'

const selectChunks = (count: number) => `SELECT id, packed FROM chunk WHERE id IN (${placeValues(count)})`

/** What the blocks of hosts have. Samples that are damaged are noted and left out. */
export class CompactedSamples {
  readonly #database: Database
  readonly #note: NoteDamage

  constructor(database: Database, note: NoteDamage) {
    this.#database = database
    this.#note = note
  }

  /** What the blocks have of one metric, as many days as you like. */
  async readOne(host: number, metric: number, from: number, to: number): Promise<Series> {
    const series = createSeriesBuilder(1024)
    const days = await findCompactedDays(this.#database)
    const last = Math.min(dayOf(to), days?.last ?? -1)
    const unpack = rememberTimes()
    for (let day = Math.max(dayOf(from), days?.first ?? 0); day <= last; day += DAYS_AT_ONCE) {
      const { blocks, more: chunks } = await readSteadily(this.#database, host, day, last, (rows) =>
        this.#readChunksOf(rows, metric),
      )
      for (const [i, block] of blocks.entries()) {
        const day = this.#decodeChunk(block, metric, chunks[i], unpack)
        if (day) series.addDay(block.day * DAY_SECONDS, day.times, day.values, from, to)
      }
    }
    return series.take()
  }

  /** What the blocks have of many metrics, each block read once. */
  async readMany(host: number, metrics: readonly number[], from: number, to: number) {
    const builders = new Map(metrics.map((metric) => [metric, createSeriesBuilder(0)]))
    const days = await findCompactedDays(this.#database)
    const last = Math.min(dayOf(to), days?.last ?? -1)
    const unpack = rememberTimes()
    for (let day = Math.max(dayOf(from), days?.first ?? 0); day <= last; day++) {
      const { more: block } = await readSteadily(this.#database, host, day, day, async ([row]) =>
        row && this.#isReadable(row) ? readChunks(this.#database, row) : null,
      )
      if (!block) continue
      for (const [metric, packed] of block.chunks) {
        const builder = builders.get(metric)
        if (!builder) continue
        const decoded = this.#decodeChunk(block.row, metric, packed, unpack)
        if (decoded) builder.addDay(day * DAY_SECONDS, decoded.times, decoded.values, from, to)
      }
    }
    return metrics.map(
      (metric) => builders.get(metric)?.take() ?? { times: new Float64Array(), values: new Float64Array() },
    )
  }

  /** Each block's chunk of the metric, or undefined. */
  async #readChunksOf(blocks: readonly BlockRow[], metric: number) {
    const ids = blocks.map((block) => {
      if (!this.#isReadable(block)) return null
      const place = unpackMetrics(block.metrics).indexOf(metric)
      return place < 0 ? null : block.first_chunk + place
    })
    const wanted = ids.filter((id) => id !== null)
    const last = wanted.at(-1)
    if (last === undefined) return []
    const filled = Array.from({ length: listLength(wanted.length) }, (_, i) => wanted[i] ?? last)
    const rows = await this.#database.query<{ id: number; packed: Uint8Array }>(
      selectChunks(filled.length),
      filled,
    )
    const byId = new Map(rows.map(({ id, packed }) => [id, packed]))
    return ids.map((id) => (id === null ? undefined : byId.get(id)))
  }

  /** Null when there is none, or when it is damaged, which is noted. */
  #decodeChunk(block: BlockRow, metric: number, packed: Uint8Array | undefined, unpack: UnpackTimes) {
    if (!packed) return null
    try {
      const body = openChunk(packed, block, metric)
      const times = unpack(block.times, listOfChunk(body))
      return { times, values: unpackChunk(body, times) }
    } catch (error) {
      this.#note({ host: block.host, day: block.day, metric, problem: describeError(error) })
      return null
    }
  }

  /** Rows that are damaged name no chunks that could be relied on. */
  #isReadable(row: BlockRow): boolean {
    const isSound = isSoundBlock(row)
    if (!isSound)
      this.#note({ host: row.host, day: row.day, metric: null, problem: new DamageError().message })
    return isSound
  }
}

type UnpackTimes = (packed: Uint8Array, list: number) => Float64Array

/** Decodes lists of times; most days have the same, so the last one is kept. */
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
