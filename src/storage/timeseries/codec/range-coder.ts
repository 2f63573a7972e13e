/**
 * A binary range coder with adaptive probabilities: a decision that is nearly always the same costs nearly
 * nothing, and there is no table to store, which matters in chunks of a few hundred samples. The carry is
 * handled as in LZMA; ranges keep to 31 bits, so that all of it is integer arithmetic.
 */

export const FULL_RANGE = 0x7fffffff
/** Below this the next byte is written. */
export const LEAST_RANGE = 2 ** 23
const CARRY = 2 ** 31
/**
 * How far a probability moves towards the actual bit, as a shift, by how often it was used: early decisions
 * count more. Part of the format, as all numbers here are: with another table the same bytes can't be
 * decoded.
 */
export const SHIFTS = Uint8Array.of(
  ...[1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5],
  ...[5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6],
)
export const LAST_SHIFT = SHIFTS.length - 1
/** The probability of a 0 in 16 bits at first. */
export const EVEN_ODDS = 32768
/** The bytes that a decoder reads before its first decision. */
export const START_BYTES = 4

/** Learnt for each kind of decision: the probability of a 0 in 16 bits, and how often it was used. */
function createOdds(kinds: number) {
  return { zeros: new Uint16Array(kinds).fill(EVEN_ODDS), uses: new Uint8Array(kinds) }
}

export class RangeEncoder {
  readonly #zeros: Uint16Array
  readonly #uses: Uint8Array
  #out = new Uint8Array(1024)
  #length = 0
  #low = 0
  #range = FULL_RANGE
  /** The byte that a carry may still raise, and how many 255s stand behind it. */
  #held = -1
  #ripples = 0

  /** `kinds` is how many kinds of decision there are. */
  constructor(kinds: number) {
    const { zeros, uses } = createOdds(kinds)
    this.#zeros = zeros
    this.#uses = uses
  }

  /** `bit` is 0 or 1. */
  decide(kind: number, bit: number) {
    const p = this.#zeros[kind] ?? 0
    const used = this.#uses[kind] ?? 0
    const bound = (this.#range >>> 16) * p
    const shift = SHIFTS[used] ?? 0
    if (bit === 0) {
      this.#range = bound
      this.#zeros[kind] = p + ((65535 - p) >>> shift)
    } else {
      this.#low += bound
      this.#range -= bound
      this.#zeros[kind] = p - (p >>> shift)
    }
    if (used < LAST_SHIFT) this.#uses[kind] = used + 1
    while (this.#range < LEAST_RANGE) this.#shift()
  }

  /** The lowest `count` bits of `value`, at most 15, each as likely 0 as 1. */
  raw(value: number, count: number) {
    this.#range >>>= count
    this.#low += this.#range * (value & ((1 << count) - 1))
    while (this.#range < LEAST_RANGE) this.#shift()
  }

  /** The fewest bytes that contain everything: the decoder reads zeros behind them. */
  finish(): Uint8Array {
    // Of all numbers in the range the one with the most zeros at its end.
    for (let unit = CARRY; unit >= 1; unit /= 2) {
      const value = Math.ceil(this.#low / unit) * unit
      if (value >= this.#low + this.#range) continue
      this.#low = value
      break
    }
    for (let i = 0; i < 5; i++) this.#shift()
    let end = this.#length
    while (end > 0 && this.#out[end - 1] === 0) end--
    return this.#out.slice(0, end)
  }

  #shift() {
    const carry = this.#low >= CARRY ? 1 : 0
    const low = this.#low - carry * CARRY
    const byte = Math.floor(low / LEAST_RANGE)
    if (byte < 255 || carry === 1) {
      if (this.#held >= 0) this.#put(this.#held + carry)
      for (; this.#ripples > 0; this.#ripples--) this.#put((255 + carry) & 255)
      this.#held = byte
    } else {
      this.#ripples++
    }
    this.#low = (low % LEAST_RANGE) * 256
    this.#range = this.#range < LEAST_RANGE ? this.#range << 8 : this.#range
  }

  #put(byte: number) {
    if (this.#length === this.#out.length) {
      const larger = new Uint8Array(this.#length * 2)
      larger.set(this.#out)
      this.#out = larger
    }
    this.#out[this.#length++] = byte
  }
}

/**
 * The initial state of a decoder of `bytes` from `at` on: its code, and the byte of which one bit is still to
 * come.
 */
export function startCode(bytes: Uint8Array, at: number): { code: number; last: number } {
  const last = bytes[at + 3] ?? 0
  const code =
    ((bytes[at] ?? 0) << 23) | ((bytes[at + 1] ?? 0) << 15) | ((bytes[at + 2] ?? 0) << 7) | (last >>> 1)
  return { code, last }
}

/** Can be used again, because most of what it decodes is short. */
export class RangeDecoder {
  readonly #zeros: Uint16Array
  readonly #uses: Uint8Array
  #bytes: Uint8Array = new Uint8Array()
  #at = 0
  #end = 0
  #code = 0
  #range = FULL_RANGE
  /** The byte read last: its lowest bit is still to come, because ranges have 31 bits. */
  #last = 0

  constructor(kinds: number) {
    const { zeros, uses } = createOdds(kinds)
    this.#zeros = zeros
    this.#uses = uses
  }

  /** Begins anew with the bytes from `at` to before `end`. */
  start(bytes: Uint8Array, at: number, end: number) {
    this.#zeros.fill(EVEN_ODDS)
    this.#uses.fill(0)
    this.#bytes = bytes
    this.#at = at
    this.#end = end
    this.#range = FULL_RANGE
    const first = (this.#next() << 23) | (this.#next() << 15) | (this.#next() << 7)
    this.#last = this.#next()
    this.#code = first | (this.#last >>> 1)
  }

  /** Zeros follow the last byte. */
  #next(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at++] ?? 0) : 0
  }

  /** The next decision of that kind: 0 or 1. */
  decide(kind: number): number {
    const p = this.#zeros[kind] ?? 0
    const used = this.#uses[kind] ?? 0
    const bound = (this.#range >>> 16) * p
    const shift = SHIFTS[used] ?? 0
    let bit = 0
    if (this.#code < bound) {
      this.#range = bound
      this.#zeros[kind] = p + ((65535 - p) >>> shift)
    } else {
      bit = 1
      this.#code -= bound
      this.#range -= bound
      this.#zeros[kind] = p - (p >>> shift)
    }
    if (used < LAST_SHIFT) this.#uses[kind] = used + 1
    while (this.#range < LEAST_RANGE) this.#shift()
    return bit
  }

  /** So many bits, at most 15. */
  raw(count: number): number {
    this.#range >>>= count
    // More than that is only in damaged bytes.
    const value = Math.min(Math.floor(this.#code / this.#range), (1 << count) - 1)
    this.#code -= this.#range * value
    while (this.#range < LEAST_RANGE) this.#shift()
    return value
  }

  #shift() {
    const next = this.#next()
    this.#code = (this.#code << 8) | ((this.#last & 1) << 7) | (next >>> 1)
    this.#last = next
    this.#range <<= 8
  }
}
