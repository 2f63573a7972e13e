import type { HostFacts } from '../../domain/hosts/host.ts'
import { type JsonMembers, readFacts, readHost, readNumber } from '../field.ts'
import type { NameLists } from '../names.ts'
import { ProtocolError } from '../protocol-error.ts'
import { Tally } from '../rejection-tally.ts'
import { LegacyPacket, type LegacyPart } from './legacy.ts'

/** The content of the lines of one host. */
export type CsvPart = LegacyPart & { readonly host: string; readonly facts: HostFacts | null }

/** The agent name of hosts whose agents send CSV, as those up to 0.02b do. */
const CSV_AGENT = 'original 2018'
/** Longest line, in characters. */
export const MAX_CSV_LINE = 4096
/** Hosts whose lines one packet may hold; a released agent sends those of its own alone. */
const MAX_CSV_HOSTS = 100
/** About the bytes of memory that a line holds, besides its text. */
const LINE_WEIGHT = 120

/** The monitors that hold facts of the machine, with our names of these facts. */
const FACTS: Readonly<Record<string, string>> = {
  'conf.ipaddress': 'ip',
  'conf.os.name': 'platform',
  'conf.os.build': 'build',
  'conf.os.architecture': 'architecture',
  'conf.domain': 'domain',
  'conf.processors': 'processors',
  'conf.memory.total': 'memoryMb',
}

type HostLines = {
  readonly rows: Map<string, Record<string, string>>
  readonly events: JsonMembers[]
  readonly facts: Record<string, string>
}

/**
 * The lines of one packet of the original's first dialect, which agents up to 0.02b (May 2019) speak:
 * `time;host;monitor;value`, and `time;host;event;monitor;message;status;severity`.
 */
export class CsvPacket {
  readonly #nameLists: NameLists
  readonly #now: number
  #hosts = new Map<string, HostLines>()
  #tally = new Tally()
  #weight = 0
  #isMet = false

  /** `now` is the server's clock at arrival. */
  constructor(nameLists: NameLists, now: number) {
    this.#nameLists = nameLists
    this.#now = now
  }

  /** About the bytes of memory held by what `takeParts` would give. */
  get weight(): number {
    return this.#weight
  }

  /** True when any line had the right form. */
  get isMet(): boolean {
    return this.#isMet
  }

  /** `line` is without its end. What has the wrong form is counted. */
  addLine(line: string): void {
    if (line.trim() === '') return
    const fields = line.split(';')
    const [time = '', name, monitor = '', value = ''] = fields
    const isEvent = monitor === 'event'
    const lines = (isEvent ? fields.length >= 7 : fields.length === 4) ? this.#linesOf(name) : null
    if (lines === null) {
      this.#tally.refuse('line')
      return
    }
    this.#isMet = true
    this.#weight += LINE_WEIGHT + 2 * line.length
    if (isEvent) lines.events.push(readEvent(time, fields))
    else if (monitor.startsWith('conf.')) lines.facts[FACTS[monitor] ?? ''] = value
    else addValue(lines.rows, time, monitor, value)
  }

  /** The reports since the last call, by host; everything that was left out is counted with the first. */
  takeParts(): CsvPart[] {
    const parts: CsvPart[] = []
    const left = this.#tally
    for (const [host, { rows, events, facts }] of this.#hosts) {
      const packet = new LegacyPacket(this.#nameLists, this.#now)
      packet.addFields({ data: [...rows.values()], events })
      const part = packet.takePart()
      for (const [fault, count] of part.refused.counts) left.refuse(fault, count)
      const said = readFacts(facts, null)
      parts.push({ ...part, host, facts: said && { ...said, agent: CSV_AGENT }, refused: new Tally() })
    }
    const [first, ...others] = parts
    this.#hosts = new Map()
    this.#weight = 0
    if (first === undefined) return []
    this.#tally = new Tally()
    return [{ ...first, refused: left }, ...others]
  }

  /** Null for a name that is not allowed, or one host too many. */
  #linesOf(name: string | undefined): HostLines | null {
    const host = tryReadHost(name)
    if (host === null) return null
    const known = this.#hosts.get(host)
    if (known !== undefined || this.#hosts.size >= MAX_CSV_HOSTS) return known ?? null
    const lines = { rows: new Map(), events: [], facts: {} }
    this.#hosts.set(host, lines)
    return lines
  }
}

/**
 * Whether a line that has come without its end is likely to be whole: it has all its fields, and numbers where there
 * are to be some.
 */
export function isWholeCsvLine(line: string): boolean {
  const fields = line.trimEnd().split(';')
  const isEvent = fields[2] === 'event'
  const numbers = isEvent ? fields.slice(-2) : fields.slice(-1)
  const isLong = isEvent ? fields.length >= 7 : fields.length === 4
  return isLong && [fields[0], ...numbers].every((field) => !Number.isNaN(readNumber(field)))
}

function tryReadHost(name: string | undefined): string | null {
  try {
    return readHost(name?.trim())
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

/** A message may hold the sign that parts the fields: what follows it is counted from the end. */
function readEvent(time: string, fields: readonly string[]): JsonMembers {
  const [severity, status] = fields.slice(-2).reverse()
  return { time, monitor: fields[3], message: fields.slice(4, -2).join(';'), status, severity }
}

function addValue(rows: HostLines['rows'], time: string, monitor: string, value: string) {
  const row = rows.get(time)
  if (row !== undefined) row[monitor] = value
  else rows.set(time, Object.assign(Object.create(null), { time, [monitor]: value }))
}
