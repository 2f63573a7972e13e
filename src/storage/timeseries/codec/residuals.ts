import {
  EVEN_ODDS,
  FULL_RANGE,
  LAST_SHIFT,
  LEAST_RANGE,
  RangeEncoder,
  SHIFTS,
  START_BYTES,
  startCode,
} from './range-coder.ts'

/**
 * Whole numbers that are mostly small, the residuals of a good prediction, as bits. For each, its length in
 * bits is stored relative to the average length before it, then its sign, its two highest bits below the
 * leading one, and the other bits unchanged.
 */

/** Lengths go from 0 (the number 0) to 52. */
const LENGTHS = 53
/** Kinds of decision: up or down from the expected length, sign, first and second bit. */
const UP = 0
const DOWN = UP + LENGTHS * LENGTHS
const SIGN = DOWN + LENGTHS * LENGTHS
const FIRST = SIGN + 3 * 2
const SECOND = FIRST + LENGTHS
const KINDS = SECOND + 2 * LENGTHS
/** The average is kept in 16ths; each length moves it by a quarter of the difference. */
const AVERAGE_UNIT = 16
const RAW_BITS = 15

/** `numbers` are integers of at most 51 bits and a sign. */
export function encodeResiduals(numbers: Float64Array, expected: number): Uint8Array {
  const encoder = new RangeEncoder(KINDS)
  let average = expected * AVERAGE_UNIT
  let signBefore = 0
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] ?? 0
    const size = Math.abs(number)
    const length = bitLength(size)
    const guess = (average + AVERAGE_UNIT / 2) >> 4
    encodeLength(encoder, length, guess)
    average += (length * AVERAGE_UNIT - average) >> 2
    if (length === 0) {
      signBefore = 0
      continue
    }
    encoder.decide(SIGN + signBefore * 2 + (length > guess ? 1 : 0), number < 0 ? 1 : 0)
    signBefore = number < 0 ? 2 : 1
    encodeBelow(encoder, size, length)
  }
  return encoder.finish()
}

function encodeLength(encoder: RangeEncoder, length: number, guess: number) {
  const row = guess * LENGTHS
  let at = guess
  if (length < guess) {
    encoder.decide(DOWN + row + at, 1)
    at--
    while (at > 0 && length < at) {
      encoder.decide(DOWN + row + at, 1)
      at--
    }
    if (at > 0) encoder.decide(DOWN + row + at, 0)
    return
  }
  if (guess > 0) encoder.decide(DOWN + row + at, 0)
  while (at < LENGTHS - 1 && length > at) {
    encoder.decide(UP + row + at, 1)
    at++
  }
  if (at < LENGTHS - 1) encoder.decide(UP + row + at, 0)
}

function encodeBelow(encoder: RangeEncoder, size: number, length: number) {
  let left = length - 1
  if (left === 0) return
  const first = bitAt(size, --left)
  encoder.decide(FIRST + length, first)
  if (left === 0) return
  const second = bitAt(size, --left)
  encoder.decide(SECOND + first * LENGTHS + length, second)
  while (left > 0) {
    const count = Math.min(left, RAW_BITS)
    left -= count
    encoder.raw(Math.floor(size / 2 ** left) % 2 ** count, count)
  }
}

/** The next decision of a number. */
const FIRST_DOWN = 0
const FURTHER_DOWN = 1
const FURTHER_UP = 2
const IS_NEGATIVE = 3
const FIRST_BIT = 4
const SECOND_BIT = 5

/** Used again by each call, which ends before the next one begins. */
const sharedOdds = new Int32Array(KINDS)

/**
 * The inverse; `count` numbers from `bytes`, from `at` on. It does what `RangeDecoder` does, with the decoder's state
 * in local variables and one place that decides: that takes two thirds of the time, and graphs spend theirs here.
 */
export function decodeResiduals(
  bytes: Uint8Array,
  at: number,
  count: number,
  expected: number,
): Float64Array {
  const numbers = new Float64Array(count)
  sharedOdds.fill(FIRST_ODDS)
  let { code, last } = startCode(bytes, at)
  let place = at + START_BYTES
  let range = FULL_RANGE
  let average = expected * AVERAGE_UNIT
  let signBefore = 0
  for (let i = 0; i < count; i++) {
    const guess = (average + AVERAGE_UNIT / 2) >> 4
    const row = guess * LENGTHS
    let length = guess
    let asks = guess > 0 ? FIRST_DOWN : FURTHER_UP
    let kind = guess > 0 ? DOWN + row + guess : UP + row
    let size = 1
    let left = 0
    let isNegative = 0
    for (;;) {
      const odds = sharedOdds[kind] ?? 0
      const p = odds >>> USE_BITS
      const used = odds & LAST_USE
      const bound = Math.imul(range >>> 16, p)
      const shift = SHIFTS[used] ?? 0
      let bit = 0
      if (code < bound) {
        range = bound
        sharedOdds[kind] = ((p + ((65535 - p) >>> shift)) << USE_BITS) | (NEXT_USE[used] ?? 0)
      } else {
        bit = 1
        code -= bound
        range -= bound
        sharedOdds[kind] = ((p - (p >>> shift)) << USE_BITS) | (NEXT_USE[used] ?? 0)
      }
      while (range < LEAST_RANGE) {
        const next = bytes[place++] ?? 0
        code = (code << 8) | ((last & 1) << 7) | (next >>> 1)
        last = next
        range <<= 8
      }
      if (asks === FURTHER_UP) {
        length += bit
        if (bit === 1 && length < LENGTHS - 1) {
          kind = UP + row + length
          continue
        }
      } else if (asks === FIRST_DOWN && bit === 0) {
        if (length < LENGTHS - 1) {
          asks = FURTHER_UP
          kind = UP + row + length
          continue
        }
      } else if (asks <= FURTHER_DOWN) {
        length -= bit
        if (bit === 1 && length > 0) {
          asks = FURTHER_DOWN
          kind = DOWN + row + length
          continue
        }
      } else if (asks === IS_NEGATIVE) {
        isNegative = bit
        left = length - 1
        if (left === 0) break
        asks = FIRST_BIT
        kind = FIRST + length
        continue
      } else {
        size = size * 2 + bit
        left--
        if (left === 0 || asks === SECOND_BIT) break
        asks = SECOND_BIT
        kind = SECOND + bit * LENGTHS + length
        continue
      }
      // Here the length is known.
      if (length === 0) break
      asks = IS_NEGATIVE
      kind = SIGN + signBefore * 2 + (length > guess ? 1 : 0)
    }
    average += (length * AVERAGE_UNIT - average) >> 2
    signBefore = length === 0 ? 0 : 1 + isNegative
    while (left > 0) {
      const bits = Math.min(left, RAW_BITS)
      left -= bits
      range >>>= bits
      // More than that is only in damaged bytes.
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
    if (length > 0) numbers[i] = isNegative === 1 ? -size : size
  }
  return numbers
}

/** The probability of a 0 and how often it was used, as one number. */
export const USE_BITS = 5
const LAST_USE = LAST_SHIFT
export const FIRST_ODDS = EVEN_ODDS << USE_BITS
export const NEXT_USE = Uint8Array.from(SHIFTS, (_, use) => Math.min(use + 1, LAST_USE))

/** Bits of a whole number from 0 to 2^52 - 1; 0 has none. */
export function bitLength(size: number): number {
  return size < 0x80000000 ? 32 - Math.clz32(size) : 63 - Math.clz32(Math.floor(size / 0x80000000))
}

function bitAt(size: number, bit: number): number {
  return bit < 31 && size < 0x80000000 ? (size >>> bit) & 1 : Math.floor(size / 2 ** bit) % 2
}
