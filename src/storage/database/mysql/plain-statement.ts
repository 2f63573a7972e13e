import type { Value } from '../database.ts'

/** Below, a prepared statement costs no more, and is the same again and again. */
const LEAST_VALUES = 16

const VALUES = ' VALUES '

const JOINED_UPDATE = /^UPDATE \(SELECT /

/**
 * The text of an INSERT IGNORE, or of an UPDATE of rows that it lists itself, with the values written out, where these are
 * whole numbers, bytes and NULL alone, which need no quotes; null for every other statement. As parameters of a prepared
 * statement the values of frames took more than a third of the processor time of storing them.
 */
export function writePlainStatement(sql: string, values: readonly Value[]): string | null {
  // Parameters in a list of rows have no type, so bytes would be taken for text.
  if (JOINED_UPDATE.test(sql)) return writeInPlaces(sql, values)
  return values.length >= LEAST_VALUES && sql.startsWith('INSERT IGNORE') ? writeInsert(sql, values) : null
}

function writeInsert(sql: string, values: readonly Value[]): string | null {
  const head = sql.indexOf(VALUES) + VALUES.length
  const width = countPlaces(sql, head)
  if (width === 0 || values.length % width !== 0) return null
  let text = sql.slice(0, head)
  for (let row = 0; row < values.length; row += width) {
    text += row === 0 ? '(' : '),('
    for (let i = row; i < row + width; i++) {
      const word = writeValue(values[i])
      if (word === null) return null
      text += i === row ? word : `,${word}`
    }
  }
  return `${text})`
}

/** The statement holds no text with a question mark. */
function writeInPlaces(sql: string, values: readonly Value[]): string | null {
  let text = ''
  let at = 0
  for (const value of values) {
    const place = sql.indexOf('?', at)
    const word = writeValue(value)
    if (place < 0 || word === null) return null
    text += sql.slice(at, place) + word
    at = place + 1
  }
  return text + sql.slice(at)
}

function writeValue(value: Value | undefined): string | number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null
  if (value instanceof Uint8Array) return `x'${value.toHex()}'`
  return value === null ? 'NULL' : null
}

/** How many `?` the first row has. */
function countPlaces(sql: string, head: number): number {
  const end = sql.indexOf(')', head)
  let count = 0
  for (let at = sql.indexOf('?', head); at >= 0 && at < end; at = sql.indexOf('?', at + 1)) count++
  return count
}
