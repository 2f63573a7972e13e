import { type Cursor, createByteWriter, readByte, readFloat64, readVarint } from './bytes.ts'
import { CHECKSUM_BYTES, DamageError, writeChecksum } from './checksum.ts'
import { isDecimal, POWERS, zigzag } from './decimal.ts'
import { decodeFloats, encodeFloats } from './floats.ts'
import {
  CONSTANT,
  FLOATS,
  HAS_EXCEPTIONS,
  HAS_UNIT,
  INTEGERS,
  type NumbersHead,
  REFERRING,
  REFERRING_FLAGS,
  type Reference,
  readHead,
} from './numbers-head.ts'
import { foretell } from './relation.ts'
import { packSteps, unpackSteps } from './steps.ts'

/**
 * A list of numbers as bytes; each finite double is restored bit by bit. Their count is stored elsewhere.
 *
 * - `CONSTANT`: the value alone, as a zigzag integer of the scale.
 * - `INTEGERS`: every value times 10^scale is a whole number. A byte of flags and expected length, the first
 *   number, the unit that all differences are multiples of, the exceptions (place and value of those few that
 *   are not such decimals), then the steps from the first number in units (`steps.ts`).
 * - `REFERRING`: the steps follow from those of another metric (`relation.ts`). A byte of flags and scale, the length that
 *   summaries expect of a number, the first number and the unit; the id of the other metric and the checksum of its chunk;
 *   where they are not 1 or -1 and 0, factor and offset as doubles; the exceptions; where there are any, a byte of expected
 *   length and by how much the steps differ, as steps.
 * - `FLOATS`: all other lists.
 */

/**
 * An exception costs some nine bytes, a value among floats some seven: above this share floats are shorter.
 */
const MAX_EXCEPTION_SHARE = 0.25
/** The most that fits in the byte. */
const MAX_EXPECTED = 63

/** Values as whole numbers: each but the exceptions is `(first + step * unit) / 10^scale`. */
export type Decimals = {
  readonly scale: number
  readonly first: number
  /** The greatest number that divides all differences (free bytes of a filesystem move in its blocks); 0 when all are equal. */
  readonly unit: number
  /** The first is 0. */
  readonly steps: Float64Array
  /** Places of the values that are not decimals of that scale; the step there repeats the one before. */
  readonly exceptions: readonly number[]
}

export function encodeNumbers(values: Float64Array, decimals = findDecimals(values)): Uint8Array {
  if (values.length === 0) return new Uint8Array()
  if (!decimals) return encodeFloats(values, FLOATS)
  const { scale, first, unit, steps, exceptions } = decimals
  const writer = createByteWriter()
  if (unit === 0 && exceptions.length === 0) {
    writer.byte(CONSTANT | (scale << 2))
    writer.varint(zigzag(first))
    return writer.take()
  }
  const { predictor, expected, packed } = packSteps(steps)
  const flags = (unit > 1 ? HAS_UNIT : 0) | (exceptions.length > 0 ? HAS_EXCEPTIONS : 0)
  writer.byte(INTEGERS | (scale << 2) | (predictor << 5))
  writer.byte(expected | flags)
  writer.varint(zigzag(first))
  if (unit > 1) writer.varint(unit)
  writeExceptions(writer, exceptions, values)
  writer.bytes(packed)
  const encoded = writer.take()
  return encoded.length <= values.length * 8 ? encoded : encodeFloats(values, FLOATS)
}

/** What numbers are that follow from those of another chunk. */
export type Foretold = Pick<Reference, 'metric' | 'checksum' | 'relation'> & {
  /** By how much the steps differ from what is foretold; the first is 0. */
  readonly residuals: Float64Array
  /** Bits that two steps differ by. */
  readonly expected: number
}

/** Values that are not all equal, as what another chunk does not say of them. */
export function encodeReferring(
  values: Float64Array,
  { scale, first, unit, exceptions }: Decimals,
  { metric, checksum, relation, residuals, expected }: Foretold,
): Uint8Array {
  const { factor, offset } = relation
  const flags = REFERRING_FLAGS
  const hasFactor = Math.abs(factor) !== 1 || offset !== 0
  const rest = residuals.some((residual) => residual !== 0) ? packSteps(residuals) : null
  const seal = new Uint8Array(CHECKSUM_BYTES)
  writeChecksum(seal, 0, checksum)
  const writer = createByteWriter()
  writer.byte(REFERRING | ((rest?.predictor ?? 0) << 5))
  writer.byte(
    scale |
      (unit > 1 ? flags.hasUnit : 0) |
      (exceptions.length > 0 ? flags.hasExceptions : 0) |
      (hasFactor ? flags.hasFactor : 0) |
      (!hasFactor && factor < 0 ? flags.isNegative : 0) |
      (rest ? flags.hasResiduals : 0),
  )
  writer.byte(Math.min(expected, MAX_EXPECTED))
  writer.varint(zigzag(first))
  if (unit > 1) writer.varint(unit)
  writer.varint(metric)
  writer.bytes(seal)
  if (hasFactor) {
    writer.float64(factor)
    writer.float64(offset)
  }
  writeExceptions(writer, exceptions, values)
  if (rest) {
    writer.byte(rest.expected)
    writer.bytes(rest.packed)
  }
  return writer.take()
}

function writeExceptions(
  writer: ReturnType<typeof createByteWriter>,
  exceptions: readonly number[],
  values: Float64Array,
) {
  if (exceptions.length === 0) return
  writer.varint(exceptions.length)
  for (const place of exceptions) {
    writer.varint(place)
    writer.float64(values[place] ?? 0)
  }
}

/** The steps of the chunk that a reference names, of which there are `count`. */
export type StepsOf = (reference: Reference, count: number) => Float64Array

/** Where no chunk can be meant. */
export const refuseReference: StepsOf = () => {
  throw new DamageError('it follows from other values where none can be')
}

/** The value of packed numbers that are all equal; null for others. */
export function readConstant(cursor: Cursor): number | null {
  if (((cursor.bytes[cursor.at] ?? 0) & 3) !== CONSTANT) return null
  const head = readHead(cursor)
  return head === null || head.unit !== 0 ? null : head.first / head.power
}

/** Throws where the bytes can't be `count` numbers. */
export function decodeNumbers(
  bytes: Uint8Array,
  count: number,
  stepsOf: StepsOf = refuseReference,
): Float64Array {
  if (count === 0) return new Float64Array()
  const cursor = { bytes, at: 0 }
  const head = readHead(cursor)
  if (head === null) return decodeFloats(bytes, 1, count)
  const { first, unit, power } = head
  if (unit === 0) return new Float64Array(count).fill(first / power)
  const exceptions = new Map<number, number>()
  if (head.exceptions > count) throw new RangeError('more exceptions than numbers')
  for (let i = 0; i < head.exceptions; i++) exceptions.set(readVarint(cursor), readFloat64(cursor))
  const values = head.reference
    ? decodeForetold(cursor, count, { ...head, reference: head.reference }, stepsOf)
    : unpackSteps(cursor, count, head)
  for (let i = 0; i < count; i++) values[i] = (first + (values[i] ?? 0) * unit) / power
  for (const [place, value] of exceptions) {
    if (place >= count) throw new RangeError('an exception behind the last number')
    values[place] = value
  }
  return values
}

/** The steps of numbers that refer to no other chunk. Throws for floats too, which have none. */
export function decodeSteps(bytes: Uint8Array, count: number): Float64Array {
  const cursor = { bytes, at: 0 }
  const head = readHead(cursor)
  if (head === null || head.reference !== null || head.unit === 0)
    throw new DamageError('it follows from values that have no steps of their own')
  if (head.exceptions > count) throw new RangeError('more exceptions than numbers')
  for (let i = 0; i < head.exceptions; i++) {
    readVarint(cursor)
    readFloat64(cursor)
  }
  return unpackSteps(cursor, count, head)
}

function decodeForetold(
  cursor: Cursor,
  count: number,
  { predictor, reference }: NumbersHead & { readonly reference: Reference },
  stepsOf: StepsOf,
): Float64Array {
  const steps = foretell(stepsOf(reference, count), reference.relation)
  if (!reference.hasResiduals) return steps
  const expected = readByte(cursor)
  const residuals = unpackSteps(cursor, count, { predictor, expected })
  for (let i = 0; i < count; i++) steps[i] = (steps[i] ?? 0) + (residuals[i] ?? 0)
  return steps
}

/**
 * The smallest scale that all values can be written in, otherwise the one for most of them; null when too few
 * are decimals.
 */
export function findDecimals(values: Float64Array): Decimals | null {
  if (values.length === 0) return null
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
  const first = integers[0] ?? 0
  const unit = findUnit(integers)
  // The integers are used for nothing else.
  for (let i = 0; i < integers.length; i++) integers[i] = ((integers[i] ?? 0) - first) / (unit || 1)
  return { scale, first, unit, steps: integers, exceptions }
}

/** Stops counting above `limit`. */
function countMisfits(values: Float64Array, power: number, limit: number): number {
  let misfits = 0
  for (let i = 0; i < values.length && misfits <= limit; i++) if (!isDecimal(values[i] ?? 0, power)) misfits++
  return misfits
}

function findUnit(integers: Float64Array): number {
  let unit = 0
  for (let i = 1; i < integers.length && unit !== 1; i++) {
    let rest = Math.abs((integers[i] ?? 0) - (integers[i - 1] ?? 0))
    while (rest > 0) [unit, rest] = [rest, unit % rest]
  }
  return unit
}
