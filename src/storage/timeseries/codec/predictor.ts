/**
 * Predicts the next number from those before; only the difference is stored. The first number is always 0. The
 * arithmetic is that of doubles, step by step, so that every machine predicts the same. 0: the number before. 1:
 * the line through the two before. 2 and up: an exponential average, whose rates are those of `FORGETTING`.
 */
const PREVIOUS = 0
const LINE = 1
const FORGETTING: readonly number[] = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32]
const PREDICTORS = 2 + FORGETTING.length

/** The predictor whose residuals take the fewest bits, by an estimate. */
export function choosePredictor(numbers: Float64Array): { predictor: number; bits: number } {
  let best = PREVIOUS
  let least = Number.POSITIVE_INFINITY
  for (let predictor = 0; predictor < PREDICTORS; predictor++) {
    const bits = estimateBits(toResiduals(numbers, predictor), least)
    if (bits >= least) continue
    least = bits
    best = predictor
  }
  return { predictor: best, bits: least }
}

/**
 * The number from which the others differ by the fewest bits: the most frequent one, or the one in their middle. Null where
 * that takes more than `limit` bits, by the same estimate.
 */
export function chooseBase(numbers: Float64Array, limit: number): number | null {
  let best: number | null = null
  let least = limit
  for (const base of [frequentOf(numbers), meanOf(numbers)]) {
    const bits = estimateBits(numbers, least, base)
    if (bits >= least) continue
    least = bits
    best = base
  }
  return best
}

/** Numbers that are looked at for the most frequent one: one that is worth it is the most frequent of these, too. */
const LOOKED_AT = 64

function frequentOf(numbers: Float64Array): number {
  const every = Math.ceil(numbers.length / LOOKED_AT)
  const some = numbers.filter((_, i) => i % every === 0).sort()
  let best = 0
  let longest = 0
  for (let from = 0; from < some.length; ) {
    let to = from + 1
    while (to < some.length && some[to] === some[from]) to++
    if (to - from > longest) {
      longest = to - from
      best = some[from] ?? 0
    }
    from = to
  }
  return best
}

function meanOf(numbers: Float64Array): number {
  let sum = 0
  for (const number of numbers) sum += number
  return Math.round(sum / numbers.length)
}

/** One fewer than `numbers`: the first is always 0. */
export function toResiduals(numbers: Float64Array, predictor: number): Float64Array {
  const residuals = new Float64Array(numbers.length - 1)
  const rate = FORGETTING[predictor - 2]
  if (rate !== undefined) {
    let average = 0
    for (let i = 1; i < numbers.length; i++) {
      const number = numbers[i] ?? 0
      residuals[i - 1] = number - Math.round(average)
      average += (number - average) * rate
    }
    return residuals
  }
  let before = 0
  let step = 0
  for (let i = 1; i < numbers.length; i++) {
    const number = numbers[i] ?? 0
    residuals[i - 1] = number - before - step
    if (predictor === LINE) step = number - before
    before = number
  }
  return residuals
}

/** The numbers again, the first 0 with them. */
export function fromResiduals(residuals: Float64Array, predictor: number): Float64Array {
  const numbers = new Float64Array(residuals.length + 1)
  if (predictor >= PREDICTORS) throw new RangeError(`there is no predictor ${predictor}`)
  const rate = FORGETTING[predictor - 2]
  if (rate !== undefined) {
    let average = 0
    for (let i = 0; i < residuals.length; i++) {
      const number = (residuals[i] ?? 0) + Math.round(average)
      numbers[i + 1] = number
      average += (number - average) * rate
    }
    return numbers
  }
  let before = 0
  let step = 0
  for (let i = 0; i < residuals.length; i++) {
    const number = (residuals[i] ?? 0) + before + step
    numbers[i + 1] = number
    if (predictor === LINE) step = number - before
    before = number
  }
  return numbers
}

/**
 * Of the differences from `base`. Stops above `limit`. A steady size costs its logarithm, a zero among zeros next to
 * nothing.
 */
function estimateBits(residuals: Float64Array, limit: number, base = 0): number {
  let bits = 0
  for (let i = 0; i < residuals.length && bits < limit; i++)
    bits += Math.log2(1 + Math.abs((residuals[i] ?? 0) - base))
  return bits
}
