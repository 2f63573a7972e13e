import type { Frame } from '../domain/sample.ts'
import { EARLIEST_TIME } from './field.ts'
import { type HostNames, isName } from './host-names.ts'
import { MAX_BATCH_FRAMES } from './message.ts'
import type { NameList } from './names.ts'

/** What is known of the sender of a line. */
export type PlainBatchSender = {
  /** The lists of names that it has sent, by their numbers. */
  readonly layouts: { find(layout: number): NameList | undefined }
  /** The host of its last plain batch, which nearly always is that of the next; empty when there is none. */
  readonly host: string
  /** The latest time that is not in the future, in seconds since 1970. */
  readonly latest: number
}

/**
 * The batch that nearly every line is: frames whose names are known, and nothing else but the clock and the frames'
 * numbers. It is read from the bytes, in the order in which an agent writes it, without an object for each of its parts;
 * `JSON.parse` and a look at each member cost three times as much. Whatever is written in another way, or is not good in
 * any respect, is left to `readBatch`, so that there is one place which says what is wrong. One reader serves all
 * connections, since it keeps nothing between two lines.
 */
export class PlainBatchReader {
  id = 0
  host = ''
  /** Null when the batch does not contain it. */
  clock: number | null = null
  /** At least one. */
  frames: readonly Frame[] = NOTHING
  /** Of each frame; null when they have none. */
  numbers: readonly number[] | null = null
  /** The lowest number that may still come. */
  waiting = 0
  readonly #hosts: HostNames
  #at = 0

  constructor(hosts: HostNames) {
    this.#hosts = hosts
  }

  /**
   * Reads the line in `bytes` from `from` to `end`, the line end not included. False when it is not a plain
   * batch: the fields of the reader have no meaning then.
   */
  read(bytes: Uint8Array, from: number, end: number, { layouts, latest, host }: PlainBatchSender): boolean {
    this.#at = from
    if (!this.#take(bytes, VERSION) || !this.#takeWhole(bytes)) return false
    this.id = this.#whole
    if (!this.#take(bytes, HOST) || !this.#takeHost(bytes, end, host)) return false
    this.clock = null
    if (this.#take(bytes, CLOCK)) {
      if (!this.#takeWhole(bytes)) return false
      this.clock = this.#whole
    }
    if (!this.#take(bytes, LAYOUT) || !this.#takeWhole(bytes)) return false
    const list = layouts.find(this.#whole)
    if (list === undefined || list.columns !== null) return false
    if (!this.#take(bytes, FRAMES) || !this.#takeFrames(bytes, list, latest)) return false
    if (this.#takeNumbers(bytes) && bytes[this.#at] === CLOSE_BRACE && this.#at + 1 === end) return true
    this.forget()
    return false
  }

  /** Lets go of what was read, which is no longer needed when its report was handed on. */
  forget(): void {
    this.frames = NOTHING
    this.numbers = null
  }

  #takeFrames(bytes: Uint8Array, { metrics, width }: NameList, latest: number): boolean {
    const frames: Frame[] = []
    do {
      if (frames.length === MAX_BATCH_FRAMES || !this.#takeWhole(bytes)) return false
      const time = this.#whole
      if (time < EARLIEST_TIME || time > latest || !this.#takeValues(bytes, width)) return false
      frames.push({ time, metrics, values: this.#values })
    } while (this.#take(bytes, NEXT_FRAME))
    if (!this.#take(bytes, FRAMES_END)) return false
    this.frames = frames
    return true
  }

  /** One number, or the first and the last of numbers that follow each other; none at all is no fault. */
  #takeNumbers(bytes: Uint8Array): boolean {
    const { length } = this.frames
    this.numbers = null
    this.waiting = 0
    if (!this.#take(bytes, NUMBERS)) return true
    const isList = this.#take(bytes, LIST)
    if (!this.#takeWhole(bytes)) return false
    const first = this.#whole
    if (isList && (!this.#take(bytes, SEPARATOR) || !this.#takeWhole(bytes) || !this.#take(bytes, LIST_END)))
      return false
    if (first === 0 || this.#whole - first + 1 !== length) return false
    const numbers = [first]
    for (let i = 1; i < length; i++) numbers.push(first + i)
    this.numbers = numbers
    this.waiting = first
    if (!this.#take(bytes, WAITING)) return true
    if (!this.#takeWhole(bytes) || this.#whole === 0) return false
    this.waiting = this.#whole
    return true
  }

  /** The number that `#takeWhole` has read. */
  #whole = 0
  /** What `#takeValues` has read. */
  #values: (number | null)[] = []

  #take(bytes: Uint8Array, text: Uint8Array): boolean {
    const at = this.#at
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false
    this.#at = at + text.length
    return true
  }

  /** A whole number of at most fifteen digits, without a sign. */
  #takeWhole(bytes: Uint8Array): boolean {
    const from = this.#at
    let at = from
    let value = 0
    let digit = (bytes[at] ?? 0) - ZERO
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      digit = (bytes[++at] ?? 0) - ZERO
    }
    const digits = at - from
    if (digits === 0 || digits > MAX_DIGITS || (digits > 1 && bytes[from] === ZERO)) return false
    this.#whole = value
    this.#at = at
    return true
  }

  #takeHost(bytes: Uint8Array, end: number, expected: string): boolean {
    const from = this.#at
    let at = from
    while (at < end && bytes[at] !== QUOTE) at++
    const host = isName(expected, bytes, from, at - from) ? expected : this.#hosts.find(bytes, from, at)
    if (host === null || host === '') return false
    this.host = host
    this.#at = at + 1
    return true
  }

  /** Exactly `count` numbers or nulls, at least one of them a number. */
  #takeValues(bytes: Uint8Array, count: number): boolean {
    const values: (number | null)[] = []
    let at = this.#at
    let isEmpty = true
    for (let i = 0; i < count; i++) {
      if (bytes[at++] !== COMMA) return false
      const isNegative = bytes[at] === MINUS
      if (isNegative) at++
      const from = at
      let value = 0
      let digit = (bytes[at] ?? 0) - ZERO
      while (digit >= 0 && digit <= 9) {
        value = value * 10 + digit
        digit = (bytes[++at] ?? 0) - ZERO
      }
      let digits = at - from
      if (digits === 0) {
        if (isNegative || !isNull(bytes, at)) return false
        values.push(null)
        at += 4
        continue
      }
      if (digits > 1 && bytes[from] === ZERO) return false
      if (bytes[at] === POINT) {
        const point = at
        digit = (bytes[++at] ?? 0) - ZERO
        while (digit >= 0 && digit <= 9) {
          value = value * 10 + digit
          digit = (bytes[++at] ?? 0) - ZERO
        }
        const decimals = at - point - 1
        digits += decimals
        if (decimals === 0 || digits > MAX_DIGITS) return false
        // Both are exact, so that the quotient is the number that is nearest to what was written.
        value /= POWERS[decimals] ?? 1
      } else if (digits > MAX_DIGITS) return false
      values.push(isNegative ? -value : value)
      isEmpty = false
    }
    this.#values = values
    this.#at = at
    return !isEmpty
  }
}

const NOTHING: readonly never[] = []

/** A whole number with this many digits is exact. */
const MAX_DIGITS = 15
const POWERS = Array.from({ length: MAX_DIGITS + 1 }, (_, power) => 10 ** power)

const ascii = (text: string) => new TextEncoder().encode(text)
const VERSION = ascii('{"v":1,"id":')
const HOST = ascii(',"host":"')
const CLOCK = ascii(',"clock":')
const LAYOUT = ascii(',"layout":')
const FRAMES = ascii(',"frames":[[')
const NEXT_FRAME = ascii('],[')
const FRAMES_END = ascii(']]')
const NUMBERS = ascii(',"numbers":')
const LIST = ascii('[')
const SEPARATOR = ascii(',')
const LIST_END = ascii(']')
const WAITING = ascii(',"waiting":')

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const CLOSE_BRACE = 0x7d

const isNull = (bytes: Uint8Array, at: number) =>
  bytes[at] === 0x6e && bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c
