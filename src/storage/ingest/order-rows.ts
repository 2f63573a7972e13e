import type { Value } from '../database/database.ts'
import type { FrameTable } from '../timeseries/frames.ts'

/** Columns of one row, in the order of its values. */
export const FRAME_COLUMNS = ['time', 'host', 'samples', 'packed']

const WIDTH = FRAME_COLUMNS.length
const TIME = 0
const HOST = 1

/**
 * The rows of frames, the values of `FRAME_COLUMNS` one row after the other, in the order of the table's key; those of the
 * same key stay in their order. Agents that send what has waited fill a commit host by host, and the table is ordered by
 * time: in any other order nearly every row would lie on another page than the one before it.
 */
export function orderRows(table: FrameTable, rows: readonly Value[]): readonly Value[] {
  const [major, minor] = table === 'frame' ? [TIME, HOST] : [HOST, TIME]
  const keys = listKeys(rows, major, minor)
  if (keys === null) return rows
  keys.sort()
  const ordered: Value[] = new Array(rows.length)
  for (let to = 0; to < keys.length; to++) {
    const key = keys[to] ?? 0
    const from = (key - Math.floor(key / keys.length) * keys.length) * WIDTH
    for (let i = 0; i < WIDTH; i++) ordered[to * WIDTH + i] = rows[from + i] ?? null
  }
  return ordered
}

/** A number for each row that says its place by the key and then by its place now; null when it may stay as it is. */
function listKeys(rows: readonly Value[], major: number, minor: number): Float64Array | null {
  const count = rows.length / WIDTH
  const read = (row: number, column: number) => rows[row * WIDTH + column] as number
  let isOrdered = true
  const first = { major: read(0, major), minor: read(0, minor) }
  const last = { ...first }
  for (let row = 1; row < count; row++) {
    const [a, b] = [read(row, major), read(row, minor)]
    const step = a - read(row - 1, major)
    if (step < 0 || (step === 0 && b < read(row - 1, minor))) isOrdered = false
    if (a < first.major) first.major = a
    if (a > last.major) last.major = a
    if (b < first.minor) first.minor = b
    if (b > last.minor) last.minor = b
  }
  const span = last.minor - first.minor + 1
  // Beyond that a double is no whole number any more. A day of a million hosts is far below.
  const isExact = (last.major - first.major + 1) * span * count <= Number.MAX_SAFE_INTEGER
  if (isOrdered || !isExact) return null
  const keys = new Float64Array(count)
  for (let row = 0; row < count; row++)
    keys[row] = ((read(row, major) - first.major) * span + read(row, minor) - first.minor) * count + row
  return keys
}
