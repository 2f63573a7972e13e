import { RangeDecoder, RangeEncoder } from './range-coder.ts'

/**
 * Whole numbers that are mostly small, the rest of a good guess, as bits. Each is told by its length in bits,
 * relative to the length that went before on average, then its sign, its two highest bits below the leading
 * one, and the others as they are.
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

/** The inverse; `count` numbers from `bytes`, from `at` on. */
export function decodeResiduals(
  bytes: Uint8Array,
  at: number,
  count: number,
  expected: number,
): Float64Array {
  const decoder = new RangeDecoder(KINDS, bytes, at)
  const numbers = new Float64Array(count)
  let average = expected * AVERAGE_UNIT
  let signBefore = 0
  for (let i = 0; i < count; i++) {
    const guess = (average + AVERAGE_UNIT / 2) >> 4
    const length = decodeLength(decoder, guess)
    average += (length * AVERAGE_UNIT - average) >> 2
    if (length === 0) {
      signBefore = 0
      continue
    }
    const negative = decoder.decide(SIGN + signBefore * 2 + (length > guess ? 1 : 0))
    signBefore = 1 + negative
    const size = decodeBelow(decoder, length)
    numbers[i] = negative === 1 ? -size : size
  }
  return numbers
}

function decodeLength(decoder: RangeDecoder, guess: number): number {
  const row = guess * LENGTHS
  let at = guess
  if (guess > 0 && decoder.decide(DOWN + row + at) === 1) {
    at--
    while (at > 0 && decoder.decide(DOWN + row + at) === 1) at--
    return at
  }
  while (at < LENGTHS - 1 && decoder.decide(UP + row + at) === 1) at++
  return at
}

function decodeBelow(decoder: RangeDecoder, length: number): number {
  let left = length - 1
  if (left === 0) return 1
  left--
  const first = decoder.decide(FIRST + length)
  let size = 2 + first
  if (left === 0) return size
  left--
  size = size * 2 + decoder.decide(SECOND + first * LENGTHS + length)
  while (left > 0) {
    const count = Math.min(left, RAW_BITS)
    left -= count
    size = size * 2 ** count + decoder.raw(count)
  }
  return size
}

/** Bits of a whole number from 0 to 2^52 - 1; 0 has none. */
export function bitLength(size: number): number {
  return size < 0x80000000 ? 32 - Math.clz32(size) : 63 - Math.clz32(Math.floor(size / 0x80000000))
}

function bitAt(size: number, bit: number): number {
  return bit < 31 && size < 0x80000000 ? (size >>> bit) & 1 : Math.floor(size / 2 ** bit) % 2
}
