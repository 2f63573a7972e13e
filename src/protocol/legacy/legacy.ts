import type { EventReport } from '../../domain/event.ts'
import type { HostFacts } from '../../domain/hosts/host.ts'
import type { Frame } from '../../domain/sample.ts'
import { readLegacyEvents } from '../event-report.ts'
import { type JsonMembers, readAnyTime, readFacts, readHost } from '../field.ts'
import { parseJson, parseObject } from '../json.ts'
import { type ListName, ListSplitter } from '../list-splitter.ts'
import type { NameLists } from '../names.ts'
import { ProtocolError } from '../protocol-error.ts'
import { Tally } from '../rejection-tally.ts'
import { LegacyFrames } from './legacy-frames.ts'
import { Spellings } from './legacy-metric.ts'

/** The agent name of hosts whose agents send JSON, as those from 0.03b on (May 2019) do. */
const ORIGINAL_AGENT = 'original 2019'

/** The answer of the original's collector, once everything is stored. */
export const LEGACY_RECEIPT = 'Received'

/** A part of a packet that can be stored. */
export type LegacyPart = {
  readonly frames: readonly Frame[]
  /** Frames whose time lies more than MAX_TIME_AHEAD seconds ahead of the server's clock. */
  readonly waiting: readonly Frame[]
  readonly events: readonly EventReport[]
  /** Names as the agent spells them, by those that are kept; null when none differs. */
  readonly spellings: Readonly<Record<string, string>> | null
  readonly refused: Tally
}

/** The sender of a packet. */
export type LegacyHead = {
  readonly host: string
  readonly passphrase: unknown
  readonly facts: HostFacts | null
  /** The agent's clock at sending; null when the packet has none. */
  readonly clock: number | null
  /** The same, where it is near enough to the server's clock to date something by it; null elsewhere. */
  readonly usableClock: number | null
}

/**
 * The time in a packet that was just made differs from the server's by at most this, even with a wrong time
 * zone.
 */
const MAX_CLOCK_SKEW = 86_400

/**
 * The sender of a packet, from its members outside the lists. Throws a ProtocolError without a valid name.
 */
export function readLegacyHead(fields: JsonMembers, now: number): LegacyHead {
  const { ip, platform, build, arch, domain, procs, memory, groups, mounts } = fields
  const time = readAnyTime(fields.time)
  const said = {
    ip,
    platform,
    build,
    architecture: arch,
    domain,
    processors: procs,
    memoryMb: memory,
    groups,
    mounts,
  }
  return {
    host: readHost(fields.name),
    passphrase: fields.passphrase,
    facts: readFacts(said, null, ORIGINAL_AGENT),
    clock: time > 0 ? time : null,
    usableClock: time > 0 && Math.abs(time - now) <= MAX_CLOCK_SKEW ? time : null,
  }
}

/** One packet of the original's dialect while it is read, whole or piece by piece. */
export class LegacyPacket {
  readonly #frames: LegacyFrames
  readonly #now: number
  readonly #spellings = new Spellings()
  #events: EventReport[] = []
  #tally = new Tally()

  /** `now` is the server's clock at arrival. */
  constructor(nameLists: NameLists, now: number) {
    this.#frames = new LegacyFrames(nameLists, this.#spellings, now)
    this.#now = now
  }

  /** About the bytes of memory held by what `takePart` would give. */
  get weight(): number {
    return this.#frames.weight + 512 * this.#events.length
  }

  /** Adds both lists of a packet that was parsed as a whole. */
  addFields(fields: JsonMembers): void {
    this.#addList('data', fields.data)
    this.#addList('events', fields.events)
  }

  /** Adds elements of one list, the text of a JSON array. */
  addElements(list: ListName, json: string): void {
    this.#addList(list, parseJson(json))
  }

  /** All that was added since the last call. */
  takePart(): LegacyPart {
    const refused = this.#tally
    const taken = this.#frames.take(refused)
    const part = { ...taken, events: this.#events, spellings: this.#spellings.take(), refused }
    this.#events = []
    this.#tally = new Tally()
    return part
  }

  #addList(list: ListName, elements: unknown): void {
    if (elements === undefined || elements === null) return
    // A value of another kind can never be stored; the rest of the packet can.
    if (!Array.isArray(elements)) {
      this.#tally.refuse(list === 'data' ? 'frame' : 'event')
      return
    }
    if (list === 'data') this.#frames.add(elements, this.#tally)
    else
      this.#events = this.#events.concat(readLegacyEvents(elements, this.#now, this.#tally, this.#spellings))
  }
}

/** A long packet, read while it arrives. */
export class LegacyStream {
  readonly packet: LegacyPacket
  readonly #splitter: ListSplitter
  readonly #now: number

  constructor(nameLists: NameLists, now: number) {
    this.packet = new LegacyPacket(nameLists, now)
    this.#splitter = new ListSplitter((list, json) => this.packet.addElements(list, json))
    this.#now = now
  }

  /** About the bytes of memory held. */
  get held(): number {
    return this.#splitter.held + this.packet.weight
  }

  get isComplete(): boolean {
    return this.#splitter.isComplete
  }

  feed(bytes: Uint8Array): void {
    this.#splitter.feed(bytes)
  }

  /**
   * The sender; null while the members that name it have not arrived. Throws a ProtocolError when a complete
   * packet does not name it, or is a batch of the other dialect, which is never this long.
   */
  findHead(): LegacyHead | null {
    const text = this.#splitter.head()
    if (this.isComplete) return this.#readHead(parseObject(text))
    if (text === '') return null
    const fields = parseObject(text)
    const isEnough = 'name' in fields && 'passphrase' in fields
    return isEnough || 'v' in fields ? this.#readHead(fields) : null
  }

  #readHead(fields: JsonMembers): LegacyHead {
    if ('v' in fields) throw new ProtocolError('oversized', 'a batch is too long')
    return readLegacyHead(fields, this.#now)
  }
}
