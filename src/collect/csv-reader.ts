import { dateClosings } from '../protocol/event-report.ts'
import { CsvPacket, type CsvPart, MAX_CSV_LINE } from '../protocol/legacy/legacy-csv.ts'
import type { NameLists } from '../protocol/names.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Tally } from '../protocol/rejection-tally.ts'
import type { HostReport } from '../storage/ports/store.ts'
import { PART_WEIGHT, splitPart } from './legacy-parts.ts'

/** The interface to the session that the reader of lines needs. */
export type CsvPort = {
  readonly nameLists: NameLists
  /** Longest packet. */
  readonly legacyBytes: number
  /** Server's clock. */
  now(): number
  submit(report: HostReport, refused: Tally | null): void
}

const LINE_FEED = 0x0a

/**
 * Reads the lines of an agent of before May 2019. Nothing marks their end but that no more follow: the owner
 * of the connection decides when.
 */
export class CsvReader {
  readonly #port: CsvPort
  readonly #packet: CsvPacket
  readonly #seen: number
  #bytes = 0

  constructor(port: CsvPort) {
    this.#port = port
    this.#seen = port.now()
    this.#packet = new CsvPacket(port.nameLists, this.#seen)
  }

  /** Bytes of memory held. */
  get held(): number {
    return this.#packet.weight
  }

  /** How many of `bytes` were whole lines; the rest has to be given again. */
  read(bytes: Buffer): number {
    const end = bytes.lastIndexOf(LINE_FEED) + 1
    if (bytes.length - end > MAX_CSV_LINE)
      throw new ProtocolError('oversized', `a line is longer than ${MAX_CSV_LINE} bytes`)
    this.#bytes += end
    if (this.#bytes > this.#port.legacyBytes)
      throw new ProtocolError('oversized', `a packet is longer than ${this.#port.legacyBytes} bytes`)
    for (const line of bytes.toString('utf8', 0, end).split('\n')) this.#packet.addLine(line)
    if (this.#packet.weight >= PART_WEIGHT) this.#submit()
    return end
  }

  /** No more bytes follow. Throws a ProtocolError when none of them was a line of this dialect. */
  end(): void {
    if (!this.#packet.isMet)
      throw new ProtocolError('malformed', 'no line is of the form time;host;monitor;value')
    this.#submit()
  }

  #submit(): void {
    for (const part of this.#packet.takeParts()) this.#submitPart(part)
  }

  #submitPart({ host, facts, refused, ...part }: CsvPart): void {
    const events = dateClosings(part.events, this.#seen)
    splitPart({ ...part, events }, (piece, i) =>
      this.#port.submit(
        { host, facts: i === 0 ? facts : null, seen: this.#seen, clockSkew: null, ...piece },
        i === 0 ? refused : null,
      ),
    )
  }
}
