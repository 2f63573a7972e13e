import { type Cursor, readByte, readFloat64, readVarint } from './bytes.ts'
import { CHECKSUM_BYTES, computeChecksum, DamageError, readChecksum } from './checksum.ts'
import { POWERS, unzigzag } from './decimal.ts'

/**
 * A frame as bytes, which `FramePacker` writes: the seal, the checksum of all that follows it, the number of the metric set, then for
 * each metric one byte and what it asks for. The byte's low three bits are the kind; a decimal's next four
 * bits and, while bit 7 is set, the bytes behind hold its zigzag integer. Frames of schemas that had no
 * checksums begin with the number of the metric set. The seal is a number written longer than needed, which
 * no frame ever began with, and any bit of it that flips leaves either such a number too or one that is
 * beyond every metric set.
 */
export const SEAL = [0x80, 0x80, 0] as const
export const HEAD_BYTES = SEAL.length + CHECKSUM_BYTES
export const NULL = 0
export const FLOAT = 1
/** Kinds 2 to 7: decimals with this many digits after the point. */
export const SCALES = [0, 1, 2, 3, 4, 6] as const
export const FIRST_DECIMAL = 2

/**
 * The frame without head, for the functions below. Throws a `DamageError` where the checksum does not match.
 */
export function openFrame(packed: Uint8Array, time: number, host: number): Uint8Array {
  if (packed[0] === SEAL[0] && packed[1] === SEAL[1] && packed[2] === SEAL[2]) {
    const body = packed.subarray(HEAD_BYTES)
    if (readChecksum(packed, SEAL.length) !== computeChecksum(body, time, host)) throw new DamageError()
    return body
  }
  let end = 0
  while ((packed[end] ?? 0) >= 128) end++
  // The highest digit of a number is not zero; that of the metric set never was.
  if ((packed[end] ?? 0) === 0) throw new DamageError('its beginning is not that of a frame')
  return packed
}

/** The number of an opened frame's metric set. */
export function readMetricSet(body: Uint8Array): number {
  return readVarint({ bytes: body, at: 0 })
}

/** The metric set's number and `count(metricSet)` values of an opened frame. */
export function unpackFrame(
  body: Uint8Array,
  count: (metricSet: number) => number,
): { metricSet: number; values: (number | null)[] } {
  const cursor = { bytes: body, at: 0 }
  const metricSet = readVarint(cursor)
  const values: (number | null)[] = new Array(count(metricSet))
  for (let i = 0; i < values.length; i++) values[i] = unpackValue(cursor)
  if (cursor.at !== body.length) throw new RangeError('the frame is longer than its metric set')
  return { metricSet, values }
}

/**
 * The values in some columns of an opened frame, without decoding the others; -1 is a column that the frame
 * does not have. Callers keep the list of columns for all frames of a metric set: its order is computed once.
 */
export function unpackColumns(body: Uint8Array, columns: readonly number[]): (number | null)[] {
  const values: (number | null)[] = new Array(columns.length).fill(null)
  const cursor = { bytes: body, at: 0 }
  readVarint(cursor)
  let column = 0
  for (const place of orderOf(columns)) {
    const wanted = columns[place] ?? -1
    skipValues(cursor, wanted - column)
    values[place] = unpackValue(cursor)
    column = wanted + 1
  }
  return values
}

const orders = new WeakMap<readonly number[], readonly number[]>()

/** The places of a list of columns, each column once, in the order in which a frame has them. */
function orderOf(columns: readonly number[]): readonly number[] {
  const known = orders.get(columns)
  if (known !== undefined) return known
  const order = columns
    .map((_, place) => place)
    .filter((place) => columns[place] !== -1 && columns.indexOf(columns[place] ?? -1) === place)
    .sort((a, b) => (columns[a] ?? -1) - (columns[b] ?? -1))
  orders.set(columns, order)
  return order
}

function unpackValue(cursor: Cursor): number | null {
  const head = readByte(cursor)
  const kind = head & 7
  if (kind === NULL) return null
  if (kind === FLOAT) return readFloat64(cursor)
  const rest = head < 128 ? 0 : readVarint(cursor)
  const power = POWERS[SCALES[kind - FIRST_DECIMAL] ?? 0] ?? 1
  return unzigzag(rest * 16 + ((head >> 3) & 15)) / power
}

/** Skips this many values. Most of a frame is skipped, so it makes no call for each byte. */
function skipValues(cursor: Cursor, count: number) {
  const { bytes } = cursor
  let { at } = cursor
  for (let i = 0; i < count; i++) {
    const head = bytes[at++] ?? 0
    if ((head & 7) === FLOAT) at += 8
    else if (head >= 128) while ((bytes[at++] ?? 0) >= 128);
  }
  if (at > bytes.length) throw new RangeError('the value ends too early')
  cursor.at = at
}
