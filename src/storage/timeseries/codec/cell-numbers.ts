import { RangeDecoder, RangeEncoder } from './range-coder.ts'
import { bitLength } from './residuals.ts'

/**
 * A few whole numbers of several sequences, mostly small, with one coder. It learns faster than that of
 * `residuals.ts`, which has a kind of decision for each pair of lengths: here only the distance from the expected
 * length counts. Part of the format, as all numbers here are.
 */

/** Distances beyond this one are decided alike. */
const FAR = 7
const UP = 0
const DOWN = UP + FAR + 1
const SIGN = DOWN + FAR + 1
const KINDS = SIGN + 1
/** Longest numbers, in bits. */
const LONGEST = 52
/** The average length is kept in 16ths; each length moves it by a quarter of the difference. */
const AVERAGE_UNIT = 16
const RAW_BITS = 15

/** `expected` is the length in bits that each sequence's numbers are expected to have at first. */
const startAverages = (expected: readonly number[]) =>
  Float64Array.from(expected, (length) => length * AVERAGE_UNIT)

const guessOf = (average: number) => (average + AVERAGE_UNIT / 2) >> 4

export class CellNumberEncoder {
  readonly #encoder: RangeEncoder
  readonly #averages: Float64Array

  constructor(expected: readonly number[]) {
    this.#encoder = new RangeEncoder(KINDS * expected.length)
    this.#averages = startAverages(expected)
  }

  /** The next number of a sequence: whole, of at most 52 bits and a sign. */
  put(sequence: number, number: number) {
    const size = Math.abs(number)
    const length = bitLength(size)
    const first = sequence * KINDS
    const average = this.#averages[sequence] ?? 0
    this.#putLength(first, length, guessOf(average))
    this.#averages[sequence] = average + ((length * AVERAGE_UNIT - average) >> 2)
    if (length === 0) return
    this.#encoder.decide(first + SIGN, number < 0 ? 1 : 0)
    for (let left = length - 1; left > 0; ) {
      const count = Math.min(left, RAW_BITS)
      left -= count
      this.#encoder.raw(Math.floor(size / 2 ** left) % 2 ** count, count)
    }
  }

  #putLength(first: number, length: number, guess: number) {
    let at = guess
    if (length < guess) {
      for (; at > length; at--) this.#encoder.decide(first + DOWN + Math.min(guess - at, FAR), 1)
      if (at > 0) this.#encoder.decide(first + DOWN + Math.min(guess - at, FAR), 0)
      return
    }
    if (guess > 0) this.#encoder.decide(first + DOWN, 0)
    for (; at < length; at++) this.#encoder.decide(first + UP + Math.min(at - guess, FAR), 1)
    if (at < LONGEST) this.#encoder.decide(first + UP + Math.min(at - guess, FAR), 0)
  }

  finish = (): Uint8Array => this.#encoder.finish()
}

/** Can be used again: of a graph of years it decodes thousands of chunks. */
export class CellNumberDecoder {
  readonly #decoder: RangeDecoder
  readonly #averages: Int32Array

  constructor(sequences: number) {
    this.#decoder = new RangeDecoder(KINDS * sequences)
    this.#averages = new Int32Array(sequences)
  }

  /** Begins anew with the bytes from `at` to before `end`; `expected` is as it was for the encoder. */
  start(expected: readonly number[], bytes: Uint8Array, at: number, end: number) {
    for (let i = 0; i < expected.length; i++) this.#averages[i] = (expected[i] ?? 0) * AVERAGE_UNIT
    this.#decoder.start(bytes, at, end)
  }

  /** The next number of a sequence. */
  take(sequence: number): number {
    const first = sequence * KINDS
    const average = this.#averages[sequence] ?? 0
    const length = this.#takeLength(first, guessOf(average))
    this.#averages[sequence] = average + ((length * AVERAGE_UNIT - average) >> 2)
    if (length === 0) return 0
    const isNegative = this.#decoder.decide(first + SIGN) === 1
    let size = 1
    for (let left = length - 1; left > 0; ) {
      const count = Math.min(left, RAW_BITS)
      left -= count
      size = size * (1 << count) + this.#decoder.raw(count)
    }
    return isNegative ? -size : size
  }

  #takeLength(first: number, guess: number): number {
    let at = guess
    if (guess > 0 && this.#decoder.decide(first + DOWN) === 1) {
      at--
      while (at > 0 && this.#decoder.decide(first + DOWN + Math.min(guess - at, FAR)) === 1) at--
      return at
    }
    while (at < LONGEST && this.#decoder.decide(first + UP + Math.min(at - guess, FAR)) === 1) at++
    return at
  }
}
