import type { Series } from '../../domain/sample.ts'
import { describeError } from '../../lib/log.ts'
import type { Database } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { SampleStore } from '../ports/store.ts'
import {
  type BlockRow,
  findBlockExtent,
  findCompactedDays,
  isSoundBlock,
  listOfChunk,
  openChunk,
  readChunks,
  unpackChunk,
  unpackTimesOf,
} from './blocks.ts'
import { DamageError } from './codec/checksum.ts'
import { readMetricSet, unpackColumns } from './codec/frame.ts'
import { createSeriesBuilder, mergeSeries } from './codec/series-builder.ts'
import { DAYS_AT_ONCE, listLength, readSteadily } from './consistent-read.ts'
import { type NoteDamage, openFrames } from './damage.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import { type FrameRow, findLastFrame, findLateExtent, readFrames, readLateFrames } from './frames.ts'
import { type MetricSetReader, unpackMetrics } from './metric-sets.ts'

const NO_SAMPLES: Series = { times: new Float64Array(), values: new Float64Array() }
/** Metrics asked for at once. */
const MAX_RANGES = 200

const selectChunks = (count: number) => `SELECT id, packed FROM chunk WHERE id IN (${placeValues(count)})`

/** Samples that are damaged are noted and left out. */
export function createSampleStore(
  database: Database,
  metricSets: MetricSetReader,
  note: NoteDamage,
): SampleStore {
  async function findHost(name: string): Promise<number | null> {
    const [row] = await database.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [name])
    return row?.id ?? null
  }

  async function findMetric(name: string): Promise<number | null> {
    const [row] = await database.query<{ id: number }>('SELECT id FROM metric WHERE name = ?', [name])
    return row?.id ?? null
  }

  /** What the frames have of the metrics, each frame read once. */
  async function readHot(host: number, metrics: readonly number[], from: number, to: number) {
    return columnsOf(await readFrames(database, host, from, to), host, metrics)
  }

  async function readLate(host: number, metrics: readonly number[], from: number, to: number) {
    return columnsOf(await readLateFrames(database, host, from, to), host, metrics)
  }

  async function columnsOf(rows: readonly FrameRow[], host: number, metrics: readonly number[]) {
    const frames = openFrames(rows, host, note)
    await metricSets.load(database, new Set(frames.map(({ body }) => readMetricSet(body))))
    const builders = metrics.map(() => createSeriesBuilder(rows.length))
    const known = new Map<number, number[]>()
    for (const { time, body } of frames) {
      const metricSet = readMetricSet(body)
      let columns = known.get(metricSet)
      if (!columns) {
        columns = metrics.map((metric) => metricSets.column(metricSet, metric))
        known.set(metricSet, columns)
      }
      const values = unpackColumns(body, columns)
      for (let i = 0; i < values.length; i++) {
        const value = values[i]
        if (value !== null && value !== undefined) builders[i]?.add(time, value)
      }
    }
    return builders.map((builder) => builder.take())
  }

  /** What the blocks have of one metric, as many days as you like. */
  async function readCompacted(host: number, metric: number, from: number, to: number): Promise<Series> {
    const series = createSeriesBuilder(1024)
    const days = await findCompactedDays(database)
    const last = Math.min(dayOf(to), days?.last ?? -1)
    const unpack = rememberTimes()
    for (let day = Math.max(dayOf(from), days?.first ?? 0); day <= last; day += DAYS_AT_ONCE) {
      const { blocks, more: chunks } = await readSteadily(database, host, day, last, (rows) =>
        readChunksOf(rows, metric),
      )
      for (const [i, block] of blocks.entries()) {
        const day = decodeChunk(block, metric, chunks[i], unpack)
        if (day) series.addDay(block.day * DAY_SECONDS, day.times, day.values, from, to)
      }
    }
    return series.take()
  }

  /** Null when there is none, or when it is damaged, which is noted. */
  function decodeChunk(block: BlockRow, metric: number, packed: Uint8Array | undefined, unpack: UnpackTimes) {
    if (!packed) return null
    try {
      const body = openChunk(packed, block, metric)
      const times = unpack(block.times, listOfChunk(body))
      return { times, values: unpackChunk(body, times) }
    } catch (error) {
      note({ host: block.host, day: block.day, metric, problem: describeError(error) })
      return null
    }
  }

  /** Rows that are damaged name no chunks that could be relied on. */
  function isReadable(row: BlockRow): boolean {
    const isSound = isSoundBlock(row)
    if (!isSound) note({ host: row.host, day: row.day, metric: null, problem: new DamageError().message })
    return isSound
  }

  /** Each block's chunk of the metric, or undefined. */
  async function readChunksOf(blocks: readonly BlockRow[], metric: number) {
    const ids = blocks.map((block) => {
      if (!isReadable(block)) return null
      const place = unpackMetrics(block.metrics).indexOf(metric)
      return place < 0 ? null : block.first_chunk + place
    })
    const wanted = ids.filter((id) => id !== null)
    const last = wanted.at(-1)
    if (last === undefined) return []
    const filled = Array.from({ length: listLength(wanted.length) }, (_, i) => wanted[i] ?? last)
    const rows = await database.query<{ id: number; packed: Uint8Array }>(selectChunks(filled.length), filled)
    const byId = new Map(rows.map(({ id, packed }) => [id, packed]))
    return ids.map((id) => (id === null ? undefined : byId.get(id)))
  }

  /** What the blocks have of many metrics, each block read once. */
  async function readCompactedDays(host: number, metrics: readonly number[], from: number, to: number) {
    const builders = new Map(metrics.map((metric) => [metric, createSeriesBuilder(0)]))
    const days = await findCompactedDays(database)
    const last = Math.min(dayOf(to), days?.last ?? -1)
    const unpack = rememberTimes()
    for (let day = Math.max(dayOf(from), days?.first ?? 0); day <= last; day++) {
      const { more: block } = await readSteadily(database, host, day, day, async ([row]) =>
        row && isReadable(row) ? readChunks(database, row) : null,
      )
      if (!block) continue
      for (const [metric, packed] of block.chunks) {
        const builder = builders.get(metric)
        if (!builder) continue
        const decoded = decodeChunk(block.row, metric, packed, unpack)
        if (decoded) builder.addDay(day * DAY_SECONDS, decoded.times, decoded.values, from, to)
      }
    }
    return metrics.map((metric) => builders.get(metric)?.take() ?? NO_SAMPLES)
  }

  return {
    async range(host, metric, from, to) {
      const hostId = await findHost(host)
      const metricId = await findMetric(metric)
      if (hostId === null || metricId === null || from > to) return NO_SAMPLES
      // The blocks last: what is compacted between the readings is then met twice, not missed.
      const [hot] = await readHot(hostId, [metricId], from, to)
      const [late] = await readLate(hostId, [metricId], from, to)
      const compacted = await readCompacted(hostId, metricId, from, to)
      return merge(hot, compacted, late)
    },

    async ranges(host, metrics, from, to) {
      if (metrics.length > MAX_RANGES) throw new RangeError(`at most ${MAX_RANGES} metrics at once`)
      const found = new Map<string, Series>()
      const hostId = await findHost(host)
      if (hostId === null || from > to) return found
      const ids = new Map<string, number>()
      for (const metric of metrics) {
        const id = await findMetric(metric)
        if (id !== null) ids.set(metric, id)
      }
      const metricIds = [...ids.values()]
      const hot = await readHot(hostId, metricIds, from, to)
      const late = await readLate(hostId, metricIds, from, to)
      const compacted = await readCompactedDays(hostId, metricIds, from, to)
      let i = 0
      for (const metric of ids.keys()) {
        const series = merge(hot[i], compacted[i], late[i])
        if (series.times.length > 0) found.set(metric, series)
        i++
      }
      return found
    },

    async extent(host) {
      const id = await findHost(host)
      if (id === null) return null
      const [firstFrame] = await readFrames(database, id, 0, Number.MAX_SAFE_INTEGER, 1)
      const lastFrame = await findLastFrame(database, id, 0, Number.MAX_SAFE_INTEGER)
      const late = await findLateExtent(database, id)
      const blocks = await findBlockExtent(database, id)
      const ends = [firstFrame?.time, lastFrame?.time, late?.first, late?.last, blocks?.first, blocks?.last]
      const times = ends.filter((time) => time !== undefined)
      return times.length === 0 ? null : { first: Math.min(...times), last: Math.max(...times) }
    },
  }
}

/** A frame is older than what was compacted from it, and that is older than what came late. */
function merge(hot = NO_SAMPLES, compacted = NO_SAMPLES, late = NO_SAMPLES): Series {
  return mergeSeries(mergeSeries(hot, compacted), late)
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
