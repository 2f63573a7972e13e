import { dateClosings } from '../protocol/event-report.ts'
import type { JsonMembers } from '../protocol/field.ts'
import { type LegacyHead, LegacyPacket, LegacyStream, readLegacyHead } from '../protocol/legacy/legacy.ts'
import type { NameLists } from '../protocol/names.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Tally } from '../protocol/rejection-tally.ts'
import type { HostReport } from '../storage/ports/store.ts'
import { PART_WEIGHT, splitPart } from './legacy-parts.ts'
import { skewOf } from './skew.ts'

/** The interface to the session that the reader of a packet needs. */
export type LegacyPort = {
  readonly nameLists: NameLists
  /** Longest packet. */
  readonly legacyBytes: number
  /** Server's clock. */
  now(): number
  /** Throws a ProtocolError when it is wrong. */
  checkPassphrase(said: unknown): void
  /** The first report of a packet carries what was left out of all of the part that it is of. */
  submit(report: HostReport, refused: Tally | null): void
}

/**
 * Name and passphrase come before the rows in every released agent; a sender that has not sent them within
 * this many bytes is refused.
 */
const MAX_UNKNOWN_PACKET_BYTES = 1024 * 1024

/** Reads the one packet of a session in the original's dialect: whole, or piece by piece when it is long. */
export class LegacyReader {
  readonly #port: LegacyPort
  #stream: LegacyStream | null = null
  #head: LegacyHead | null = null
  #bytes = 0
  #weight = 0

  constructor(port: LegacyPort) {
    this.#port = port
  }

  /** Bytes of memory held. */
  get held(): number {
    return this.#stream?.held ?? 0
  }

  /** A packet that arrived as a whole. */
  readPacket(fields: JsonMembers): void {
    const now = this.#port.now()
    this.#port.checkPassphrase(fields.passphrase)
    const head = readLegacyHead(fields, now)
    const packet = new LegacyPacket(this.#port.nameLists, now)
    packet.addFields(fields)
    this.#submitPart(packet, head, now)
  }

  /** The next bytes of a long packet; true when it is complete. */
  readPiece(bytes: Uint8Array): boolean {
    this.#stream ??= new LegacyStream(this.#port.nameLists, this.#port.now())
    const stream = this.#stream
    this.#bytes += bytes.length
    if (this.#bytes > this.#port.legacyBytes)
      throw new ProtocolError('oversized', `a packet is longer than ${this.#port.legacyBytes} bytes`)
    stream.feed(bytes)
    const { weight } = stream.packet
    const isOverdue = this.#head === null && this.#bytes > MAX_UNKNOWN_PACKET_BYTES
    if (!stream.isComplete && weight === this.#weight && !isOverdue) return false
    this.#weight = weight
    const head = this.#head ?? stream.findHead()
    if (head === null && isOverdue)
      throw new ProtocolError(
        'oversized',
        `no name and passphrase within the first ${MAX_UNKNOWN_PACKET_BYTES} bytes of a packet`,
      )
    if (head === null) return false
    if (this.#head === null) {
      this.#port.checkPassphrase(head.passphrase)
      this.#head = head
    }
    if (stream.isComplete) this.#endStream(stream)
    else if (weight >= PART_WEIGHT) this.#submitPart(stream.packet, head, this.#port.now())
    return stream.isComplete
  }

  #endStream(stream: LegacyStream): void {
    // Members that came behind the lists are known only now.
    const head = stream.findHead()
    this.#stream = null
    if (head === null) throw new ProtocolError('malformed', 'a packet without a name')
    if (head.host !== this.#head?.host) throw new ProtocolError('malformed', 'a packet with two names')
    this.#submitPart(stream.packet, head, this.#port.now())
  }

  /** Hands on what a packet has gathered, in reports of bounded length, at least one. */
  #submitPart(packet: LegacyPacket, head: LegacyHead, seen: number): void {
    const { events: said, refused, ...rows } = packet.takePart()
    this.#weight = 0
    const { host, facts, clock, usableClock } = head
    const events = dateClosings(said, Math.min(usableClock ?? seen, seen))
    splitPart({ ...rows, events }, (piece, i) =>
      this.#port.submit(
        { host, facts: i === 0 ? facts : null, seen, clockSkew: skewOf(clock, seen), ...piece },
        i === 0 ? refused : null,
      ),
    )
  }
}
