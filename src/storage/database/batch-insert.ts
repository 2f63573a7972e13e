import type { Transaction, Value } from './database.ts'

/**
 * Inserts rows in as few statements as the database takes well. `values` holds those of all rows, one row's
 * `width` after the other; `write` is called with a statement's number of rows and its values.
 */
export async function insertInPieces(
  transaction: Transaction,
  width: number,
  values: readonly Value[],
  write: (rows: number, values: readonly Value[]) => Promise<void>,
): Promise<void> {
  const { insertSizes, insertBytes, plainRows } = transaction.dialect
  const isPlain = plainRows !== null && values.every(isPlainValue)
  let at = 0
  while (at < values.length) {
    const left = (values.length - at) / width
    const fits = (size: number) =>
      size === 1 || (size <= left && countBytes(values, at, at + size * width, insertBytes) <= insertBytes)
    const most = isPlain ? Math.min(left, plainRows) : 0
    const size = most > 1 && fits(most) ? most : (insertSizes.find(fits) ?? 1)
    await write(size, values.slice(at, at + size * width))
    at += size * width
  }
}

/** Needs no quotes in a statement. */
export const isPlainValue = (value: Value) =>
  value === null || (typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'object')

/** Stops counting beyond `enough`. */
function countBytes(values: readonly Value[], from: number, to: number, enough: number): number {
  if (enough === Number.POSITIVE_INFINITY) return 0
  let bytes = 0
  for (let i = from; i < to && bytes <= enough; i++) {
    const value = values[i]
    // A character takes four bytes at most; bytes may be written in hexadecimal digits, and a number in 17.
    bytes += typeof value === 'string' ? 4 * value.length : value instanceof Uint8Array ? 2 * value.length : 0
    bytes += 18
  }
  return bytes
}
