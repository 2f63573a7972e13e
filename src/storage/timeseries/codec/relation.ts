import type { Relation } from './numbers-head.ts'

/**
 * How the steps of one metric follow from those of another one: `round(step * factor + offset)`. Memory used is what is
 * left of all memory, its percentage the same in other digits, and the bytes of the only network device are those of all.
 * A factor of 1 or -1 without an offset is every relation of which the numbers are exact, because steps are counted in
 * units from the first number. The arithmetic is that of doubles, so that every machine foretells the same.
 */

/** Differences of a metric that are compared with those of others. */
const LOOKED_AT = 64
/** The share of the differences that another metric has to explain to be looked at closely. */
const LEAST_EXPLAINED = 0.8
/** A factor this near to 1 or -1 may be that. */
const NEAR_ONE = 0.02
const LARGEST_OFFSET = 0.499
/** Larger ones leave no room for predictors: see `decimal.ts`. */
const LARGEST_RESIDUAL = 2 ** 48

/** What is looked at first of a metric: some of its differences. */
export type Sketch = {
  /** Less their mean, and divided by their length. */
  readonly shape: Float64Array
  readonly length: number
  readonly count: number
  /** Roughly the bits that a step takes by itself. */
  readonly bits: number
}

/** Null for steps of which the differences are all equal: nothing could be won. */
export function sketchSteps(steps: Float64Array): Sketch | null {
  const shape = new Float64Array(LOOKED_AT)
  const last = steps.length - 1
  let mean = 0
  for (let i = 0; i < LOOKED_AT; i++) {
    const at = 1 + Math.floor((i * last) / LOOKED_AT)
    const difference = (steps[at] ?? 0) - (steps[at - 1] ?? 0)
    shape[i] = difference
    mean += difference / LOOKED_AT
  }
  let square = 0
  let bits = 0
  for (let i = 0; i < LOOKED_AT; i++) {
    const difference = (shape[i] ?? 0) - mean
    shape[i] = difference
    square += difference * difference
    bits += Math.log2(1 + Math.abs(difference))
  }
  if (square === 0) return null
  const length = Math.sqrt(square)
  for (let i = 0; i < LOOKED_AT; i++) shape[i] = (shape[i] ?? 0) / length
  return { shape, length, count: steps.length, bits: bits / LOOKED_AT }
}

/** What two metrics have in common. */
export type Likeness = {
  /** From -1 to 1; 1 and -1 are shapes that do not differ. */
  readonly common: number
  /** Roughly how many bits one of the two is spared. */
  readonly saved: number
}

/** Null where it is too little. */
export function compareSketches(one: Sketch, other: Sketch): Likeness | null {
  let common = 0
  for (let i = 0; i < LOOKED_AT; i++) common += (one.shape[i] ?? 0) * (other.shape[i] ?? 0)
  const explained = common * common
  if (explained < LEAST_EXPLAINED) return null
  const known = -Math.log2(Math.max(1 - explained, 2 ** -100)) / 2
  return { common, saved: one.count * Math.min(known, one.bits, other.bits) }
}

/** A relation and what it does not explain; `bits` is roughly what that takes. */
export type Explained = {
  readonly relation: Relation
  readonly residuals: Float64Array
  readonly bits: number
}

/** The relation from the steps of `base` to `steps` that leaves the least. `factor` is roughly the factor. */
export function findRelation(steps: Float64Array, base: Float64Array, factor: number): Explained {
  const isNearOne = Math.abs(Math.abs(factor) - 1) < NEAR_ONE
  const exact = isNearOne ? explain(steps, base, { factor: Math.sign(factor), offset: 0 }) : null
  if (exact?.bits === 0) return exact
  const fitted = explain(steps, base, fitLine(steps, base, factor))
  return exact && exact.bits <= fitted.bits ? exact : fitted
}

function explain(steps: Float64Array, base: Float64Array, relation: Relation): Explained {
  const residuals = foretell(base, relation)
  let bits = 0
  let before = 0
  for (let i = 0; i < steps.length; i++) {
    const residual = (steps[i] ?? 0) - (residuals[i] ?? 0)
    residuals[i] = residual
    if (!(Math.abs(residual) <= LARGEST_RESIDUAL)) bits = Number.POSITIVE_INFINITY
    if (residual !== before) bits += Math.log2(1 + Math.abs(residual - before))
    before = residual
  }
  return { relation, residuals, bits }
}

/** Roughly the bits that steps take by themselves, reckoned as those of `Explained` are. */
export function estimateSteps(steps: Float64Array): number {
  let bits = 0
  let before = 0
  for (const step of steps) {
    if (step !== before) bits += Math.log2(1 + Math.abs(step - before))
    before = step
  }
  return bits
}

/** The line with the least squares; of its offset the part below 1, because steps begin with 0. */
function fitLine(steps: Float64Array, base: Float64Array, otherwise: number): Relation {
  const count = steps.length
  let [baseMean, mean, square, product] = [0, 0, 0, 0]
  for (let i = 0; i < count; i++) {
    baseMean += (base[i] ?? 0) / count
    mean += (steps[i] ?? 0) / count
  }
  for (let i = 0; i < count; i++) {
    const distance = (base[i] ?? 0) - baseMean
    square += distance * distance
    product += distance * ((steps[i] ?? 0) - mean)
  }
  const factor = square === 0 ? otherwise : product / square
  const offset = mean - factor * baseMean
  const part = offset - Math.round(offset)
  return { factor, offset: Math.max(-LARGEST_OFFSET, Math.min(LARGEST_OFFSET, part)) }
}

/** The steps that follow from those of another metric, as far as the relation holds; the first is 0. */
export function foretell(base: Float64Array, { factor, offset }: Relation): Float64Array {
  const steps = new Float64Array(base.length)
  for (let i = 0; i < base.length; i++) steps[i] = Math.round((base[i] ?? 0) * factor + offset)
  return steps
}
