import type { Series } from '../../domain/sample.ts'
import { describeError } from '../../lib/log.ts'
import { insertInPieces } from '../database/batch-insert.ts'
import { addToCounter, readCounters } from '../database/counters.ts'
import type { Transaction } from '../database/database.ts'
import { placeRows } from '../database/dialect.ts'
import { computeBlockChecksum, deleteChunks, type HeldBlock, packTimes, unpackTimes } from './blocks.ts'
import { orderChunks } from './chunk-order.ts'
import { ChunkPacker } from './chunk-packer.ts'
import { listOfChunk, openChunk, ReferredChunks, referenceOfChunk, sealChunk, unpackChunk } from './chunks.ts'
import { DamageError } from './codec/checksum.ts'
import { unpackFrame } from './codec/frame.ts'
import { refuseReference, type StepsOf } from './codec/numbers.ts'
import { createSeriesBuilder, mergeSeries, type SeriesBuilder } from './codec/series-builder.ts'
import type { NoteDamage } from './damage.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import { NO_SAMPLES } from './merge-by-age.ts'
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
  /** See `may-refer.ts`. */
  readonly mayRefer: boolean
}

/**
 * The block with what was gathered. A held chunk that is damaged is noted; it stays as it is when nothing was
 * gathered for its metric, so that `db check` finds it again, and gives way to what was gathered otherwise.
 */
export function compactBlock(input: CompactionInput, note: NoteDamage): CompactedBlock {
  const { host, day, gathered, held } = input
  const opened = openHeld(held, note)
  const rewritten = listRewritten(opened, gathered)
  const lists = createLists(opened.lists, listsKept(opened, rewritten))
  const chunks = new Map(held?.chunks)
  const changed = new Set(rewritten)
  let samples = 0
  for (const [metric, { body }] of opened.chunks) {
    if (rewritten.has(metric)) continue
    samples += opened.lists[listOfChunk(body)]?.length ?? 0
    if (held?.row.checksum !== null) continue
    chunks.set(metric, sealChunk(body, host, day, metric))
    changed.add(metric)
  }
  let first = DAY_SECONDS
  let last = 0
  const packer = new ChunkPacker(host, day, input.mayRefer)
  for (const metric of rewritten) {
    const before = opened.chunks.has(metric) ? unpackHeld(opened, metric) : null
    const merged = merge(before, gathered.get(metric)?.take() ?? null, input.newer)
    samples += merged.times.length
    first = Math.min(first, merged.times[0] ?? first)
    last = Math.max(last, merged.times.at(-1) ?? last)
    packer.add({ metric, list: lists.place(merged.times), ...merged })
  }
  for (const [metric, chunk] of packer.finish()) chunks.set(metric, chunk)
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

function merge(held: Series | null, gathered: Series | null, newer: CompactionInput['newer']): Series {
  if (!held || !gathered) return held ?? gathered ?? NO_SAMPLES
  return newer === 'held' ? mergeSeries(gathered, held) : mergeSeries(held, gathered)
}

/** The held chunks that can be read. */
type OpenedBlock = {
  readonly lists: readonly Float64Array[]
  readonly chunks: ReadonlyMap<number, { readonly body: Uint8Array; readonly refersTo: number | null }>
  readonly stepsOf: StepsOf
}

/** What was gathered, and what refers to such a metric: its values would mean nothing beside the new ones. */
function listRewritten({ chunks }: OpenedBlock, gathered: Gathered): ReadonlySet<number> {
  const rewritten = new Set(gathered.keys())
  for (const [metric, { refersTo }] of chunks)
    if (refersTo !== null && gathered.has(refersTo)) rewritten.add(metric)
  return rewritten
}

function openHeld(held: HeldBlock | null, note: NoteDamage): OpenedBlock {
  const chunks = new Map<number, { body: Uint8Array; refersTo: number | null }>()
  if (!held) return { lists: [], chunks, stepsOf: refuseReference }
  const { row, metrics } = held
  const lists = unpackTimes(row.times)
  const { stepsOf } = new ReferredChunks(row, (metric) => held.chunks.get(metric))
  for (const metric of metrics) {
    const packed = held.chunks.get(metric)
    try {
      if (!packed) throw new DamageError('its values are missing')
      const body = openChunk(packed, row, metric)
      const reference = referenceOfChunk(body)
      // Values that follow from damaged ones can't be read, and data that gets its first checksum now must not be
      // damaged already, as far as that can be found out.
      if (reference) stepsOf(reference, timesOf(body, lists).length)
      else if (row.checksum === null) unpackChunk(body, timesOf(body, lists))
      chunks.set(metric, { body, refersTo: reference?.metric ?? null })
    } catch (error) {
      note({ host: row.host, day: row.day, metric, problem: describeError(error) })
    }
  }
  return { lists, chunks, stepsOf }
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

function timesOf(body: Uint8Array, lists: readonly Float64Array[]): Float64Array {
  const times = lists[listOfChunk(body)]
  if (!times) throw new DamageError('a chunk names a list of times that its block does not have')
  return times
}

function unpackHeld({ chunks, lists, stepsOf }: OpenedBlock, metric: number): Series {
  const body = chunks.get(metric)?.body
  if (!body) return NO_SAMPLES
  const times = timesOf(body, lists)
  return { times, values: unpackChunk(body, times, stepsOf) }
}

/** Numbers of lists that chunks go on using and that are not written again. */
function listsKept({ chunks }: OpenedBlock, rewritten: ReadonlySet<number>): Set<number> {
  const kept = new Set<number>()
  for (const [metric, { body }] of chunks) if (!rewritten.has(metric)) kept.add(listOfChunk(body))
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
