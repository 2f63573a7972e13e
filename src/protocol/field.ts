import { isGroupName, MAX_GROUPS } from '../domain/hosts/group.ts'
import type { HostFacts } from '../domain/hosts/host.ts'
import { isHostName, MAX_FINGERPRINTS, MAX_MOUNT_POINT, MAX_MOUNTS } from '../domain/hosts/host.ts'
import { MAX_METRIC_NAME } from '../domain/sample.ts'
import { TEXT_BOUNDS } from '../domain/text-bounds.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Tally } from './rejection-tally.ts'

/** Members of a JSON object that are not checked yet. */
export type JsonMembers = Readonly<Record<string, unknown>>

/** 2000-01-01: earlier times come from clocks that were never set. */
export const EARLIEST_TIME = 946_684_800
/** A sample may be this many seconds ahead of the server's clock. */
export const MAX_TIME_AHEAD = 600
/**
 * Invisible characters: format characters, among them those that change the direction of the text that
 * follows, and fillers and joiners, which are shown as nothing.
 */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu
/** Nearly every text there is; asked first, because it is asked for each packet of the original. */
const PLAIN = /^[\x20-\x7e]*$/
/** The end of the year 9999: a later time is never reached. */
const LATEST_TIME = 253_402_300_799

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

export function isFields(value: unknown): value is JsonMembers {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A finite number, or one written as a decimal string; NaN for everything else. */
export function readNumber(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN
  if (typeof value !== 'string' || value.length > 64) return Number.NaN
  const text = value.trim()
  if (!NUMBER.test(text)) return Number.NaN
  const number = Number(text)
  return Number.isFinite(number) ? number : Number.NaN
}

/**
 * Whole seconds since 1970, a fraction cut off; -1 for anything but a time between 2000 and shortly after
 * `now`.
 */
export function readTime(value: unknown, now: number): number {
  const time = readAnyTime(value)
  return time <= now + MAX_TIME_AHEAD ? time : -1
}

/**
 * Whole seconds since 1970, also in the future; -1 for anything but a time between the years 2000 and 9999.
 */
export function readAnyTime(value: unknown): number {
  const time = Math.floor(typeof value === 'number' ? value : readNumber(value))
  return time >= EARLIEST_TIME && time <= LATEST_TIME ? time : -1
}

/**
 * Text without control and invisible characters, cut to `longest` characters; empty for anything but a text
 * or a number.
 */
export function readText(value: unknown, longest: number): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
  const cut = text.slice(0, longest)
  if (PLAIN.test(cut)) return cut.trim()
  // Half of a surrogate pair is not a character, and not every database accepts one.
  const whole = cut.isWellFormed() ? cut : cut.replace(/[\uD800-\uDBFF]$/, '').toWellFormed()
  return whole.replace(CONTROL, ' ').replace(INVISIBLE, '').trim()
}

/** The host's name in lower case, as the original keeps it. Throws when it is not one. */
export function readHost(value: unknown): string {
  const host = typeof value === 'string' ? value.toLowerCase() : ''
  if (!isHostName(host)) throw new ProtocolError('malformed', 'the host name is missing or not allowed')
  return host
}

/**
 * System facts by the names of `HostFacts`; null when there are none. Invalid ones are left empty, long ones
 * are cut and counted. `agent` names the sending agent where the dialect decides it.
 */
export function readFacts(fields: unknown, tally: Tally | null, agent?: string): HostFacts | null {
  if (!isFields(fields)) return null
  const readFact = (name: keyof typeof TEXT_BOUNDS.host) => {
    const value = fields[name]
    const longest = TEXT_BOUNDS.host[name]
    if (typeof value === 'string' && value.length > longest) tally?.refuse('fact')
    return readText(value, longest)
  }
  const facts: HostFacts = {
    ip: readFact('ip'),
    platform: readFact('platform'),
    build: readFact('build'),
    architecture: readFact('architecture'),
    domain: readFact('domain') || 'Stand Alone',
    processors: readCount(fields.processors),
    memoryMb: readCount(fields.memoryMb),
    ...readGroupsOf(fields.groups),
    ...readMountsOf(fields.mounts),
    ...(agent !== undefined && { agent }),
    ...readProgramOf(fields.program),
  }
  const isKnown = facts.ip !== '' || facts.platform !== '' || facts.build !== '' || facts.memoryMb > 0
  return isKnown ? facts : null
}

/** In characters. */
const MAX_VERSION = 64

/** Entries that are not fingerprints are left out. */
function readProgramOf(value: unknown): Pick<HostFacts, 'program'> {
  if (!isFields(value)) return {}
  const { version, fingerprints } = value
  const given: readonly unknown[] = Array.isArray(fingerprints) ? fingerprints.slice(0, MAX_FINGERPRINTS) : []
  const sound = given.filter((one): one is string => typeof one === 'string' && /^[0-9a-f]{64}$/.test(one))
  return { program: { version: readText(version, MAX_VERSION), fingerprints: sound } }
}

/** Entries that are not group names are left out. */
function readGroupsOf(value: unknown): Pick<HostFacts, 'groups'> {
  if (!Array.isArray(value)) return {}
  const names = value.slice(0, MAX_GROUPS).filter((name) => typeof name === 'string' && isGroupName(name))
  return names.length > 0 ? { groups: names as string[] } : {}
}

/** Entries without a valid name or path are left out. */
function readMountsOf(value: unknown): Pick<HostFacts, 'mounts'> {
  if (!isFields(value)) return {}
  const mounts: Record<string, string> = Object.create(null)
  for (const [name, point] of Object.entries(value).slice(0, MAX_MOUNTS))
    if (name.length <= MAX_METRIC_NAME && typeof point === 'string')
      mounts[name] = readText(point, MAX_MOUNT_POINT)
  return Object.keys(mounts).length > 0 ? { mounts } : {}
}

function readCount(value: unknown): number {
  const count = Math.round(readNumber(value))
  return count >= 0 && count <= Number.MAX_SAFE_INTEGER ? count : 0
}
