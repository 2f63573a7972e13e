import type { Transaction } from '../database/database.ts'
import type { Dialect } from '../database/dialect.ts'

/** Of a leaf that holds nothing yet. */
const LEAF_HEAD_BYTES = 8
/** Of a row in a leaf besides the row itself: where in the page it is. */
const PLACE_BYTES = 2
/** Rows among which those are chosen that fill a page together; more find no better choice. */
const MAX_COMPARED = 32
/**
 * Rows at the end of the table from which the fill of its last page is computed, where it is not remembered.
 */
const LOOKED_AT = 2000

/** The end of the table as the last block has left it: the next id, and the bytes that are free in the last page. */
type TableEnd = { readonly next: number; readonly room: number }

const ends = new WeakMap<Dialect, TableEnd>()

/**
 * The metrics of a block in the order in which their chunks fill pages best, when they are appended under the ids from
 * `first` on. SQLite puts a row into the last page of a table while it fits, so that chunks in any other order leave up to a
 * sixth of each page empty. A database whose dialect has no `pageBytes` gets them in the order of the metrics' ids.
 */
export async function orderChunks(
  transaction: Transaction,
  chunks: ReadonlyMap<number, Uint8Array>,
  first: number,
): Promise<readonly number[]> {
  const metrics = [...chunks.keys()].sort((a, b) => a - b)
  const { dialect } = transaction
  if (dialect.pageBytes === null) return metrics
  const { pageBytes } = dialect
  const capacity = pageBytes - LEAF_HEAD_BYTES
  const room = await findRoom(transaction, first, pageBytes)
  const last = first + metrics.length - 1
  const sizes = metrics.map((metric) => bytesInLeaf(chunks.get(metric)?.length ?? 0, last, pageBytes))
  const order = fillPages(sizes, room, capacity)
  // Of a transaction that is rolled back the next id is another one.
  ends.set(dialect, {
    next: last + 1,
    room: roomBehind(
      order.map((place) => sizes[place] ?? 0),
      room,
      capacity,
    ),
  })
  return order.map((place) => metrics[place] ?? 0)
}

async function findRoom(transaction: Transaction, first: number, pageBytes: number): Promise<number> {
  const end = ends.get(transaction.dialect)
  if (end?.next === first) return end.room
  const rows = await transaction.query<{ bytes: number }>(
    'SELECT LENGTH(packed) AS bytes FROM chunk WHERE id < ? ORDER BY id DESC LIMIT ?',
    [first, LOOKED_AT],
  )
  // The offset of the first of them in its page is not known, and makes no difference some pages further.
  const capacity = pageBytes - LEAF_HEAD_BYTES
  return roomBehind(
    rows.map(({ bytes }) => bytesInLeaf(bytes, first, pageBytes)).reverse(),
    capacity,
    capacity,
  )
}

/**
 * What a row of this id takes of a leaf of the table, whose blob is so long. Of a row that is longer than a
 * page, whole pages are elsewhere; https://www.sqlite.org/fileformat2.html says how much of it that is.
 */
export function bytesInLeaf(blobBytes: number, id: number, pageBytes: number): number {
  // The record is a length, the types of two columns, of which the id takes no byte, and the blob.
  const record = 2 + varintBytes(12 + 2 * blobBytes) + blobBytes
  const head = PLACE_BYTES + varintBytes(record) + varintBytes(id)
  if (record <= pageBytes - 35) return head + record
  const least = Math.floor(((pageBytes - 12) * 32) / 255) - 23
  const kept = least + ((record - least) % (pageBytes - 4))
  return head + (kept <= pageBytes - 35 ? kept : least) + 4
}

function varintBytes(number: number): number {
  let bytes = 1
  for (let rest = number; rest >= 128; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

/** The bytes that are free in the last page behind rows of these sizes, before which it had `room`. */
export function roomBehind(sizes: readonly number[], room: number, capacity: number): number {
  let free = room
  for (const size of sizes) free = (size <= free ? free : capacity) - size
  return free
}

type SizedRow = { readonly size: number; readonly place: number }

/**
 * The places of rows of these sizes, of which none is larger than `capacity`, ordered so that those which
 * come next fill the current page, of which `room` bytes are free, as far as rows can.
 */
export function fillPages(sizes: readonly number[], room: number, capacity: number): number[] {
  const left: SizedRow[] = sizes
    .map((size, place) => ({ size, place }))
    .sort((a, b) => b.size - a.size || a.place - b.place)
  const order: number[] = []
  let free = room
  while (left.length > 0) {
    const start = findFitting(left, free)
    const fitting = left.slice(start, start + MAX_COMPARED)
    if (fitting.length === 0) {
      free = capacity
      continue
    }
    const chosen = chooseRows(fitting, free)
    for (const { place, size } of chosen) {
      order.push(place)
      free -= size
    }
    left.splice(start, fitting.length, ...fitting.filter((row) => !chosen.has(row)))
  }
  return order
}

/** Where those begin that fit, of rows of which the largest come first. */
function findFitting(rows: readonly SizedRow[], room: number): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rows[middle]?.size ?? 0) > room) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Those of the rows, the largest of which come first, that take as much of `room` bytes as any of them can.
 * Where several choices do, it is the one with the largest rows: small ones fill what later pages leave.
 */
function chooseRows(rows: readonly SizedRow[], room: number): ReadonlySet<SizedRow> {
  const words = (room >> 5) + 1
  // Bit `n` of the sums of a row: it and the smaller ones have some that take `n` bytes together.
  const sums = new Uint32Array(words * (rows.length + 1))
  const has = (row: number, sum: number) => ((sums[row * words + (sum >> 5)] ?? 0) >>> (sum & 31)) & 1
  sums[rows.length * words] = 1
  for (let row = rows.length - 1; row >= 0; row--) {
    const size = rows[row]?.size ?? 0
    const [skip, shift] = [size >> 5, size & 31]
    const smaller = (row + 1) * words
    for (let word = 0; word < words; word++) {
      let bits = sums[smaller + word] ?? 0
      if (word >= skip) bits |= (sums[smaller + word - skip] ?? 0) << shift
      if (word > skip && shift > 0) bits |= (sums[smaller + word - skip - 1] ?? 0) >>> (32 - shift)
      sums[row * words + word] = bits
    }
  }
  let rest = room
  while (has(0, rest) === 0) rest--
  const chosen = new Set<SizedRow>()
  for (const [i, row] of rows.entries())
    if (row.size <= rest && has(i + 1, rest - row.size) === 1) {
      chosen.add(row)
      rest -= row.size
    }
  return chosen
}
