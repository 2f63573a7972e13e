import { type Cursor, readByte, readFloat64, readVarint } from './bytes.ts'
import { CHECKSUM_BYTES, computeChecksumFrom, computeStart, DamageError, readChecksum } from './checksum.ts'
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
const DECIMAL_POWERS = SCALES.map((scale) => POWERS[scale] ?? 1)

/**
 * The frame without head, for the functions below. Throws a `DamageError` where the checksum does not match.
 */
export function openFrame(packed: Uint8Array, time: number, host: number): Uint8Array {
  const at = findBody(packed, time, host)
  return at === 0 ? packed : packed.subarray(at)
}

/** Where the frame begins behind its head. Throws a `DamageError` where the checksum does not match. */
export function findBody(packed: Uint8Array, time: number, host: number): number {
  if (packed[0] === SEAL[0] && packed[1] === SEAL[1] && packed[2] === SEAL[2]) {
    const checksum = readChecksum(packed, SEAL.length)
    if (checksum !== computeChecksumFrom(HEAD_BYTES, packed, computeStart(time, host)))
      throw new DamageError()
    return HEAD_BYTES
  }
  let end = 0
  while ((packed[end] ?? 0) >= 128) end++
  // The highest digit of a number is not zero; that of the metric set never was.
  if ((packed[end] ?? 0) === 0) throw new DamageError('its beginning is not that of a frame')
  return 0
}

/** The number of an opened frame's metric set. */
export function readMetricSet(body: Uint8Array): number {
  return readVarint({ bytes: body, at: 0 })
}

/** The same of a frame whose body begins at `at`. */
export const readMetricSetAt = (frame: Uint8Array, at: number): number => readVarint({ bytes: frame, at })

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
 * Reads some columns of frames that share a metric set, without decoding the others. A graph of a day reads
 * thousands of frames, so it makes nothing anew for each.
 */
export class ColumnReader {
  /** Of the last frame, in the order of the columns: values, each of which counts where `isThere` is 1. */
  readonly values: Float64Array
  readonly isThere: Uint8Array
  /** The places of the columns in the order in which a frame has them, and how many values are before each. */
  readonly #places: Int32Array
  readonly #gaps: Int32Array

  /** -1 is a column that the frames do not have; a column that is named twice is read for the first of its places. */
  constructor(columns: readonly number[]) {
    this.values = new Float64Array(columns.length)
    this.isThere = new Uint8Array(columns.length)
    const places = columns
      .map((_, place) => place)
      .filter((place) => columns[place] !== -1 && columns.indexOf(columns[place] ?? -1) === place)
      .sort((a, b) => (columns[a] ?? -1) - (columns[b] ?? -1))
    this.#places = Int32Array.from(places)
    this.#gaps = Int32Array.from(places, (place, i) => {
      const before = columns[places[i - 1] ?? -1] ?? -1
      return (columns[place] ?? 0) - before - 1
    })
  }

  /** Reads a frame whose body begins at `at`. Throws where it ends too early. */
  read(frame: Uint8Array, at = 0): void {
    const cursor = { bytes: frame, at }
    readVarint(cursor)
    this.isThere.fill(0)
    for (let i = 0; i < this.#places.length; i++) {
      skipValues(cursor, this.#gaps[i] ?? 0)
      this.#take(cursor, this.#places[i] ?? 0)
    }
    if (cursor.at > frame.length) throw new RangeError('the value ends too early')
  }

  #take(cursor: Cursor, place: number) {
    const { bytes } = cursor
    const head = bytes[cursor.at++] ?? 0
    const kind = head & 7
    if (kind === NULL) return
    this.isThere[place] = 1
    if (kind === FLOAT) {
      this.values[place] = readFloat64(cursor)
      return
    }
    const rest = head < 128 ? 0 : readVarint(cursor)
    const code = rest * 16 + ((head >> 3) & 15)
    const integer = code < 2 ** 31 ? (code >>> 1) ^ -(code & 1) : unzigzag(code)
    this.values[place] = integer / (DECIMAL_POWERS[kind - FIRST_DECIMAL] ?? 1)
  }
}

function unpackValue(cursor: Cursor): number | null {
  const head = readByte(cursor)
  const kind = head & 7
  if (kind === NULL) return null
  if (kind === FLOAT) return readFloat64(cursor)
  const rest = head < 128 ? 0 : readVarint(cursor)
  const power = DECIMAL_POWERS[kind - FIRST_DECIMAL] ?? 1
  return unzigzag(rest * 16 + ((head >> 3) & 15)) / power
}

/** Moves past this many values. Most of a frame is skipped, so it makes no call for each byte. */
function skipValues(cursor: Cursor, count: number) {
  const { bytes } = cursor
  let { at } = cursor
  for (let i = 0; i < count; i++) {
    const head = bytes[at++] ?? 0
    if ((head & 7) === FLOAT) at += 8
    else if (head >= 128) while ((bytes[at++] ?? 0) >= 128);
  }
  cursor.at = at
}
