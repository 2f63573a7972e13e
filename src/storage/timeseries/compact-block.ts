import { describeError } from '../../lib/log.ts'
import { insertInPieces } from '../database/batch-insert.ts'
import { addToCounter, readCounters } from '../database/counters.ts'
import type { Transaction } from '../database/database.ts'
import { placeRows } from '../database/dialect.ts'
import {
  computeBlockChecksum,
  deleteChunks,
  type HeldBlock,
  listOfChunk,
  openChunk,
  packChunk,
  packTimes,
  sealChunk,
  unpackChunk,
  unpackTimes,
} from './blocks.ts'
import { orderChunks } from './chunk-order.ts'
import { DamageError } from './codec/checksum.ts'
import { unpackFrame } from './codec/frame.ts'
import { createSeriesBuilder, mergeSeries, type SeriesBuilder } from './codec/series-builder.ts'
import type { NoteDamage } from './damage.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import { type MetricSetReader, packMetrics } from './metric-sets.ts'

/** Series of one host and day by metric, times as seconds since midnight. */
export type Gathered = Map<number, SeriesBuilder>

/** The new content of a block. */
export type CompactedBlock = {
  readonly firstTime: number
  readonly lastTime: number
  readonly samples: number
  readonly times: Uint8Array
  /** Chunks by metric as they are stored: all of the block's, and which of them are not as they were. */
  readonly chunks: ReadonlyMap<number, Uint8Array>
  readonly changed: ReadonlySet<number>
}

/**
 * Adds an opened frame's values; frames are added ascending by time. Its metric set must be loaded. Returns
 * how many values it had: none when they can't be decoded, which is noted.
 */
export function gatherFrame(
  gathered: Gathered,
  { host, time, body }: { readonly host: number; readonly time: number; readonly body: Uint8Array },
  metricSets: MetricSetReader,
  note: NoteDamage,
): number {
  const frame = tryUnpackFrame(body, metricSets)
  if (typeof frame === 'string') {
    note({ host, day: dayOf(time), metric: null, problem: frame })
    return 0
  }
  const { metricSet, values } = frame
  const metrics = metricSets.metrics(metricSet)
  const offset = time % DAY_SECONDS
  let count = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    const metric = metrics[i]
    if (value === null || value === undefined || metric === undefined) continue
    let builder = gathered.get(metric)
    if (!builder) {
      builder = createSeriesBuilder(64)
      gathered.set(metric, builder)
    }
    builder.add(offset, value)
    count++
  }
  return count
}

/** The problem of a frame that can't be decoded. */
function tryUnpackFrame(body: Uint8Array, metricSets: MetricSetReader) {
  try {
    return unpackFrame(body, (id) => metricSets.metrics(id).length)
  } catch (error) {
    return describeError(error)
  }
}

/** A block to compact into: `newer` decides whose value counts where both have one. */
export type CompactionInput = {
  readonly host: number
  readonly day: number
  readonly gathered: Gathered
  readonly held: HeldBlock | null
  readonly newer: 'held' | 'gathered'
}

/**
 * The block with what was gathered. A held chunk that is damaged is noted; it stays as it is when nothing was
 * gathered for its metric, so that `db check` finds it again, and gives way to what was gathered otherwise.
 */
export function compactBlock(input: CompactionInput, note: NoteDamage): CompactedBlock {
  const { host, day, gathered, held } = input
  const bodies = openHeld(held, note)
  const oldLists = held ? unpackTimes(held.row.times) : []
  const lists = createLists(oldLists, listsKept(bodies, gathered))
  const chunks = new Map(held?.chunks)
  const changed = new Set(gathered.keys())
  let samples = 0
  for (const [metric, body] of bodies) {
    if (gathered.has(metric)) continue
    samples += oldLists[listOfChunk(body)]?.length ?? 0
    if (held?.row.checksum !== null) continue
    chunks.set(metric, sealChunk(body, host, day, metric))
    changed.add(metric)
  }
  let first = DAY_SECONDS
  let last = 0
  for (const [metric, builder] of gathered) {
    const series = builder.take()
    const body = bodies.get(metric)
    const before = body ? unpackHeld(body, oldLists) : null
    const merged = !before
      ? series
      : input.newer === 'held'
        ? mergeSeries(series, before)
        : mergeSeries(before, series)
    samples += merged.times.length
    first = Math.min(first, merged.times[0] ?? first)
    last = Math.max(last, merged.times.at(-1) ?? last)
    const list = lists.place(merged.times)
    chunks.set(metric, sealChunk(packChunk(list, merged.times, merged.values), host, day, metric))
  }
  const midnight = day * DAY_SECONDS
  return {
    firstTime: Math.min(midnight + first, held?.row.first_time ?? Number.POSITIVE_INFINITY),
    lastTime: Math.max(midnight + last, held?.row.last_time ?? 0),
    samples,
    times: packTimes(lists.all()),
    chunks,
    changed,
  }
}

/** The held chunks that can be read, without their checksums. */
function openHeld(held: HeldBlock | null, note: NoteDamage): Map<number, Uint8Array> {
  const bodies = new Map<number, Uint8Array>()
  if (!held) return bodies
  const { row, metrics, chunks } = held
  const lists = row.checksum === null ? unpackTimes(row.times) : []
  for (const metric of metrics) {
    const packed = chunks.get(metric)
    try {
      if (!packed) throw new DamageError('its values are missing')
      const body = openChunk(packed, row, metric)
      // Data that gets its first checksum now must not be damaged already, as far as that can be found out.
      if (row.checksum === null) unpackHeld(body, lists)
      bodies.set(metric, body)
    } catch (error) {
      note({ host: row.host, day: row.day, metric, problem: describeError(error) })
    }
  }
  return bodies
}

export type BlockToSave = {
  readonly host: number
  readonly day: number
  readonly block: CompactedBlock
  readonly held: HeldBlock | null
  readonly moves: boolean
}

/**
 * Writes the block over `held`, which must be the block that the database has now. `moves` decides whether
 * its chunks go to the end of their table. Where a whole day's blocks grow they should: those of all hosts
 * then leave whole pages free, where growing in place would split each. A single block that changes a little
 * should stay: its gap would not be filled again.
 */
export async function saveBlock(transaction: Transaction, { host, day, block, held, moves }: BlockToSave) {
  const isSame =
    held?.metrics.length === block.chunks.size && held.metrics.every((one) => block.chunks.has(one))
  const keepsIds = !moves && isSame
  const first = keepsIds ? held.row.first_chunk : await takeChunkIds(transaction, block.chunks.size)
  const metrics = keepsIds ? held.metrics : await orderChunks(transaction, block.chunks, first)
  if (held && !keepsIds) await deleteChunks(transaction, held.row)
  const packedOf = (metric: number) => block.chunks.get(metric) ?? null
  if (keepsIds) {
    for (const [i, metric] of metrics.entries())
      if (block.changed.has(metric))
        await transaction.run('UPDATE chunk SET packed = ? WHERE id = ?', [packedOf(metric), first + i])
  } else {
    const values = metrics.flatMap((metric, i) => [first + i, packedOf(metric)])
    await insertInPieces(transaction, 2, values, async (rows, piece) => {
      await transaction.run(`INSERT INTO chunk (id, packed) VALUES ${placeRows(2, rows)}`, piece)
    })
  }
  const row = {
    host,
    day,
    first_time: block.firstTime,
    last_time: block.lastTime,
    samples: block.samples,
    revision: (held?.row.revision ?? 0) + 1,
    first_chunk: first,
    metrics: packMetrics(metrics),
    times: block.times,
  }
  await transaction.run(held ? UPDATE_BLOCK : INSERT_BLOCK, [
    row.first_time,
    row.last_time,
    row.samples,
    row.revision,
    row.first_chunk,
    row.metrics,
    row.times,
    computeBlockChecksum(row),
    row.day,
    row.host,
  ])
}

const UPDATE_BLOCK = `UPDATE block SET first_time = ?, last_time = ?, samples = ?, revision = ?, first_chunk = ?,
  metrics = ?, times = ?, checksum = ? WHERE day = ? AND host = ?`
const INSERT_BLOCK = `INSERT INTO block (first_time, last_time, samples, revision, first_chunk, metrics, times, checksum,
  day, host) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Ids that follow each other; the first of them. */
async function takeChunkIds(transaction: Transaction, count: number): Promise<number> {
  // Changed before it is read: from then on no other process takes any.
  await addToCounter(transaction, 'next_chunk', count)
  const { next_chunk: next } = await readCounters(transaction)
  return next - count
}

function unpackHeld(body: Uint8Array, lists: readonly Float64Array[]) {
  const times = lists[listOfChunk(body)]
  if (!times) throw new DamageError('a chunk names a list of times that its block does not have')
  return { times, values: unpackChunk(body, times) }
}

/** Numbers of lists that chunks go on using and that are not written again. */
function listsKept(bodies: ReadonlyMap<number, Uint8Array>, gathered: Gathered): Set<number> {
  const kept = new Set<number>()
  for (const [metric, body] of bodies) if (!gathered.has(metric)) kept.add(listOfChunk(body))
  return kept
}

/** Lists of times: one keeps its number while a chunk uses it, a new one takes the first free number. */
function createLists(old: readonly Float64Array[], kept: ReadonlySet<number>) {
  const lists = old.map((list, number) => (kept.has(number) ? list : null))
  return {
    place(times: Float64Array): number {
      const same = lists.findIndex((list) => list !== null && sameTimes(list, times))
      if (same >= 0) return same
      const free = lists.indexOf(null)
      const number = free >= 0 ? free : lists.length
      lists[number] = times
      return number
    },
    all: () => lists.map((list) => list ?? new Float64Array()),
  }
}

function sameTimes(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
