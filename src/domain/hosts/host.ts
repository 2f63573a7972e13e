import type { ReportedThreshold } from '../thresholds/reported-threshold.ts'

/** The greatest number of mount points that an agent reports, and the longest of them in characters. */
export const MAX_MOUNTS = 128
export const MAX_MOUNT_POINT = 255

/**
 * How an agent proved itself: by the current passphrase, by the previous one, or by the key of its host
 * alone.
 */
export type Admission = 'current' | 'previous' | 'key'

/** The greatest number of fingerprints that an agent reports. */
export const MAX_FINGERPRINTS = 8

/** Facts about the reporting program itself. */
export type AgentProgram = {
  /** The output of `monitor version`; empty for agents of the original product. */
  readonly version: string
  /**
   * SHA-256 fingerprints of the certificates that it takes for the server's, in hexadecimal; empty where CAs vouch for
   * the server, and where it comes without TLS.
   */
  readonly fingerprints: readonly string[]
  /** Set by the server; a value from an agent is ignored. Absent before the server has set it. */
  readonly admission?: Admission
}

/**
 * Facts that an agent reports about its machine; they change rarely, so they are sent only when they do. A text that is
 * not known is empty, and a number 0.
 */
export type HostFacts = {
  readonly ip: string
  /** `Linux` or `Windows`. */
  readonly platform: string
  /** Distribution and version, or the Windows build. */
  readonly build: string
  /** `64bit`, as the original product names it. */
  readonly architecture: string
  /** The part of the FQDN behind the first dot, else `Stand Alone`. */
  readonly domain: string
  readonly processors: number
  readonly memoryMb: number
  /** Groups that the agent's configuration names; absent is none. */
  readonly groups?: readonly string[]
  /**
   * Mount points of its filesystems, by the name in their metrics; absent when the agent does not report
   * them.
   */
  readonly mounts?: Readonly<Record<string, string>>
  /**
   * Which agent it is where it is none of ours, as `original 2019`; absent for ours. The server concludes it from
   * the dialect that is spoken.
   */
  readonly agent?: string
  /** Absent for agents of before this field. */
  readonly program?: AgentProgram
  /**
   * The thresholds that the agent evaluates; absent when it does not report them, as agents of the original
   * product never do.
   */
  readonly thresholds?: readonly ReportedThreshold[]
}

/** The facts that are known: no machine has 0 processors, so what says so is not sent nor shown. */
export const listKnownFacts = (facts: HostFacts): Partial<HostFacts> =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== '' && value !== 0))

/** A watched machine as the server knows it. `name` is the key of everything. */
export type Host = Omit<HostFacts, 'thresholds'> & {
  readonly name: string
  /** All of its groups, those of its agent and those by hand; sorted. */
  readonly groups: readonly string[]
  /** Only those set by hand. */
  readonly givenGroups: readonly string[]
  /** Server's clock, seconds since 1970, of the first and the newest packet. */
  readonly firstSeen: number
  readonly lastSeen: number
  /** Agent's clock minus server's clock at the newest packet, in seconds; null when the agent sent none. */
  readonly clockSkew: number | null
  /**
   * How its agent spells the names of metrics that are not allowed as they are, by the name that is kept; absent
   * where it is never so.
   */
  readonly spellings?: Readonly<Record<string, string>>
  /** Agent's clock of the newest frame; 0 when there is none. */
  readonly latestTime: number
  /** Values of the newest frame by metric. */
  readonly latest: Readonly<Record<string, number>>
}

export type HostStatus = 'up' | 'down'

/** A host is up while its last packet is at most `silence` seconds old, by the server's clock. */
export function hostStatus(host: Pick<Host, 'lastSeen'>, now: number, silence: number): HostStatus {
  return now - host.lastSeen <= silence ? 'up' : 'down'
}

/** Longest host name taken, in characters (the limit of a DNS name). */
export const MAX_HOST_NAME = 253

/** Nearly every name there is; asked first, because it is asked for each batch. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
/** Letters that show nothing, such as the fillers of Hangul. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u
const LATIN = /\p{Script=Latin}/u
/** Scripts with letters that look like Latin ones. */
const LATIN_LOOK =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/u

/**
 * Letters, digits, dot, hyphen and underscore, in any script; no spaces, slashes or control characters. Latin
 * letters beside those of a script that looks like it are refused: such a name could pass for that of another
 * host.
 */
export function isHostName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_HOST_NAME) return false
  if (PLAIN.test(name)) return true
  return (
    /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(name) &&
    !INVISIBLE.test(name) &&
    !(LATIN.test(name) && LATIN_LOOK.test(name))
  )
}

/** The orders in which hosts are listed. */
export const HOST_SORTS = [
  'status',
  'name',
  'events',
  'ip',
  'domain',
  'platform',
  'last_seen',
  'processor',
  'memory',
  'disk',
  'network',
] as const
export type HostSort = (typeof HOST_SORTS)[number]
