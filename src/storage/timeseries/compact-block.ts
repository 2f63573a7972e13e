import { insertInPieces } from '../database/batch-insert.ts'
import { addToCounter, readCounters } from '../database/counters.ts'
import type { Transaction } from '../database/database.ts'
import { placeRows } from '../database/dialect.ts'
import {
  deleteSegments,
  type HeldBlock,
  listOfSegment,
  packSegment,
  packTimes,
  unpackSegment,
  unpackTimes,
} from './blocks.ts'
import { unpackFrame } from './codec/frame.ts'
import { createSeriesBuilder, type SeriesBuilder, uniteSeries } from './codec/series-builder.ts'
import { DAY_SECONDS } from './day.ts'
import type { FrameRow } from './frames.ts'
import { type LayoutReader, packMetrics } from './metric-sets.ts'

/** Series of one host and day by metric, times as seconds since midnight. */
export type Gathered = Map<number, SeriesBuilder>

/** What becomes of a block. */
export type FoldedBlock = {
  readonly firstTime: number
  readonly lastTime: number
  readonly samples: number
  readonly times: Uint8Array
  /** Packed values by metric: all of the block's, and which of them are not as they were. */
  readonly segments: ReadonlyMap<number, Uint8Array>
  readonly changed: ReadonlySet<number>
}

/** Adds a frame's values; frames come ascending by time. Its layout must be loaded. Returns how many values it had. */
export function gatherFrame(
  gathered: Gathered,
  { time, packed }: Pick<FrameRow, 'time' | 'packed'>,
  layouts: LayoutReader,
): number {
  const { layout, values } = unpackFrame(packed, (id) => layouts.metrics(id).length)
  const metrics = layouts.metrics(layout)
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
export function foldBlock(
  day: number,
  gathered: Gathered,
  held: HeldBlock | null,
  newer: 'held' | 'gathered',
): FoldedBlock {
  const oldLists = held ? unpackTimes(held.row.times) : []
  const lists = createLists(oldLists, held ? listsKept(held, gathered) : new Set())
  const segments = new Map(held?.segments)
  let samples = held?.row.samples ?? 0
  let first = DAY_SECONDS
  let last = 0
  for (const [metric, builder] of gathered) {
    const series = builder.take()
    const packed = held?.segments.get(metric)
    const before = packed ? unpackHeld(packed, oldLists) : null
    const united = !before
      ? series
      : newer === 'held'
        ? uniteSeries(series, before)
        : uniteSeries(before, series)
    samples += united.times.length - (before?.times.length ?? 0)
    first = Math.min(first, united.times[0] ?? first)
    last = Math.max(last, united.times.at(-1) ?? last)
    segments.set(metric, packSegment(lists.place(united.times), united.values))
  }
  const midnight = day * DAY_SECONDS
  return {
    firstTime: Math.min(midnight + first, held?.row.first_time ?? Number.POSITIVE_INFINITY),
    lastTime: Math.max(midnight + last, held?.row.last_time ?? 0),
    samples,
    times: packTimes(lists.all()),
    segments,
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
  block: FoldedBlock,
  held: HeldBlock | null,
  moves: boolean,
) {
  const metrics = [...block.segments.keys()].sort((a, b) => a - b)
  const keepsIds = !moves && held?.metrics.length === metrics.length
  const first = keepsIds ? held.row.first_segment : await takeSegmentIds(transaction, metrics.length)
  if (held && !keepsIds) await deleteSegments(transaction, held.row)
  const packedOf = (metric: number) => block.segments.get(metric) ?? null
  if (keepsIds) {
    for (const [i, metric] of metrics.entries())
      if (block.changed.has(metric))
        await transaction.run('UPDATE segment SET packed = ? WHERE id = ?', [packedOf(metric), first + i])
  } else {
    const values = metrics.flatMap((metric, i) => [first + i, packedOf(metric)])
    await insertInPieces(transaction, 2, values, async (rows, piece) => {
      await transaction.run(`INSERT INTO segment (id, packed) VALUES ${placeRows(2, rows)}`, piece)
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

const UPDATE_BLOCK = `UPDATE block SET first_time = ?, last_time = ?, samples = ?, revision = ?, first_segment = ?,
  metrics = ?, times = ? WHERE day = ? AND host = ?`
const INSERT_BLOCK = `INSERT INTO block (first_time, last_time, samples, revision, first_segment, metrics, times, day, host)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Ids that follow each other; the first of them. */
async function takeSegmentIds(transaction: Transaction, count: number): Promise<number> {
  // Changed before it is read: from then on nobody else takes any.
  await addToCounter(transaction, 'next_segment', count)
  const { next_segment: next } = await readCounters(transaction)
  return next - count
}

function unpackHeld(packed: Uint8Array, lists: readonly Float64Array[]) {
  const times = lists[listOfSegment(packed)]
  if (!times) throw new Error('a segment names a list of times that its block has not')
  return { times, values: unpackSegment(packed, times) }
}

/** Numbers of the lists that segments keep using which are not written anew. */
function listsKept({ segments }: HeldBlock, gathered: Gathered): Set<number> {
  const kept = new Set<number>()
  for (const [metric, packed] of segments) if (!gathered.has(metric)) kept.add(listOfSegment(packed))
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
