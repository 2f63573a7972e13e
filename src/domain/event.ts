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
  /** For an event of several hosts: their number, in words that cannot be a host name. */
  readonly host: string
  readonly metric: string
  readonly severity: Severity
  readonly status: 'open' | 'closed'
  readonly message: string
  /** The value at its newest change; null when the reporter sent none, as agents of the original never do. */
  readonly value: number | null
  /** Seconds since 1970, by the clock of the program that opened or closed it. */
  readonly opened: number
  readonly closed: number | null
  /**
   * Present and true when the event is over but its end is not known; `closed` is then the time of the
   * opening.
   */
  readonly isEndUnknown?: boolean
  readonly acknowledgedBy: string | null
  /** When it was acknowledged, by the server's clock. */
  readonly acknowledged: number | null
  /** The metric has stopped coming, so it is not known whether the problem still exists. */
  readonly isStale: boolean
  /** The hosts of an event of several hosts; empty for all others. */
  readonly members: readonly string[]
  /** In a change that is passed to rules: the event was over before the server received it. */
  readonly wasMissed?: true
  /** It was open already when the rule that notifies of it was made or changed. */
  readonly wasOpen?: true
}

/** Seconds that an event has lasted until it was over, or until `now`; null when its end is not known. */
export function lengthOf({ opened, closed, isEndUnknown }: Event, now: number): number | null {
  return isEndUnknown ? null : (closed ?? now) - opened
}

/**
 * The kinds of changes of an event: `joined` when other hosts were added to it, `stale` and `fresh` when its
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
 * The report of an event in a packet. `uid` and `change` make it safe to receive twice: the state of event
 * `uid` is that of its greatest `change`. The original's packets have neither: there `uid` is null, and at
 * most one event of a metric is open at a time. A closing without a `uid` ends every event of the metric that
 * was opened before its time: an agent that lost its state sends it for each metric that is good.
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
  /** The processes that ran when the problem began; absent when they were not recorded. */
  readonly processes?: readonly RunningProcess[]
  /**
   * When the event opened, in a closing that contains it. Agents of the original send only the closing of an
   * event that opened and closed while the server was away.
   */
  readonly opened?: number
  /** True while the metric has stopped coming: the state of the problem is then the last one known. */
  readonly stale?: boolean
}

/** Open events by host; hosts without one are not in it. */
export type OpenByHost = ReadonlyMap<string, SeverityCounts>
