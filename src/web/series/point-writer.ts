/** Decimals that are written digit by digit have at most this many behind the point. */
const POWERS: readonly number[] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
/** Below, a decimal has at most 15 digits: no other one so short is the same double, so it is what JSON says. */
const EXACT = 1e15
/** Bytes of a number at most: `-1.2345678901234567e-308`. */
const LONGEST_NUMBER = 25
/** Whole numbers below are computed with as such. */
const SMALL = 2 ** 31
/** Those below `EXACT` that are split at this power of ten have both halves below `SMALL`. */
const HALF = 1e8
const HALF_DIGITS = 8

const ZERO = 0x30
const MINUS = 0x2d
const POINT = 0x2e
const COMMA = 0x2c
const OPEN = 0x5b
const CLOSE = 0x5d

const encoder = new TextEncoder()

/**
 * Writes JSON with many rows of numbers as bytes, in the words of `JSON.stringify`: samples are whole numbers or short
 * decimals, and writing their digits takes a third of the time. An answer may have half a million rows.
 */
export class PointWriter {
  #bytes = new Uint8Array(4096)
  #length = 0

  text(text: string) {
    this.#reserve(text.length * 3)
    this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written
  }

  /** `[a,b],[a,b]`, from columns of equal length. */
  rows(columns: readonly Float64Array[]) {
    const count = columns[0]?.length ?? 0
    const powers = new Uint8Array(columns.length)
    const longestRow = columns.length * (LONGEST_NUMBER + 1) + 3
    for (let i = 0; i < count; i++) {
      this.#reserve(longestRow)
      const bytes = this.#bytes
      let at = this.#length
      if (i > 0) bytes[at++] = COMMA
      bytes[at++] = OPEN
      for (let k = 0; k < columns.length; k++) {
        if (k > 0) bytes[at++] = COMMA
        const value = columns[k]?.[i] ?? 0
        const power = findPower(Math.abs(value), powers[k] ?? 0)
        powers[k] = power
        at = writeNumber(bytes, at, value, power)
      }
      bytes[at++] = CLOSE
      this.#length = at
    }
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(count: number) {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

/**
 * The fewest digits behind the point, as a place in `POWERS`, from those of the column's last number on; their count
 * where it is no such decimal. After one such number all of a column are written that way.
 */
function findPower(size: number, last: number): number {
  for (let power = last; power < POWERS.length; power++) {
    const scale = POWERS[power] ?? 1
    const scaled = Math.round(size * scale)
    if (scaled >= EXACT) return POWERS.length
    if (scaled / scale === size) return power
  }
  return POWERS.length
}

/** Writes one number at `at`; returns where it ends. */
function writeNumber(bytes: Uint8Array, at: number, value: number, power: number): number {
  const scale = POWERS[power]
  if (scale === undefined) return writeText(bytes, at, Number.isFinite(value) ? String(value) : 'null')
  if (value >= 0) return writeDecimal(bytes, at, Math.round(value * scale), power)
  bytes[at] = MINUS
  return writeDecimal(bytes, at + 1, Math.round(-value * scale), power)
}

function writeText(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** `scaled` / 10^`power` without zeros at the end. */
function writeDecimal(bytes: Uint8Array, at: number, scaled: number, power: number): number {
  if (scaled >= SMALL) return writeLargeDecimal(bytes, at, scaled, power)
  let digits = scaled | 0
  let behind = power
  while (behind > 0) {
    const shorter = (digits / 10) | 0
    if (shorter * 10 !== digits) break
    digits = shorter
    behind--
  }
  if (behind === 0) return writeWhole(bytes, at, digits)
  const scale = (POWERS[behind] ?? 1) | 0
  const before = (digits / scale) | 0
  const end = writeWhole(bytes, at, before)
  bytes[end] = POINT
  return writePadded(bytes, end + 1, digits - before * scale, behind)
}

/** Both halves are below 2^31. */
function writeLargeDecimal(bytes: Uint8Array, at: number, scaled: number, power: number): number {
  const high = Math.floor(scaled / HALF)
  const middle = writeWhole(bytes, at, high)
  let end = writePadded(bytes, middle, scaled - high * HALF, HALF_DIGITS)
  if (power === 0) return end
  // The point belongs into the digits, of which there are more than six.
  bytes.copyWithin(end - power + 1, end - power, end)
  bytes[end - power] = POINT
  while (bytes[end] === ZERO) end--
  return bytes[end] === POINT ? end : end + 1
}

function writeWhole(bytes: Uint8Array, at: number, whole: number): number {
  if (whole < 10) {
    bytes[at] = ZERO + whole
    return at + 1
  }
  if (whole < 100) return writePadded(bytes, at, whole, 2)
  if (whole < 10_000) return writePadded(bytes, at, whole, whole < 1000 ? 3 : 4)
  const high = (whole / 10_000) | 0
  return writePadded(bytes, writeWhole(bytes, at, high), whole - high * 10_000, 4)
}

/** With zeros in front, up to as many digits. */
function writePadded(bytes: Uint8Array, at: number, whole: number, digits: number): number {
  let rest = whole | 0
  for (let place = at + digits - 1; place >= at; place--) {
    const next = (rest / 10) | 0
    bytes[place] = ZERO + rest - next * 10
    rest = next
  }
  return at + digits
}
