import type { JsonMembers } from '../protocol/field.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { BatchSession } from './batch-session.ts'
import { CsvReader } from './csv-reader.ts'
import type { DecoderPort } from './decoder-port.ts'
import { LegacyReader } from './legacy-reader.ts'

/** The content of one connection in a dialect of the original: one packet, or lines of CSV. */
export class LegacySession {
  readonly #port: DecoderPort
  readonly #batches: BatchSession
  #packet: LegacyReader | null = null
  #csv: CsvReader | null = null

  constructor(port: DecoderPort, batches: BatchSession) {
    this.#port = port
    this.#batches = batches
  }

  /** Bytes of memory held. */
  get held(): number {
    return (this.#packet ?? this.#csv)?.held ?? 0
  }

  /** Reads a packet that was received as a whole. */
  readPacket(fields: JsonMembers): void {
    this.#beginPacket().readPacket(fields)
    this.#packet = null
  }

  /** Reads a piece of a long packet; true when it was the last one. */
  readPiece(bytes: Buffer): boolean {
    const isOver = this.#beginPacket().readPiece(bytes)
    if (isOver) this.#packet = null
    return isOver
  }

  /** Throws a ProtocolError where no CSV is taken. */
  beginLines(): void {
    const port = this.#port
    const obstacle = port.findCsvObstacle()
    if (obstacle !== null) throw new ProtocolError('csv', obstacle)
    this.#csv = new CsvReader({
      nameLists: port.nameLists,
      legacyBytes: port.legacyBytes,
      now: () => port.now(),
      submit: (report, refused) =>
        port.submit({ ...report, facts: this.#batches.noteAdmission(report.facts) }, null, refused, 0),
    })
  }

  /** Reads lines that are complete; how many bytes they have. */
  readLines(bytes: Buffer): number {
    return this.#csv?.read(bytes) ?? 0
  }

  /** All lines have arrived. Throws a ProtocolError when none was of the right form. */
  endLines(): void {
    const csv = this.#csv
    this.#csv = null
    csv?.end()
  }

  #beginPacket(): LegacyReader {
    const port = this.#port
    this.#packet ??= new LegacyReader({
      nameLists: port.nameLists,
      legacyBytes: port.legacyBytes,
      now: () => port.now(),
      checkPassphrase: (said) => this.#batches.checkPassphrase(said),
      submit: (report, refused) => port.submit(report, null, refused, 0),
    })
    return this.#packet
  }
}
