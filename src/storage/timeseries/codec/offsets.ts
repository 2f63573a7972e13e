import { RangeDecoder, RangeEncoder } from './range-coder.ts'
import { bitLength } from './residuals.ts'

/**
 * Differences of numbers from one of them, their base, for numbers that jump about it: what a disk wrote in a minute
 * is 0 or anything, and the minute before says nothing. For each number it is first decided whether it is the base, in the
 * light of the two before; of the others the rest is as in `residuals.ts`, with an average over these alone. Part of the
 * format, as all numbers here are.
 */

/** Lengths go from 1 (of the base nothing is left to say) to 52. */
const LENGTHS = 53
const UP = 0
const DOWN = UP + LENGTHS * LENGTHS
const SIGN = DOWN + LENGTHS * LENGTHS
const FIRST = SIGN + 3 * 2
const SECOND = FIRST + LENGTHS
/** By whether the two numbers before were the base. */
const BASE = SECOND + 2 * LENGTHS
const KINDS = BASE + 4
/** The average is kept in 16ths; each length moves it by a quarter of the difference. */
const AVERAGE_UNIT = 16
const RAW_BITS = 15

const guessOf = (average: number) => Math.max(1, (average + AVERAGE_UNIT / 2) >> 4)

/** `offsets` are integers of at most 51 bits and a sign; `expected` is the length of most that are not 0. */
export function encodeOffsets(offsets: Float64Array, expected: number): Uint8Array {
  const encoder = new RangeEncoder(KINDS)
  let average = expected * AVERAGE_UNIT
  let signBefore = 0
  let before = 0
  for (const offset of offsets) {
    const isBase = offset === 0 ? 1 : 0
    encoder.decide(BASE + before, isBase)
    before = ((before << 1) | isBase) & 3
    if (isBase === 1) continue
    const size = Math.abs(offset)
    const length = bitLength(size)
    const guess = guessOf(average)
    encodeLength(encoder, length, guess)
    average += (length * AVERAGE_UNIT - average) >> 2
    encoder.decide(SIGN + signBefore * 2 + (length > guess ? 1 : 0), offset < 0 ? 1 : 0)
    signBefore = offset < 0 ? 2 : 1
    encodeBelow(encoder, size, length)
  }
  return encoder.finish()
}

function encodeLength(encoder: RangeEncoder, length: number, guess: number) {
  const row = guess * LENGTHS
  let at = guess
  if (length < guess) {
    for (; at > length; at--) encoder.decide(DOWN + row + at, 1)
    if (at > 1) encoder.decide(DOWN + row + at, 0)
    return
  }
  if (guess > 1) encoder.decide(DOWN + row + at, 0)
  for (; at < length; at++) encoder.decide(UP + row + at, 1)
  if (at < LENGTHS - 1) encoder.decide(UP + row + at, 0)
}

function encodeBelow(encoder: RangeEncoder, size: number, length: number) {
  let left = length - 1
  if (left === 0) return
  const first = bitAt(size, --left)
  encoder.decide(FIRST + length, first)
  if (left === 0) return
  encoder.decide(SECOND + first * LENGTHS + length, bitAt(size, --left))
  while (left > 0) {
    const count = Math.min(left, RAW_BITS)
    left -= count
    encoder.raw(Math.floor(size / 2 ** left) % 2 ** count, count)
  }
}

const bitAt = (size: number, bit: number) => Math.floor(size / 2 ** bit) % 2

/** The inverse; `count` offsets from `bytes`, from `at` on. */
export function decodeOffsets(bytes: Uint8Array, at: number, count: number, expected: number): Float64Array {
  const offsets = new Float64Array(count)
  const decoder = new RangeDecoder(KINDS, bytes, at)
  let average = expected * AVERAGE_UNIT
  let signBefore = 0
  let before = 0
  for (let i = 0; i < count; i++) {
    const isBase = decoder.decide(BASE + before)
    before = ((before << 1) | isBase) & 3
    if (isBase === 1) continue
    const guess = guessOf(average)
    const length = decodeLength(decoder, guess)
    average += (length * AVERAGE_UNIT - average) >> 2
    const isNegative = decoder.decide(SIGN + signBefore * 2 + (length > guess ? 1 : 0))
    signBefore = 1 + isNegative
    const size = decodeBelow(decoder, length)
    offsets[i] = isNegative === 1 ? -size : size
  }
  return offsets
}

function decodeLength(decoder: RangeDecoder, guess: number): number {
  const row = guess * LENGTHS
  let at = guess
  if (guess > 1 && decoder.decide(DOWN + row + at) === 1) {
    at--
    while (at > 1 && decoder.decide(DOWN + row + at) === 1) at--
    return at
  }
  while (at < LENGTHS - 1 && decoder.decide(UP + row + at) === 1) at++
  return at
}

function decodeBelow(decoder: RangeDecoder, length: number): number {
  let left = length - 1
  if (left === 0) return 1
  const first = decoder.decide(FIRST + length)
  let size = 2 + first
  if (--left === 0) return size
  size = size * 2 + decoder.decide(SECOND + first * LENGTHS + length)
  left--
  while (left > 0) {
    const count = Math.min(left, RAW_BITS)
    left -= count
    size = size * 2 ** count + decoder.raw(count)
  }
  return size
}
