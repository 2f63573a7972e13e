import type { Transaction } from '../database/database.ts'
import type { Dialect } from '../database/dialect.ts'

/** Of a row in a leaf besides its blob: its place, the lengths of row and blob, its id and two types. */
const ROW_BYTES = 11
/** Of a leaf that holds nothing yet. */
const LEAF_HEAD_BYTES = 8
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
  const capacity = dialect.pageBytes - LEAF_HEAD_BYTES
  const room = await findRoom(transaction, first, capacity)
  const sizes = metrics.map((metric) => (chunks.get(metric)?.length ?? 0) + ROW_BYTES)
  const order = fillPages(sizes, room, capacity)
  // Of a transaction that is rolled back the next id is another one.
  ends.set(dialect, {
    next: first + metrics.length,
    room: roomBehind(
      order.map((place) => sizes[place] ?? 0),
      room,
      capacity,
    ),
  })
  return order.map((place) => metrics[place] ?? 0)
}

async function findRoom(transaction: Transaction, first: number, capacity: number): Promise<number> {
  const end = ends.get(transaction.dialect)
  if (end?.next === first) return end.room
  const rows = await transaction.query<{ bytes: number }>(
    'SELECT LENGTH(packed) AS bytes FROM chunk WHERE id < ? ORDER BY id DESC LIMIT ?',
    [first, LOOKED_AT],
  )
  // The offset of the first of them in its page is not known, and makes no difference some pages further.
  return roomBehind(rows.map(({ bytes }) => bytes + ROW_BYTES).reverse(), capacity, capacity)
}

/** The bytes that are free in the last page behind rows of these sizes, before which it had `room`. */
export function roomBehind(sizes: readonly number[], room: number, capacity: number): number {
  let free = room
  for (const size of sizes) free = Math.max(0, (size <= free ? free : capacity) - size)
  return free
}

/**
 * The places of rows of these sizes, ordered so that each row is the largest that still fits in the current
 * page, of which `room` bytes are free.
 */
export function fillPages(sizes: readonly number[], room: number, capacity: number): number[] {
  const left = sizes
    .map((size, place) => ({ size, place }))
    .sort((a, b) => a.size - b.size || b.place - a.place)
  const order: number[] = []
  let free = room
  while (left.length > 0) {
    let at = findLargest(left, free)
    if (at < 0) {
      free = capacity
      at = Math.max(0, findLargest(left, free))
    }
    const [next] = left.splice(at, 1)
    if (next === undefined) break
    order.push(next.place)
    free = Math.max(0, free - next.size)
  }
  return order
}

/**
 * The index of the largest row of at most `most` bytes among rows by ascending size; -1 where there is none.
 */
function findLargest(rows: readonly { readonly size: number }[], most: number): number {
  let from = 0
  let to = rows.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((rows[middle]?.size ?? 0) <= most) from = middle + 1
    else to = middle
  }
  return from - 1
}
