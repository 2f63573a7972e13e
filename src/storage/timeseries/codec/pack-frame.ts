import { CHECKSUM_BYTES, computeStart, rewindChecksum, updateChecksum, writeChecksum } from './checksum.ts'
import { MAX_INTEGER, POWERS, zigzag } from './decimal.ts'
import { FIRST_DECIMAL, FLOAT, HEAD_BYTES, NULL, SCALES, SEAL } from './frame.ts'

/** The bytes before those that the checksum covers, while the checksum is not known. */
const HEAD = Uint8Array.from([...SEAL, ...new Array<number>(CHECKSUM_BYTES).fill(0)])
const SCALE_POWERS = SCALES.map((scale) => POWERS[scale] ?? 1)
/** A head byte and a float; a decimal of 49 bits takes no more. */
const LONGEST_VALUE = 9
const LONGEST_NUMBER = 8

export type PackedMetricSet = {
  readonly id: number
  readonly metrics: { readonly length: number }
  /** Where in `values` each metric stands; null when they stand one for one. */
  readonly columns: readonly number[] | null
}

/**
 * Writes frames in the form that `frame.ts` describes. It is used for every stored sample, so it writes into
 * a buffer of its own, without a call for each byte.
 */
export class FramePacker {
  #buffer = new Uint8Array(1024)
  #view = new DataView(this.#buffer.buffer)
  #at = 0
  #samples = 0

  /** How many values the last frame has. */
  get samples(): number {
    return this.#samples
  }

  /** The bytes of a frame of that host. What is not finite is kept as null. */
  pack(
    { time, values }: { readonly time: number; readonly values: readonly (number | null)[] },
    host: number,
    metricSet: PackedMetricSet,
  ): Uint8Array {
    const { columns, metrics } = metricSet
    const { length } = metrics
    this.#reserve(HEAD_BYTES + LONGEST_NUMBER + length * LONGEST_VALUE)
    this.#samples = 0
    this.#buffer.set(HEAD)
    this.#at = HEAD_BYTES
    this.#addNumber(metricSet.id)
    if (columns === null) for (let i = 0; i < length; i++) this.#addValue(values[i])
    else for (let i = 0; i < length; i++) this.#addValue(values[columns[i] ?? i])
    return sealFrame(this.#buffer.slice(0, this.#at), time, host)
  }

  #reserve(count: number): void {
    if (count <= this.#buffer.length) return
    this.#buffer = new Uint8Array(2 * count)
    this.#view = new DataView(this.#buffer.buffer)
  }

  #addValue(value: number | null | undefined): void {
    // The difference of a number with itself is 0 for finite ones only.
    if (value === null || value === undefined || value - value !== 0) {
      this.#buffer[this.#at++] = NULL
      return
    }
    this.#samples++
    // Whole numbers of 32 bits need no arithmetic; negative zero is not a decimal.
    if ((value | 0) === value) {
      if (value !== 0 || 1 / value > 0) this.#addDecimal(FIRST_DECIMAL, value)
      else this.#addFloat(value)
      return
    }
    for (let i = 0; i < SCALE_POWERS.length; i++) {
      const power = SCALE_POWERS[i] ?? 1
      const integer = Math.round(value * power)
      if (integer / power !== value) continue
      // With a higher power the integer is larger still.
      if (integer > MAX_INTEGER || integer < -MAX_INTEGER) break
      this.#addDecimal(FIRST_DECIMAL + i, integer)
      return
    }
    this.#addFloat(value)
  }

  #addDecimal(kind: number, integer: number): void {
    const code = zigzag(integer)
    if (code < 16) {
      this.#buffer[this.#at++] = kind | (code << 3)
      return
    }
    this.#buffer[this.#at++] = kind | ((code % 16) << 3) | 128
    this.#addNumber(code > 0x7fffffff ? Math.floor(code / 16) : code >>> 4)
  }

  #addFloat(value: number): void {
    this.#buffer[this.#at++] = FLOAT
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  #addNumber(value: number): void {
    const buffer = this.#buffer
    let at = this.#at
    let rest = value
    // Shifts work on 32 bits only.
    while (rest > 0x7fffffff) {
      buffer[at++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    while (rest > 127) {
      buffer[at++] = (rest & 127) | 128
      rest >>>= 7
    }
    buffer[at++] = rest
    this.#at = at
  }
}

/** Puts the checksum into its room in a packed frame, which then belongs to that time and host. */
export function sealFrame(packed: Uint8Array, time: number, host: number): Uint8Array {
  packed.fill(0, SEAL.length, HEAD_BYTES)
  // Of the bytes behind the head, computed over all of them: a view of the rest costs more than the frame.
  const checksum = updateChecksum(packed, rewindChecksum(computeStart(time, host), HEAD))
  writeChecksum(packed, SEAL.length, checksum)
  return packed
}
