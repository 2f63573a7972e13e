import { hashToken } from '../lib/hash-token.ts'
import { checkVersion, MetricSetTable, readBatch, readKey } from '../protocol/batch.ts'
import { type Fields, readHost } from '../protocol/field.ts'
import { parseObject } from '../protocol/json.ts'
import {
  MAX_BATCH_BYTES,
  MAX_CONNECTION_HOSTS,
  MAX_KEY_LENGTH,
  MAX_UNKNOWN_BYTES,
} from '../protocol/message.ts'
import type { NameLists } from '../protocol/names.ts'
import { checkNesting, isWhiteSpace, ObjectScanner } from '../protocol/object-scanner.ts'
import { type PackedHeader, readPackedHeader, unpack } from '../protocol/packing.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Tally } from '../protocol/rejection-tally.ts'
import type { HostReport } from '../storage/ports/store.ts'
import type { Credentials } from './connection/admission.ts'
import { CsvReader } from './csv-reader.ts'
import { HostKeys } from './host-keys.ts'
import { LegacyReader } from './legacy-reader.ts'
import { QueueIdentities } from './queue-identities.ts'
import { skewOf } from './skew.ts'

/** What a session needs of the connection that it is on. */
export type DecoderPort = {
  readonly nameLists: NameLists
  readonly legacyBytes: number
  /** Server's clock. */
  now(): number
  isPassphrase(said: unknown): boolean
  /** Why the sender may not speak the CSV of the original's first agents, which say no passphrase; or null. */
  findCsvObstacle(): string | null
  /** False when no further message should be read now. */
  canTake(): boolean
  /**
   * Asks whether a sender without the passphrase may speak for a host; the answer goes to `resume`. Until
   * then `canTake` is false.
   */
  admit(credentials: Credentials): void
  /**
   * `id` is null for a packet of the original's dialect; `later` counts the frames that wait with the sender.
   */
  submit(report: HostReport, id: number | null, refused: Tally | null, later: number): void
  /** A batch that is refused while the session goes on. */
  refuse(error: ProtocolError): void
}

type Phase = 'opening' | 'lines' | 'packed' | 'stream' | 'csv' | 'over'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const OPEN_BRACE = 0x7b

/** What is said on one connection, from bytes to reports, in either dialect. */
export class ProtocolDecoder {
  readonly #port: DecoderPort
  #phase: Phase = 'opening'
  #at = 0
  /** Bytes behind `#at` that hold no end of a message. */
  #scanned = 0
  #scanner: ObjectScanner | null = new ObjectScanner()
  #metricSets: MetricSetTable | null = null
  /** Length of the message that is being read, unpacked. */
  #messageBytes = 0
  #hasPassphrase = false
  /** It speaks the original's CSV, which knows no passphrase. */
  #isCsv = false
  /** Hosts for which the sender has proved a key. */
  readonly #admitted = new Set<string>()
  /** The batch whose sender is being looked up. */
  #asking: { readonly fields: Fields; readonly host: string } | null = null
  readonly #keys = new HostKeys()
  readonly #queues = new QueueIdentities()
  #packed: PackedHeader | null = null
  #awaitsLineEnd = false
  #legacy: LegacyReader | null = null
  #csv: CsvReader | null = null

  constructor(port: DecoderPort) {
    this.#port = port
  }

  /** Bytes of memory held besides what `consume` left. */
  get held(): number {
    return (this.#legacy ?? this.#csv)?.held ?? 0
  }

  /** True when the sender has said the passphrase or proved a key, or may come without. */
  get isKnown(): boolean {
    return this.#hasPassphrase || this.#isCsv || this.#admitted.size > 0
  }

  /** The longest message that is read now, packed or not. */
  get #mostBytes(): number {
    return this.isKnown ? MAX_BATCH_BYTES : MAX_UNKNOWN_BYTES
  }

  /** Null while that can't be told yet. */
  get dialect(): 'ours' | 'legacy' | null {
    if (this.#phase === 'opening') return null
    return this.#metricSets === null ? 'legacy' : 'ours'
  }

  /** True after the one packet of the original's dialects. */
  get isOver(): boolean {
    return this.#phase === 'over'
  }

  /** True when a message has begun that is not at its end, apart from what `consume` left. */
  get isMidMessage(): boolean {
    return this.#phase === 'packed' || this.#phase === 'stream' || this.#phase === 'csv'
  }

  /** True while lines of CSV come, whose end is that no more does: see `endLines`. */
  get isReadingLines(): boolean {
    return this.#phase === 'csv'
  }

  /** All lines have come. Throws a ProtocolError when none was of the right form. */
  endLines(): void {
    this.#phase = 'over'
    const csv = this.#csv
    this.#csv = null
    csv?.end()
  }

  /**
   * The answer to `admit`: reads the batch that waited for it. Throws a ProtocolError when the session can't
   * go on.
   */
  resume(): void {
    const asking = this.#asking
    if (asking === null) return
    this.#asking = null
    if (this.#admitted.size >= MAX_CONNECTION_HOSTS) this.#admitted.clear()
    this.#admitted.add(asking.host)
    try {
      this.#takeBatch(asking.fields)
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.id === null) throw error
      this.#port.refuse(error)
    }
  }

  /**
   * Reads what is complete; how many bytes of `bytes` are done with. The next call must give the rest again,
   * with more behind it. Throws a ProtocolError when the session can't go on.
   */
  consume(bytes: Buffer): number {
    this.#at = 0
    while (this.#at < bytes.length && this.#port.canTake()) {
      try {
        if (!this.#readNext(bytes)) break
      } catch (error) {
        if (!(error instanceof ProtocolError) || error.id === null) throw error
        this.#port.refuse(error)
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
        if (this.#beginLegacy().readPiece(bytes.subarray(this.#at))) this.#endLegacy()
        this.#at = bytes.length
        return true
      case 'csv':
        return this.#readCsv(bytes)
      case 'over':
        this.#at = bytes.length
        return false
    }
  }

  /** The first object tells the dialect; its end is found whatever the white space in it. */
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
    this.#scanner = null
    this.#messageBytes = text.length
    const fields = parseObject(text)
    if ('v' in fields) {
      this.#phase = 'lines'
      this.#metricSets = new MetricSetTable()
      this.#awaitsLineEnd = true
      this.#readMessage(fields, true)
    } else {
      this.#beginLegacy().readPacket(fields)
      this.#endLegacy()
    }
    return true
  }

  /** A line of CSV begins with a time, and nothing else that is understood here begins with a digit. */
  #beginCsv(): boolean {
    const obstacle = this.#port.findCsvObstacle()
    if (obstacle !== null) throw new ProtocolError('csv', obstacle)
    this.#isCsv = true
    this.#scanner = null
    this.#phase = 'csv'
    this.#csv = new CsvReader({
      nameLists: this.#port.nameLists,
      legacyBytes: this.#port.legacyBytes,
      now: () => this.#port.now(),
      submit: (report, refused) => this.#port.submit(report, null, refused, 0),
    })
    return true
  }

  #readCsv(bytes: Buffer): boolean {
    const read = this.#csv?.read(bytes.subarray(this.#at)) ?? 0
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
    checkNesting(bytes, this.#at, end)
    const text = bytes.toString('utf8', this.#at, end)
    this.#at = end + 1
    this.#scanned = 0
    this.#readLineText(text)
    this.#awaitsLineEnd = false
    return true
  }

  #readLineText(text: string): void {
    if (text.trim() === '') return
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
    checkNesting(plain, 0, plain.length)
    this.#messageBytes = plain.length
    this.#readMessage(parseObject(plain.toString()), false)
    return true
  }

  #readMessage(fields: Fields, mayBePacked: boolean): void {
    checkVersion(fields)
    if ('encoding' in fields) {
      if (!mayBePacked) throw new ProtocolError('malformed', 'packed twice')
      this.#packed = readPackedHeader(fields, this.#mostBytes)
      this.#phase = 'packed'
      return
    }
    this.#readBatch(fields)
  }

  #readBatch(fields: Fields): void {
    const { passphrase, key, enroll } = fields
    if (passphrase !== undefined) this.#checkPassphrase(passphrase)
    if (this.#hasPassphrase) this.#takeBatch(fields)
    else if (key === undefined && !this.isKnown) this.#checkPassphrase(passphrase)
    else {
      const host = readHost(fields.host)
      if (this.#admitted.has(host)) this.#takeBatch(fields)
      else this.#askFor(fields, host, enroll)
    }
  }

  /** Nothing of the batch but these is looked into before its sender is known. */
  #askFor(fields: Fields, host: string, enroll: unknown): void {
    const code = typeof enroll === 'string' && enroll.length <= MAX_KEY_LENGTH ? enroll : null
    const keyHash = hashToken(readKey(fields.key))
    this.#asking = { fields, host }
    this.#port.admit({ host, keyHash, code, bytes: this.#messageBytes })
  }

  #takeBatch(fields: Fields): void {
    const seen = this.#port.now()
    const metricSets = this.#metricSets ?? new MetricSetTable()
    const { id, key, clock, queue, refused, later, ...batch } = readBatch(
      fields,
      metricSets,
      this.#port.nameLists,
      seen,
    )
    const keyHash = this.#keys.recall(batch.host, key)
    const report: HostReport = {
      ...batch,
      keyHash,
      isByKey: !this.#hasPassphrase,
      queue: this.#queues.recall(batch.host, queue, seen),
      seen,
      clockSkew: skewOf(clock, seen),
    }
    this.#port.submit(report, id, refused, later)
  }

  #checkPassphrase(said: unknown): void {
    if (!this.#port.isPassphrase(said)) throw new ProtocolError('passphrase', 'wrong passphrase')
    this.#hasPassphrase = true
  }

  #beginLegacy(): LegacyReader {
    this.#legacy ??= new LegacyReader({
      nameLists: this.#port.nameLists,
      legacyBytes: this.#port.legacyBytes,
      now: () => this.#port.now(),
      checkPassphrase: (said) => this.#checkPassphrase(said),
      submit: (report, refused) => this.#port.submit(report, null, refused, 0),
    })
    return this.#legacy
  }

  #endLegacy(): void {
    this.#phase = 'over'
    this.#legacy = null
  }
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39
