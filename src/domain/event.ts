import type { RunningProcess } from './events/running-process.ts'

/** 1 critical, 2 major, 3 warning, 4 information. */
export type Severity = 1 | 2 | 3 | 4

/** All of them, the worst first. */
export const SEVERITIES: readonly Severity[] = [1, 2, 3, 4]

export const SEVERITY_NAMES: Readonly<Record<Severity, string>> = {
  1: 'critical',
  2: 'major',
  3: 'warning',
  4: 'information',
}

/** How many there are of each. */
export type SeverityCounts = Readonly<Record<Severity, number>>

export const countAll = (counts: SeverityCounts): number =>
  SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0)

export function isSeverity(value: unknown): value is Severity {
  return value === 1 || value === 2 || value === 3 || value === 4
}

/** A problem of one metric of one host, from its opening to its closing. */
export type Event = {
  readonly id: number
  /** For an event of several hosts: how many, in words that are no name of a host. */
  readonly host: string
  readonly metric: string
  readonly severity: Severity
  readonly status: 'open' | 'closed'
  readonly message: string
  /**
   * The value that made its newest change; null when its reporter did not say, as agents of the original never do.
   */
  readonly value: number | null
  /** Seconds since 1970, by the clock of whoever opened or closed it. */
  readonly opened: number
  readonly closed: number | null
  /**
   * Present and true when it is over and nobody knows since when; `closed` is then the time of the opening.
   */
  readonly isEndUnknown?: boolean
  readonly acknowledgedBy: string | null
  /** When it was acknowledged, by the server's clock. */
  readonly acknowledged: number | null
  /** The metric does not come any more, so that nobody knows whether the problem is still there. */
  readonly isStale: boolean
  /** The hosts of an event that stands for several; empty for all others. */
  readonly members: readonly string[]
  /** In a change that rules are asked about: the event was over before the server heard of it. */
  readonly wasMissed?: true
  /** It was open already when the rule that notifies of it was made or changed. */
  readonly wasOpen?: true
}

/** Seconds that an event has lasted until it was over, or until `now`; null when its end is not known. */
export function lengthOf({ opened, closed, isEndUnknown }: Event, now: number): number | null {
  return isEndUnknown ? null : (closed ?? now) - opened
}

/**
 * What happens to an event: `joined` when it came to stand for other hosts, `stale` and `fresh` when its
 * metric stopped coming and came again.
 */
export const EVENT_ACTIONS = [
  'opened',
  'severity',
  'joined',
  'closed',
  'reopened',
  'acknowledged',
  'unacknowledged',
  'comment',
  'stale',
  'fresh',
] as const
export type EventAction = (typeof EVENT_ACTIONS)[number]

/** Longest comment of a person, in characters. */
export const MAX_COMMENT = 2000

/**
 * What a packet says about events. `uid` and `change` make it safe to hear twice: the state of event `uid` is
 * that of its greatest `change`. The original's packets have neither: there `uid` is null, and at most one
 * event of a metric is open at a time. A closing without a `uid` ends whatever is open of the metric since
 * before its time: so says an agent that lost its state of what it finds good.
 */
export type EventReport = {
  readonly uid: string | null
  readonly change: number
  readonly time: number
  readonly metric: string
  readonly severity: Severity
  readonly status: 'open' | 'closed'
  readonly message: string
  /** The value of the metric at that time; absent when it is not known. */
  readonly value?: number
  /** What ran when the problem began; absent when nobody looked. */
  readonly processes?: readonly RunningProcess[]
  /**
   * When the event opened, in a closing that says it. Agents of the original send nothing but the closing of
   * an event that opened and closed while the server was away.
   */
  readonly opened?: number
  /** True while the metric does not come any more: what is known of the problem is old. */
  readonly stale?: boolean
}

/** Open events by host; hosts without one are not in it. */
export type OpenByHost = ReadonlyMap<string, SeverityCounts>
