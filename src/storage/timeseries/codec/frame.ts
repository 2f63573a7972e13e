import { type ByteWriter, type Cursor, readByte, readFloat64, readVarint } from './bytes.ts'
import { isDecimal, POWERS, unzigzag, zigzag } from './decimal.ts'

/**
 * The values of a frame as bytes: the layout's number, then for each metric one byte and what it asks for. Its low three bits are
 * the kind; a decimal's next four bits and, while bit 7 is set, the bytes behind hold its zigzag integer.
 */
const NULL = 0
const FLOAT = 1
/** Kinds 2 to 7: decimals with so many digits behind the point. */
const SCALES = [0, 1, 2, 3, 4, 6] as const
const FIRST_DECIMAL = 2

/** Starts a packed frame; the caller adds `packValue` for each metric of the layout, in its order. */
export function packHead(writer: ByteWriter, metricSet: number) {
  writer.varint(metricSet)
}

/** What is not finite is kept as null; true when there is a value. */
export function packValue(writer: ByteWriter, value: number | null): boolean {
  if (value === null || !Number.isFinite(value)) {
    writer.byte(NULL)
    return false
  }
  for (let i = 0; i < SCALES.length; i++) {
    const power = POWERS[SCALES[i] ?? 0] ?? 1
    if (!isDecimal(value, power)) continue
    const code = zigzag(Math.round(value * power))
    const rest = Math.floor(code / 16)
    const head = (FIRST_DECIMAL + i) | ((code % 16) << 3)
    if (rest === 0) {
      writer.byte(head)
    } else {
      writer.byte(head | 128)
      writer.varint(rest)
    }
    return true
  }
  writer.byte(FLOAT)
  writer.float64(value)
  return true
}

export function readMetricSet(packed: Uint8Array): number {
  return readVarint({ bytes: packed, at: 0 })
}

/** The layout's number and `count(layout)` values. */
export function unpackFrame(
  packed: Uint8Array,
  count: (metricSet: number) => number,
): { metricSet: number; values: (number | null)[] } {
  const cursor = { bytes: packed, at: 0 }
  const metricSet = readVarint(cursor)
  const values: (number | null)[] = new Array(count(metricSet))
  for (let i = 0; i < values.length; i++) values[i] = unpackValue(cursor)
  if (cursor.at !== packed.length) throw new RangeError('the frame is longer than its layout')
  return { metricSet, values }
}

/** The values in some columns, without making the others; -1 is a column that the frame has not. */
export function unpackColumns(packed: Uint8Array, columns: readonly number[]): (number | null)[] {
  const values: (number | null)[] = new Array(columns.length).fill(null)
  const cursor = { bytes: packed, at: 0 }
  readVarint(cursor)
  const last = Math.max(-1, ...columns)
  for (let column = 0; column <= last; column++) {
    const i = columns.indexOf(column)
    if (i < 0) skipValue(cursor)
    else values[i] = unpackValue(cursor)
  }
  return values
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

function skipValue(cursor: Cursor) {
  const head = readByte(cursor)
  if ((head & 7) === FLOAT) cursor.at += 8
  else if (head >= 128) while (readByte(cursor) >= 128);
}
