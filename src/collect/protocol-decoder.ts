import { freeBytes } from '../lib/free-bytes.ts'
import { checkVersion } from '../protocol/batch.ts'
import type { JsonMembers } from '../protocol/field.ts'
import { parseObject, tryObject } from '../protocol/json.ts'
import { MAX_BATCH_BYTES, MAX_UNKNOWN_BYTES } from '../protocol/message.ts'
import { checkNesting, isWhiteSpace, ObjectScanner, UNSCANNED_BYTES } from '../protocol/object-scanner.ts'
import { type PackedHeader, readPackedHeader, unpack } from '../protocol/packing.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { BatchSession } from './batch-session.ts'
import type { DecoderPort } from './decoder-port.ts'
import { LegacySession } from './legacy-session.ts'

type Phase = 'opening' | 'lines' | 'packed' | 'stream' | 'csv' | 'over'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
/** The last byte of a chunk that may be one object: its brace or a line end. */
const OBJECT_ENDS = new Set([CLOSE_BRACE, LINE_FEED])

/** Decodes the bytes of one connection into reports, in either dialect. */
export class ProtocolDecoder {
  readonly #port: DecoderPort
  #phase: Phase = 'opening'
  #at = 0
  /** Bytes behind `#at` that hold no end of a message. */
  #scanned = 0
  #scanner: ObjectScanner | null = new ObjectScanner()
  /** The sender uses our dialect. */
  #isOurs = false
  /** Length of the message that is being read, unpacked. */
  #messageBytes = 0
  /** The sender uses the original's CSV, which has no passphrase. */
  #isCsv = false
  readonly #batches: BatchSession
  /** Null as long as nothing has come in a dialect of the original. */
  #legacy: LegacySession | null = null
  #packed: PackedHeader | null = null
  #awaitsLineEnd = false

  constructor(port: DecoderPort) {
    this.#port = port
    this.#batches = new BatchSession(port)
  }

  /** Bytes of memory held besides what `consume` left. */
  get held(): number {
    return this.#legacy?.held ?? 0
  }

  /** True when the sender has given the passphrase or proved a key, or needs neither. */
  get isKnown(): boolean {
    return this.#isCsv || this.#batches.isKnown
  }

  /** The longest message that is read now, packed or not. */
  get #mostBytes(): number {
    return this.isKnown ? MAX_BATCH_BYTES : MAX_UNKNOWN_BYTES
  }

  /** Null while it is not decided yet. */
  get dialect(): 'ours' | 'legacy' | null {
    if (this.#phase === 'opening') return null
    return this.#isOurs ? 'ours' : 'legacy'
  }

  /** True after the one packet of the original's dialects. */
  get isOver(): boolean {
    return this.#phase === 'over'
  }

  /** True when a message has begun that is not at its end, apart from what `consume` left. */
  get isMidMessage(): boolean {
    return this.#phase === 'packed' || this.#phase === 'stream' || this.#phase === 'csv'
  }

  /** True while lines of CSV are read, which end when no more follow: see `endLines`. */
  get isReadingLines(): boolean {
    return this.#phase === 'csv'
  }

  /** All lines have arrived. Throws a ProtocolError when none was of the right form. */
  endLines(): void {
    this.#phase = 'over'
    this.#legacy?.endLines()
  }

  /**
   * The answer to `admit`: reads the batch that waited for it. Throws a ProtocolError when the session can't
   * go on.
   */
  resume(): void {
    try {
      this.#batches.resume()
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.id === null) throw error
      this.#port.refuseBatch(error)
    }
  }

  /**
   * Reads all complete messages; returns how many of `bytes` are finished. The next call must pass the rest
   * again, followed by more. Throws a ProtocolError when the session can't go on.
   */
  consume(bytes: Buffer): number {
    this.#at = 0
    while (this.#at < bytes.length && this.#port.canTake()) {
      try {
        if (!this.#readNext(bytes)) break
      } catch (error) {
        if (!(error instanceof ProtocolError) || error.id === null) throw error
        this.#port.refuseBatch(error)
      }
    }
    return this.#at
  }

  /** False when more bytes are needed. `#at` is moved on before a message is looked into. */
  #readNext(bytes: Buffer): boolean {
    switch (this.#phase) {
      case 'opening':
        return this.#readOpening(bytes)
      case 'lines':
        return this.#readLine(bytes)
      case 'packed':
        return this.#readPacked(bytes)
      case 'stream':
        if (this.#findLegacy().readPiece(bytes.subarray(this.#at))) this.#phase = 'over'
        this.#at = bytes.length
        return true
      case 'csv':
        return this.#readCsv(bytes)
      case 'over':
        this.#at = bytes.length
        return false
    }
  }

  /** The first object determines the dialect; its end is found whatever the white space in it. */
  #readOpening(bytes: Buffer): boolean {
    const scanner = this.#scanner
    if (scanner === null) throw new Error('the opening was read already')
    if (this.#scanned === 0) {
      while (isWhiteSpace(bytes[this.#at])) this.#at++
      if (this.#at === bytes.length) return false
      if (isDigit(bytes[this.#at])) return this.#beginCsv()
      if (bytes[this.#at] !== OPEN_BRACE)
        throw new ProtocolError('malformed', 'does not begin with an object')
    }
    if (this.#scanned === 0 && this.#readWholeOpening(bytes)) return true
    const end = scanner.scan(bytes, this.#at + this.#scanned, bytes.length)
    if (end < 0) {
      this.#scanned = bytes.length - this.#at
      if (this.#scanned <= MAX_UNKNOWN_BYTES) return false
      this.#scanner = null
      this.#phase = 'stream'
      return true
    }
    const text = bytes.toString('utf8', this.#at, end)
    this.#at = end
    this.#scanned = 0
    this.#beginDialect(parseObject(text), text.length)
    return true
  }

  /**
   * Nearly always the received bytes are exactly one object, which then need not be scanned for its end.
   * Tried once, and with a short one alone: see `checkNesting`. False when they are something else.
   */
  #readWholeOpening(bytes: Buffer): boolean {
    const length = bytes.length - this.#at
    if (length > UNSCANNED_BYTES || !OBJECT_ENDS.has(bytes[bytes.length - 1] ?? 0)) return false
    const text = bytes.toString('utf8', this.#at)
    const fields = tryObject(text)
    if (fields === null) return false
    // The line end that our dialect requires may follow the object; it is left to be read.
    let end = bytes.length
    while (bytes[end - 1] !== CLOSE_BRACE) end--
    this.#at = end
    this.#beginDialect(fields, text.length)
    return true
  }

  #beginDialect(fields: JsonMembers, length: number): void {
    this.#scanner = null
    this.#messageBytes = length
    if ('v' in fields) {
      this.#phase = 'lines'
      this.#isOurs = true
      this.#awaitsLineEnd = true
      this.#readMessage(fields, true)
    } else {
      this.#findLegacy().readPacket(fields)
      this.#phase = 'over'
    }
  }

  /** A line of CSV begins with a time, and nothing else that is understood here begins with a digit. */
  #beginCsv(): boolean {
    this.#findLegacy().beginLines()
    this.#isCsv = true
    this.#scanner = null
    this.#phase = 'csv'
    return true
  }

  #findLegacy(): LegacySession {
    this.#legacy ??= new LegacySession(this.#port, this.#batches)
    return this.#legacy
  }

  #readCsv(bytes: Buffer): boolean {
    const read = this.#findLegacy().readLines(bytes.subarray(this.#at))
    this.#at += read
    return read > 0
  }

  #readLine(bytes: Buffer): boolean {
    const end = bytes.indexOf(LINE_FEED, this.#at + this.#scanned)
    const length = (end < 0 ? bytes.length : end) - this.#at
    if (length > this.#mostBytes)
      throw new ProtocolError('oversized', `a line is longer than ${this.#mostBytes} bytes`)
    if (end < 0) {
      this.#scanned = length
      return false
    }
    const from = this.#at
    this.#at = end + 1
    this.#scanned = 0
    if (!this.#awaitsLineEnd && this.#batches.takePlain(bytes, from, end)) return true
    checkNesting(bytes, from, end)
    const text = bytes.toString('utf8', from, end)
    this.#readLineText(text)
    this.#awaitsLineEnd = false
    return true
  }

  #readLineText(text: string): void {
    if (text.charCodeAt(0) !== OPEN_BRACE && text.trim() === '') return
    if (this.#awaitsLineEnd) throw new ProtocolError('malformed', 'no line end after the first message')
    this.#messageBytes = text.length
    this.#readMessage(parseObject(text), true)
  }

  #readPacked(bytes: Buffer): boolean {
    const header = this.#packed
    if (header === null) throw new Error('packed bytes without their header')
    if (this.#awaitsLineEnd) {
      if (bytes[this.#at] === CARRIAGE_RETURN) this.#at++
      if (this.#at === bytes.length) return false
      if (bytes[this.#at] !== LINE_FEED)
        throw new ProtocolError('malformed', 'no line end before packed bytes')
      this.#at++
      this.#awaitsLineEnd = false
    }
    const end = this.#at + header.bytes
    if (end > bytes.length) return false
    const packed = bytes.subarray(this.#at, end)
    this.#at = end
    this.#packed = null
    this.#phase = 'lines'
    const plain = unpack(header, packed)
    try {
      if (this.#batches.takePlain(plain, 0, plain.length)) return true
      checkNesting(plain, 0, plain.length)
      this.#messageBytes = plain.length
      this.#readMessage(parseObject(plain.toString()), false)
      return true
    } finally {
      freeBytes(plain)
    }
  }

  #readMessage(fields: JsonMembers, mayBePacked: boolean): void {
    checkVersion(fields)
    if ('encoding' in fields) {
      if (!mayBePacked) throw new ProtocolError('malformed', 'packed twice')
      this.#packed = readPackedHeader(fields, this.#mostBytes)
      this.#phase = 'packed'
      return
    }
    this.#batches.read(fields, this.#messageBytes)
  }
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39
