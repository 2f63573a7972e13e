import { type Cursor, readByte, readFloat64, readVarint } from './bytes.ts'
import { CHECKSUM_BYTES, readChecksum } from './checksum.ts'
import { POWERS, unzigzag } from './decimal.ts'

/**
 * The first byte of packed numbers is the form (two bits), the decimal scale (three) and the predictor (three). The form
 * 3 is that of summaries in front of a chunk's numbers: see `summaries.ts`. Numbers that refer to another chunk have the
 * form of constant ones and the scale 7, which there is not otherwise.
 */
export const FLOATS = 0
export const CONSTANT = 1
export const INTEGERS = 2
export const REFERRING = CONSTANT | (7 << 2)
const FORM_AND_SCALE = 31

/** In the byte of flags and expected length behind the first one. */
export const HAS_UNIT = 64
export const HAS_EXCEPTIONS = 128

/** In the byte of flags and decimal scale of numbers that refer to another chunk. */
export const REFERRING_FLAGS = {
  hasUnit: 8,
  hasExceptions: 16,
  hasFactor: 32,
  isNegative: 64,
  hasResiduals: 128,
} as const
const SCALE_BITS = 7

/** The parameters of packed decimals. Each value but the exceptions is `(first + step * unit) / power`. */
export type NumbersHead = {
  readonly first: number
  /** 0 where all values are equal. */
  readonly unit: number
  readonly power: number
  readonly predictor: number
  /** Bits that a residual is expected to have; of numbers that refer to another chunk, a difference of two steps. */
  readonly expected: number
  readonly exceptions: number
  readonly reference: Reference | null
}

/** How the steps of a metric follow from those of another one: see `relation.ts`. */
export type Relation = {
  readonly factor: number
  /** From -0.5 to 0.5. */
  readonly offset: number
}

/** The chunk of another metric of the same block that foretells these numbers. */
export type Reference = {
  /** Id of the metric. */
  readonly metric: number
  /** Of its chunk: these numbers mean nothing beside another one. */
  readonly checksum: number
  readonly relation: Relation
  /** Whether the steps differ from what is foretold. */
  readonly hasResiduals: boolean
}

/** Reads up to the exceptions; null for floats. Throws for a form that there is not. */
export function readHead(cursor: Cursor): NumbersHead | null {
  const head = readByte(cursor)
  const form = head & 3
  if (form === FLOATS) return null
  const predictor = head >> 5
  if ((head & FORM_AND_SCALE) === REFERRING) return readReferring(cursor, predictor)
  const power = POWERS[(head >> 2) & 7]
  if (power === undefined || form > INTEGERS) throw new RangeError('numbers of an unknown form')
  if (form === CONSTANT) {
    const first = unzigzag(readVarint(cursor))
    return { first, unit: 0, power, predictor, expected: 0, exceptions: 0, reference: null }
  }
  const flags = readByte(cursor)
  const first = unzigzag(readVarint(cursor))
  const unit = flags & HAS_UNIT ? readVarint(cursor) : 1
  const exceptions = flags & HAS_EXCEPTIONS ? readVarint(cursor) : 0
  return { first, unit, power, predictor, expected: flags & 63, exceptions, reference: null }
}

/** Whether packed numbers are steps that refer to no other chunk. */
export const hasOwnSteps = (encoded: Uint8Array): boolean => ((encoded[0] ?? 0) & 3) === INTEGERS

/** Whether the packed numbers at the cursor refer to another chunk. */
export const isReferring = ({ bytes, at }: Cursor): boolean =>
  ((bytes[at] ?? 0) & FORM_AND_SCALE) === REFERRING

function readReferring(cursor: Cursor, predictor: number): NumbersHead {
  const flags = readByte(cursor)
  const power = POWERS[flags & SCALE_BITS]
  if (power === undefined) throw new RangeError('numbers of an unknown scale')
  const expected = readByte(cursor)
  const first = unzigzag(readVarint(cursor))
  const unit = flags & REFERRING_FLAGS.hasUnit ? readVarint(cursor) : 1
  const metric = readVarint(cursor)
  const checksum = readChecksum(cursor.bytes, cursor.at)
  cursor.at += CHECKSUM_BYTES
  const relation =
    flags & REFERRING_FLAGS.hasFactor
      ? { factor: readFloat64(cursor), offset: readFloat64(cursor) }
      : { factor: flags & REFERRING_FLAGS.isNegative ? -1 : 1, offset: 0 }
  const exceptions = flags & REFERRING_FLAGS.hasExceptions ? readVarint(cursor) : 0
  const hasResiduals = (flags & REFERRING_FLAGS.hasResiduals) !== 0
  const reference = { metric, checksum, relation, hasResiduals }
  return { first, unit, power, predictor, expected, exceptions, reference }
}
