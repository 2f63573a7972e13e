import {
  FULL_RANGE,
  LAST_SHIFT,
  LEAST_RANGE,
  RangeEncoder,
  SHIFTS,
  START_BYTES,
  startCode,
} from './range-coder.ts'
import { bitLength, FIRST_ODDS, NEXT_USE, USE_BITS } from './residuals.ts'

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

/** The next decision of a number. */
const IS_BASE = 0
const FIRST_DOWN = 1
const FURTHER_DOWN = 2
const FURTHER_UP = 3
const IS_NEGATIVE = 4
const FIRST_BIT = 5
const SECOND_BIT = 6

/** The odds after a decision, nearer to what it was; the surer, the more decisions they rest on. */
function adaptOdds(odds: number, bit: number): number {
  const p = odds >>> USE_BITS
  const used = odds & LAST_SHIFT
  const shift = SHIFTS[used] ?? 0
  return ((bit === 0 ? p + ((65535 - p) >>> shift) : p - (p >>> shift)) << USE_BITS) | (NEXT_USE[used] ?? 0)
}

/** Used again by each call, which ends before the next one begins. */
const sharedOdds = new Int32Array(KINDS)

/**
 * The inverse; `count` offsets from `bytes`, from `at` on. As `decodeResiduals` it does itself what `RangeDecoder` does,
 * which takes half of the time. Raw bits beyond their range are only in damaged bytes.
 */
export function decodeOffsets(bytes: Uint8Array, at: number, count: number, expected: number): Float64Array {
  const offsets = new Float64Array(count)
  sharedOdds.fill(FIRST_ODDS)
  let { code, last } = startCode(bytes, at)
  let place = at + START_BYTES
  let range = FULL_RANGE
  let average = expected * AVERAGE_UNIT
  let signBefore = 0
  let before = 0
  for (let i = 0; i < count; i++) {
    const guess = guessOf(average)
    const row = guess * LENGTHS
    let length = guess
    let asks = IS_BASE
    let kind = BASE + before
    let size = 1
    let left = 0
    let isNegative = 0
    for (;;) {
      const odds = sharedOdds[kind] ?? 0
      const bound = Math.imul(range >>> 16, odds >>> USE_BITS)
      const bit = code < bound ? 0 : 1
      if (bit === 1) {
        code -= bound
        range -= bound
      } else range = bound
      sharedOdds[kind] = adaptOdds(odds, bit)
      while (range < LEAST_RANGE) {
        const next = bytes[place++] ?? 0
        code = (code << 8) | ((last & 1) << 7) | (next >>> 1)
        last = next
        range <<= 8
      }
      if (asks >= FIRST_BIT) {
        size = size * 2 + bit
        left--
        if (left === 0 || asks === SECOND_BIT) break
        asks = SECOND_BIT
        kind = SECOND + bit * LENGTHS + length
        continue
      }
      if (asks === IS_NEGATIVE) {
        isNegative = bit
        signBefore = 1 + bit
        left = length - 1
        if (left === 0) break
        asks = FIRST_BIT
        kind = FIRST + length
        continue
      }
      if (asks === IS_BASE) {
        before = ((before << 1) | bit) & 3
        if (bit === 1) break
        asks = guess > 1 ? FIRST_DOWN : FURTHER_UP
        kind = (guess > 1 ? DOWN : UP) + row + guess
        continue
      }
      if (asks === FURTHER_UP || (asks === FIRST_DOWN && bit === 0)) {
        const mayBeLonger = asks === FIRST_DOWN || bit === 1
        if (asks === FURTHER_UP) length += bit
        asks = mayBeLonger && length < LENGTHS - 1 ? FURTHER_UP : IS_NEGATIVE
        kind = UP + row + length
      } else {
        length -= bit
        asks = bit === 1 && length > 1 ? FURTHER_DOWN : IS_NEGATIVE
        kind = DOWN + row + length
      }
      if (asks !== IS_NEGATIVE) continue
      kind = SIGN + signBefore * 2 + (length > guess ? 1 : 0)
      average += (length * AVERAGE_UNIT - average) >> 2
    }
    while (left > 0) {
      const bits = Math.min(left, RAW_BITS)
      left -= bits
      range >>>= bits
      const raw = Math.min((code / range) | 0, (1 << bits) - 1)
      code -= Math.imul(range, raw)
      while (range < LEAST_RANGE) {
        const next = bytes[place++] ?? 0
        code = (code << 8) | ((last & 1) << 7) | (next >>> 1)
        last = next
        range <<= 8
      }
      size = size * 2 ** bits + raw
    }
    // The lowest bit says whether this number is the base.
    if ((before & 1) === 0) offsets[i] = isNegative === 1 ? -size : size
  }
  return offsets
}
