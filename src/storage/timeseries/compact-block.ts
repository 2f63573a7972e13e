import { insertInPieces } from '../database/batch-insert.ts'
import { addToCounter, readCounters } from '../database/counters.ts'
import type { Transaction } from '../database/database.ts'
import { placeRows } from '../database/dialect.ts'
import {
  deleteChunks,
  type HeldBlock,
  listOfChunk,
  packChunk,
  packTimes,
  unpackChunk,
  unpackTimes,
} from './blocks.ts'
import { unpackFrame } from './codec/frame.ts'
import { createSeriesBuilder, mergeSeries, type SeriesBuilder } from './codec/series-builder.ts'
import { DAY_SECONDS } from './day.ts'
import type { FrameRow } from './frames.ts'
import { type MetricSetReader, packMetrics } from './metric-sets.ts'

/** Series of one host and day by metric, times as seconds since midnight. */
export type Gathered = Map<number, SeriesBuilder>

/** What becomes of a block. */
export type CompactedBlock = {
  readonly firstTime: number
  readonly lastTime: number
  readonly samples: number
  readonly times: Uint8Array
  /** Packed values by metric: all of the block's, and which of them are not as they were. */
  readonly chunks: ReadonlyMap<number, Uint8Array>
  readonly changed: ReadonlySet<number>
}

/** Adds a frame's values; frames come ascending by time. Its layout must be loaded. Returns how many values it had. */
export function gatherFrame(
  gathered: Gathered,
  { time, packed }: Pick<FrameRow, 'time' | 'packed'>,
  metricSets: MetricSetReader,
): number {
  const { metricSet, values } = unpackFrame(packed, (id) => metricSets.metrics(id).length)
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

/** Pure: the block with what was gathered. `newer` says whose value counts where both have one. */
export function compactBlock(
  day: number,
  gathered: Gathered,
  held: HeldBlock | null,
  newer: 'held' | 'gathered',
): CompactedBlock {
  const oldLists = held ? unpackTimes(held.row.times) : []
  const lists = createLists(oldLists, held ? listsKept(held, gathered) : new Set())
  const chunks = new Map(held?.chunks)
  let samples = held?.row.samples ?? 0
  let first = DAY_SECONDS
  let last = 0
  for (const [metric, builder] of gathered) {
    const series = builder.take()
    const packed = held?.chunks.get(metric)
    const before = packed ? unpackHeld(packed, oldLists) : null
    const merged = !before
      ? series
      : newer === 'held'
        ? mergeSeries(series, before)
        : mergeSeries(before, series)
    samples += merged.times.length - (before?.times.length ?? 0)
    first = Math.min(first, merged.times[0] ?? first)
    last = Math.max(last, merged.times.at(-1) ?? last)
    chunks.set(metric, packChunk(lists.place(merged.times), merged.values))
  }
  const midnight = day * DAY_SECONDS
  return {
    firstTime: Math.min(midnight + first, held?.row.first_time ?? Number.POSITIVE_INFINITY),
    lastTime: Math.max(midnight + last, held?.row.last_time ?? 0),
    samples,
    times: packTimes(lists.all()),
    chunks,
    changed: new Set(gathered.keys()),
  }
}

/**
 * Writes the block over `held`, which must be what the database has just now. `moves` says whether its segments go to the end of
 * their table. Where a whole day's blocks grow they should: those of all hosts then leave whole pages behind, where growing in
 * place would split each. A single block that changes a little should stay: its gap would not be filled again.
 */
export async function saveBlock(
  transaction: Transaction,
  host: number,
  day: number,
  block: CompactedBlock,
  held: HeldBlock | null,
  moves: boolean,
) {
  const metrics = [...block.chunks.keys()].sort((a, b) => a - b)
  const keepsIds = !moves && held?.metrics.length === metrics.length
  const first = keepsIds ? held.row.first_chunk : await takeChunkIds(transaction, metrics.length)
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
  await transaction.run(held ? UPDATE_BLOCK : INSERT_BLOCK, [
    block.firstTime,
    block.lastTime,
    block.samples,
    (held?.row.revision ?? 0) + 1,
    first,
    packMetrics(metrics),
    block.times,
    day,
    host,
  ])
}

const UPDATE_BLOCK = `UPDATE block SET first_time = ?, last_time = ?, samples = ?, revision = ?, first_chunk = ?,
  metrics = ?, times = ? WHERE day = ? AND host = ?`
const INSERT_BLOCK = `INSERT INTO block (first_time, last_time, samples, revision, first_chunk, metrics, times, day, host)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Ids that follow each other; the first of them. */
async function takeChunkIds(transaction: Transaction, count: number): Promise<number> {
  // Changed before it is read: from then on nobody else takes any.
  await addToCounter(transaction, 'next_chunk', count)
  const { next_chunk: next } = await readCounters(transaction)
  return next - count
}

function unpackHeld(packed: Uint8Array, lists: readonly Float64Array[]) {
  const times = lists[listOfChunk(packed)]
  if (!times) throw new Error('a segment names a list of times that its block has not')
  return { times, values: unpackChunk(packed, times) }
}

/** Numbers of the lists that segments keep using which are not written anew. */
function listsKept({ chunks }: HeldBlock, gathered: Gathered): Set<number> {
  const kept = new Set<number>()
  for (const [metric, packed] of chunks) if (!gathered.has(metric)) kept.add(listOfChunk(packed))
  return kept
}

/** Lists of times: one keeps its number while a segment uses it, a new one takes the first free number. */
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
