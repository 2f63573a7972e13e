import type { Reader, Transaction } from '../database/database.ts'
import { type Cursor, createByteWriter, readVarint } from './codec/bytes.ts'
import { computeChecksum, DamageError } from './codec/checksum.ts'
import { decodeNumbers, encodeNumbers } from './codec/numbers.ts'
import type { NoteDamage } from './damage.ts'
import { DAY_SECONDS } from './day.ts'
import { unpackMetrics } from './metric-sets.ts'

/**
 * A compacted day of one host. Chunks share lists of times, because a host reports nearly all of its metrics
 * at once. `block.times` holds the lists; `chunk.packed` a checksum, the number of its list, and one metric's
 * summaries and values.
 *
 * `checksum` covers all other columns of the row. It is null in blocks of schemas that had no checksums; the
 * chunks of such a block begin with the number of the list. Compaction that touches such a block writes all
 * of it in the newer form.
 */
export type BlockRow = {
  readonly host: number
  readonly day: number
  readonly first_time: number
  readonly last_time: number
  readonly samples: number
  readonly revision: number
  readonly first_chunk: number
  readonly metrics: Uint8Array
  readonly times: Uint8Array
  readonly checksum: number | null
}

export const BLOCK_COLUMNS =
  'host, day, first_time, last_time, samples, revision, first_chunk, metrics, times, checksum'

/** A block with its chunks by metric, as they are stored. */
export type HeldBlock = {
  readonly row: BlockRow
  readonly metrics: readonly number[]
  readonly chunks: ReadonlyMap<number, Uint8Array>
}

/** Used again for each row: a graph of years reads thousands. */
const checksumWriter = createByteWriter()

/** The checksum of a row's other columns. */
export function computeBlockChecksum(row: Omit<BlockRow, 'checksum'>): number {
  const writer = checksumWriter
  for (const value of [row.first_time, row.last_time, row.samples, row.revision, row.first_chunk])
    writer.float64(value)
  writer.varint(row.metrics.length)
  writer.bytes(row.metrics)
  writer.bytes(row.times)
  return computeChecksum(writer.take(), row.host, row.day)
}

/**
 * True when the row is what was written. Of rows without a checksum it is only known whether they can be
 * decoded.
 */
export function isSoundBlock(row: BlockRow): boolean {
  // In a damaged page, a column that is never NULL may be it.
  if (!(row.metrics instanceof Uint8Array && row.times instanceof Uint8Array)) return false
  if (row.checksum !== null) return row.checksum === computeBlockChecksum(row)
  try {
    unpackMetrics(row.metrics)
    unpackTimes(row.times)
    return true
  } catch {
    return false
  }
}

/** `lists` are seconds since midnight of the block's day. */
export function packTimes(lists: readonly Float64Array[]): Uint8Array {
  const writer = createByteWriter()
  for (const list of lists) {
    const packed = encodeNumbers(list)
    writer.varint(list.length)
    writer.varint(packed.length)
    writer.bytes(packed)
  }
  return writer.take()
}

export function unpackTimes(packed: Uint8Array): Float64Array[] {
  const cursor = { bytes: packed, at: 0 }
  const lists: Float64Array[] = []
  while (cursor.at < packed.length) lists.push(readList(cursor))
  return lists
}

/** One of the lists, without decoding the others. */
export function unpackTimesOf(packed: Uint8Array, index: number): Float64Array {
  const cursor = { bytes: packed, at: 0 }
  for (let i = 0; i < index; i++) skipList(cursor)
  return readList(cursor)
}

function skipList(cursor: Cursor) {
  readVarint(cursor)
  const length = readVarint(cursor)
  cursor.at += length
}

function readList(cursor: Cursor): Float64Array {
  const count = readVarint(cursor)
  const length = readVarint(cursor)
  if (count > DAY_SECONDS) throw new RangeError('a list of more times than a day has')
  const packed = cursor.bytes.subarray(cursor.at, cursor.at + length)
  if (packed.length < length) throw new RangeError('the list of times ends too early')
  cursor.at += length
  return decodeNumbers(packed, count)
}

const ALL_DAYS = [0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const

/** Days on which the host has a block, ascending. */
export async function listBlockDays(reader: Reader, host: number): Promise<number[]> {
  const rows = await reader.query<{ day: number }>(
    `${reader.dialect.stepThrough('block', 'day')}
      SELECT block.day AS day FROM step JOIN block ON block.day = step.value AND block.host = ?
      ${reader.dialect.stepOrder()}`,
    [...ALL_DAYS, host],
  )
  return rows.map(({ day }) => day)
}

/** Samples in the blocks of a host. */
export async function countBlockSamples(reader: Reader, host: number): Promise<number> {
  const [row] = await reader.query<{ samples: number | null }>(
    `${reader.dialect.stepThrough('block', 'day')}
      SELECT SUM(block.samples) AS samples FROM step JOIN block ON block.day = step.value AND block.host = ?`,
    [...ALL_DAYS, host],
  )
  return Number(row?.samples ?? 0)
}

export async function findBlock(reader: Reader, host: number, day: number): Promise<BlockRow | null> {
  const [row] = await reader.query<BlockRow>(
    `SELECT ${BLOCK_COLUMNS} FROM block WHERE day = ? AND host = ?`,
    [day, host],
  )
  return row ?? null
}

/**
 * With all its chunks, for compacting into it; null when there is none. Nothing in a damaged row can be
 * relied on, not even which chunks belong to it: it is returned as a block without any, and the newly
 * compacted one replaces it.
 */
export async function findHeldBlock(
  reader: Reader,
  host: number,
  day: number,
  note: NoteDamage,
): Promise<HeldBlock | null> {
  const row = await findBlock(reader, host, day)
  if (!row) return null
  if (isSoundBlock(row)) return readChunks(reader, row)
  note({ host, day, metric: null, problem: new DamageError().message })
  const nothing = new Uint8Array()
  return {
    row: {
      ...row,
      first_time: Number.POSITIVE_INFINITY,
      last_time: 0,
      samples: 0,
      first_chunk: 0,
      metrics: nothing,
      times: nothing,
    },
    metrics: [],
    chunks: new Map(),
  }
}

/** Chunks that another process is replacing just now may be missing. */
export async function readChunks(reader: Reader, row: BlockRow): Promise<HeldBlock> {
  const metrics = unpackMetrics(row.metrics)
  const rows = await reader.query<{ id: number; packed: Uint8Array }>(
    'SELECT id, packed FROM chunk WHERE id >= ? AND id < ?',
    [row.first_chunk, row.first_chunk + metrics.length],
  )
  const chunks = new Map<number, Uint8Array>()
  for (const { id, packed } of rows) {
    const metric = metrics[id - row.first_chunk]
    if (metric !== undefined) chunks.set(metric, packed)
  }
  return { row, metrics, chunks }
}

export async function deleteBlock(transaction: Transaction, host: number, day: number) {
  const row = await findBlock(transaction, host, day)
  if (!row) return
  // A damaged row could name chunks of other blocks.
  if (isSoundBlock(row)) await deleteChunks(transaction, row)
  await transaction.run('DELETE FROM block WHERE day = ? AND host = ?', [day, host])
}

export async function deleteChunks(transaction: Transaction, row: Pick<BlockRow, 'first_chunk' | 'metrics'>) {
  const { length } = unpackMetrics(row.metrics)
  await transaction.run('DELETE FROM chunk WHERE id >= ? AND id < ?', [
    row.first_chunk,
    row.first_chunk + length,
  ])
}

/** First and last day of any block. */
export async function findCompactedDays(reader: Reader): Promise<{ first: number; last: number } | null> {
  const [row] = await reader.query<{ first_day: number | null; last_day: number | null }>(
    'SELECT (SELECT MIN(day) FROM block) AS first_day, (SELECT MAX(day) FROM block) AS last_day',
  )
  if (!row || row.first_day === null || row.last_day === null) return null
  return { first: row.first_day, last: row.last_day }
}

/** First and last time in the host's blocks. */
export async function findBlockExtent(reader: Reader, host: number) {
  const [row] = await reader.query<{ first: number | null; last: number | null }>(
    `${reader.dialect.stepThrough('block', 'day')} SELECT MIN(block.first_time) AS first, MAX(block.last_time) AS last
      FROM step JOIN block ON block.day = step.value AND block.host = ?`,
    [...ALL_DAYS, host],
  )
  if (!row || row.first === null || row.last === null) return null
  return { first: row.first, last: row.last }
}
