import { type Cursor, createByteWriter, readByte, readFloat64, readVarint } from './bytes.ts'
import { isDecimal, POWERS, unzigzag, zigzag } from './decimal.ts'
import { decodeFloats, encodeFloats } from './floats.ts'
import { decodeOffsets, encodeOffsets } from './offsets.ts'
import { chooseBase, choosePredictor, fromResiduals, toResiduals } from './predictor.ts'
import { bitLength, decodeResiduals, encodeResiduals } from './residuals.ts'

/**
 * A list of numbers as bytes; each finite double is restored bit by bit. Their count is stored elsewhere.
 *
 * The first byte is the form (two bits), the decimal scale (three) and the predictor (three).
 * - `CONSTANT`: the value alone, as a zigzag integer of the scale.
 * - `INTEGERS`: every value times 10^scale is a whole number. A byte of flags and expected length, the first
 *   number, the unit that all differences are multiples of, the exceptions (place and value of those few that
 *   are not such decimals), then the residuals of the predictor, range coded. Predictor 7 is the same number each time,
 *   the base: it comes behind the exceptions, in units from the first number, and then all offsets (`offsets.ts`).
 * - `FLOATS`: all other lists.
 *
 * The fourth form is that of summaries in front of a chunk's numbers: see `summaries.ts`.
 */
const FLOATS = 0
const CONSTANT = 1
const INTEGERS = 2

/** The predictor that always says the same. */
const BASE = 7
/** Where offsets from a base are estimated to take more than so many times the bits, they are not tried. */
const LARGEST_ESTIMATE = 1.1
const HAS_UNIT = 64
const HAS_EXCEPTIONS = 128
/**
 * An exception costs some nine bytes, a value among floats some seven: above this share floats are shorter.
 */
const MAX_EXCEPTION_SHARE = 0.25

type Decimals = {
  readonly scale: number
  readonly integers: Float64Array
  /** Places of the values that are not decimals of that scale; the integer there repeats the one before. */
  readonly exceptions: readonly number[]
}

export function encodeNumbers(values: Float64Array): Uint8Array {
  if (values.length === 0) return new Uint8Array()
  const decimals = findDecimals(values)
  if (!decimals) return encodeFloats(values, FLOATS)
  const { scale, integers, exceptions } = decimals
  const first = integers[0] ?? 0
  const unit = findUnit(integers)
  const writer = createByteWriter()
  if (unit === 0 && exceptions.length === 0) {
    writer.byte(CONSTANT | (scale << 2))
    writer.varint(zigzag(first))
    return writer.take()
  }
  const steps = integers.map((integer) => (integer - first) / (unit || 1))
  const { predictor, expected, packed } = packSteps(steps)
  const flags = (unit > 1 ? HAS_UNIT : 0) | (exceptions.length > 0 ? HAS_EXCEPTIONS : 0)
  writer.byte(INTEGERS | (scale << 2) | (predictor << 5))
  writer.byte(expected | flags)
  writer.varint(zigzag(first))
  if (unit > 1) writer.varint(unit)
  if (exceptions.length > 0) {
    writer.varint(exceptions.length)
    for (const place of exceptions) {
      writer.varint(place)
      writer.float64(values[place] ?? 0)
    }
  }
  writer.bytes(packed)
  const encoded = writer.take()
  return encoded.length <= values.length * 8 ? encoded : encodeFloats(values, FLOATS)
}

type PackedSteps = { readonly predictor: number; readonly expected: number; readonly packed: Uint8Array }

/** The shortest form of whole numbers of which the first is 0. */
function packSteps(steps: Float64Array): PackedSteps {
  const { predictor, bits } = choosePredictor(steps)
  const residuals = toResiduals(steps, predictor)
  const expected = averageLength(residuals)
  const packed = encodeResiduals(residuals, expected)
  const base = chooseBase(steps, bits * LARGEST_ESTIMATE)
  if (base === null) return { predictor, expected, packed }
  const offsets = steps.map((step) => step - base)
  const length = averageLength(offsets.filter((offset) => offset !== 0))
  const writer = createByteWriter()
  writer.varint(zigzag(base))
  writer.bytes(encodeOffsets(offsets, length))
  const other = writer.take()
  return other.length < packed.length
    ? { predictor: BASE, expected: length, packed: other }
    : { predictor, expected, packed }
}

/** The numbers behind the exceptions, in units from the first. */
function unpackSteps(
  { bytes, at }: Cursor,
  count: number,
  { predictor, expected }: NumbersHead,
): Float64Array {
  if (predictor !== BASE) return fromResiduals(decodeResiduals(bytes, at, count - 1, expected), predictor)
  const cursor = { bytes, at }
  const base = unzigzag(readVarint(cursor))
  const steps = decodeOffsets(bytes, cursor.at, count, expected)
  for (let i = 0; i < count; i++) steps[i] = (steps[i] ?? 0) + base
  return steps
}

/** The value of packed numbers that are all equal; null for others. */
export function readConstant(cursor: Cursor): number | null {
  if (((cursor.bytes[cursor.at] ?? 0) & 3) !== CONSTANT) return null
  const head = readHead(cursor)
  return head === null ? null : head.first / head.power
}

/** Throws where the bytes can't be `count` numbers. */
export function decodeNumbers(bytes: Uint8Array, count: number): Float64Array {
  if (count === 0) return new Float64Array()
  const cursor = { bytes, at: 0 }
  const head = readHead(cursor)
  if (head === null) return decodeFloats(bytes, 1, count)
  const { first, unit, power } = head
  if (unit === 0) return new Float64Array(count).fill(first / power)
  const exceptions = new Map<number, number>()
  if (head.exceptions > count) throw new RangeError('more exceptions than numbers')
  for (let i = 0; i < head.exceptions; i++) exceptions.set(readVarint(cursor), readFloat64(cursor))
  const values = unpackSteps(cursor, count, head)
  for (let i = 0; i < count; i++) values[i] = (first + (values[i] ?? 0) * unit) / power
  for (const [place, value] of exceptions) {
    if (place >= count) throw new RangeError('an exception behind the last number')
    values[place] = value
  }
  return values
}

/** The parameters of packed decimals. Each value but the exceptions is `(first + step * unit) / power`. */
export type NumbersHead = {
  readonly first: number
  /** 0 where all values are equal. */
  readonly unit: number
  readonly power: number
  readonly predictor: number
  /** Bits that a residual is expected to have. */
  readonly expected: number
  readonly exceptions: number
}

/** Reads up to the exceptions; null for floats. Throws for a form that there is not. */
export function readHead(cursor: Cursor): NumbersHead | null {
  const head = readByte(cursor)
  const form = head & 3
  if (form === FLOATS) return null
  const power = POWERS[(head >> 2) & 7]
  if (power === undefined || form > INTEGERS) throw new RangeError('numbers of an unknown form')
  const predictor = head >> 5
  if (form === CONSTANT)
    return { first: unzigzag(readVarint(cursor)), unit: 0, power, predictor, expected: 0, exceptions: 0 }
  const flags = readByte(cursor)
  const first = unzigzag(readVarint(cursor))
  const unit = flags & HAS_UNIT ? readVarint(cursor) : 1
  const exceptions = flags & HAS_EXCEPTIONS ? readVarint(cursor) : 0
  return { first, unit, power, predictor, expected: flags & 63, exceptions }
}

/**
 * The smallest scale that all values can be written in, otherwise the one for most of them; null when too few
 * are decimals.
 */
function findDecimals(values: Float64Array): Decimals | null {
  let best: { scale: number; power: number; misfits: number } | null = null
  for (let scale = 0; scale < POWERS.length; scale++) {
    const power = POWERS[scale] ?? 1
    const misfits = countMisfits(values, power, best?.misfits ?? values.length * MAX_EXCEPTION_SHARE)
    if (best === null ? misfits <= values.length * MAX_EXCEPTION_SHARE : misfits < best.misfits)
      best = { scale, power, misfits }
    if (misfits === 0) break
  }
  if (!best) return null
  const { scale, power } = best
  const integers = new Float64Array(values.length)
  const exceptions: number[] = []
  let before = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    if (best.misfits === 0 || isDecimal(value, power)) before = Math.round(value * power)
    else exceptions.push(i)
    integers[i] = before
  }
  return { scale, integers, exceptions }
}

/** Stops counting above `limit`. */
function countMisfits(values: Float64Array, power: number, limit: number): number {
  let misfits = 0
  for (let i = 0; i < values.length && misfits <= limit; i++) if (!isDecimal(values[i] ?? 0, power)) misfits++
  return misfits
}

/**
 * The greatest number that divides all differences (free bytes of a filesystem move in its blocks); 0 when
 * all are equal.
 */
function findUnit(integers: Float64Array): number {
  let unit = 0
  for (let i = 1; i < integers.length && unit !== 1; i++) {
    let rest = Math.abs((integers[i] ?? 0) - (integers[i - 1] ?? 0))
    while (rest > 0) [unit, rest] = [rest, unit % rest]
  }
  return unit
}

function averageLength(residuals: Float64Array): number {
  let sum = 0
  for (const residual of residuals) sum += bitLength(Math.abs(residual))
  return Math.round(sum / Math.max(1, residuals.length))
}
