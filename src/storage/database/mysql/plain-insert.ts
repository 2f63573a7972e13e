import type { Value } from '../database.ts'

/** Below, a prepared statement costs no more, and is the same again and again. */
const LEAST_VALUES = 16

const VALUES = ' VALUES '

/**
 * The text of an INSERT IGNORE with its values written out, where these are whole numbers, bytes and NULL alone,
 * which need no quotes; null for every other statement. As parameters of a prepared statement the values of frames took
 * more than a third of the processor time of storing them.
 */
export function writePlainInsert(sql: string, values: readonly Value[]): string | null {
  if (values.length < LEAST_VALUES || !sql.startsWith('INSERT IGNORE')) return null
  const head = sql.indexOf(VALUES) + VALUES.length
  const width = countPlaces(sql, head)
  if (width === 0 || values.length % width !== 0) return null
  let text = sql.slice(0, head)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    text += i % width > 0 ? ',' : i > 0 ? '),(' : '('
    if (typeof value === 'number' && Number.isSafeInteger(value)) text += value
    else if (value instanceof Uint8Array) text += `x'${asBuffer(value).toString('hex')}'`
    else if (value === null) text += 'NULL'
    else return null
  }
  return `${text})`
}

/** How many `?` the first row has. */
function countPlaces(sql: string, head: number): number {
  const end = sql.indexOf(')', head)
  let count = 0
  for (let at = sql.indexOf('?', head); at >= 0 && at < end; at = sql.indexOf('?', at + 1)) count++
  return count
}

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
