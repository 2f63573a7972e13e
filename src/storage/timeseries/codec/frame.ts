import { type ByteWriter, type Cursor, readByte, readFloat64, readVarint } from './bytes.ts'
import { CHECKSUM_BYTES, computeChecksum, DamageError, readChecksum, writeChecksum } from './checksum.ts'
import { isDecimal, POWERS, unzigzag, zigzag } from './decimal.ts'

/**
 * A frame as bytes: the seal, the checksum of all that follows it, the number of the metric set, then for
 * each metric one byte and what it asks for. The byte's low three bits are the kind; a decimal's next four
 * bits and, while bit 7 is set, the bytes behind hold its zigzag integer. Frames of schemas that had no
 * checksums begin with the number of the metric set. The seal is a number written longer than needed, which
 * no frame ever began with, and any bit of it that flips leaves either such a number too or one that is
 * beyond every metric set.
 */
const SEAL = [0x80, 0x80, 0] as const
const HEAD_BYTES = SEAL.length + CHECKSUM_BYTES
const NULL = 0
const FLOAT = 1
/** Kinds 2 to 7: decimals with so many digits behind the point. */
const SCALES = [0, 1, 2, 3, 4, 6] as const
const FIRST_DECIMAL = 2

/**
 * Starts a packed frame; the caller adds `packValue` for each metric of the set, in its order, and hands the
 * bytes to `sealFrame`.
 */
export function packHead(writer: ByteWriter, metricSet: number) {
  for (const byte of SEAL) writer.byte(byte)
  for (let i = 0; i < CHECKSUM_BYTES; i++) writer.byte(0)
  writer.varint(metricSet)
}

/**
 * Puts the checksum into the room that `packHead` left for it; the frame then belongs to that time and host.
 */
export function sealFrame(packed: Uint8Array, time: number, host: number): Uint8Array {
  writeChecksum(packed, SEAL.length, computeChecksum(packed.subarray(HEAD_BYTES), time, host))
  return packed
}

/**
 * The frame without head, for the functions below. Throws a `DamageError` where the checksum does not fit.
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
 * The values in some columns of an opened frame, without making the others; -1 is a column that the frame has
 * not.
 */
export function unpackColumns(body: Uint8Array, columns: readonly number[]): (number | null)[] {
  const values: (number | null)[] = new Array(columns.length).fill(null)
  const cursor = { bytes: body, at: 0 }
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
