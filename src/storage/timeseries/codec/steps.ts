import { type Cursor, createByteWriter, readVarint } from './bytes.ts'
import { unzigzag, zigzag } from './decimal.ts'
import { decodeOffsets, encodeOffsets } from './offsets.ts'
import { chooseBase, choosePredictor, fromResiduals, toResiduals } from './predictor.ts'
import { bitLength, decodeResiduals, encodeResiduals } from './residuals.ts'

/**
 * Whole numbers of which the first is 0: the steps of decimals from the first one, or what another metric did not
 * foretell of them. Packed they are the residuals of a predictor; predictor 7 is the same number each time, the base: it
 * comes first, and then all offsets from it (`offsets.ts`).
 */

/** The predictor that always says the same. */
const BASE = 7
/** Where offsets from a base are estimated to take more than so many times the bits, they are not tried. */
const LARGEST_ESTIMATE = 1.1

/** `expected` is the length in bits that a residual is expected to have, at most 63. */
export type PackedSteps = {
  readonly predictor: number
  readonly expected: number
  readonly packed: Uint8Array
}

/** The shortest form of whole numbers of which the first is 0. */
export function packSteps(steps: Float64Array): PackedSteps {
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

/** The `count` numbers at the cursor. */
export function unpackSteps(
  { bytes, at }: Cursor,
  count: number,
  { predictor, expected }: Pick<PackedSteps, 'predictor' | 'expected'>,
): Float64Array {
  if (predictor !== BASE) return fromResiduals(decodeResiduals(bytes, at, count - 1, expected), predictor)
  const cursor = { bytes, at }
  const base = unzigzag(readVarint(cursor))
  const steps = decodeOffsets(bytes, cursor.at, count, expected)
  for (let i = 0; i < count; i++) steps[i] = (steps[i] ?? 0) + base
  return steps
}

function averageLength(residuals: Float64Array): number {
  let sum = 0
  for (const residual of residuals) sum += bitLength(Math.abs(residual))
  return Math.round(sum / Math.max(1, residuals.length))
}
