import type { Severity } from './event.ts'
import { compilePattern } from './pattern.ts'

/** Who is told about which events, and how. Times are in seconds. */
export type Rule = {
  readonly id: number
  readonly name: string
  readonly enabled: boolean
  /** Patterns with `%` and `*`, `_` and `?`. */
  readonly host: string
  readonly metric: string
  readonly severities: readonly Severity[]
  readonly onOpening: boolean
  readonly onClosing: boolean
  readonly onSeverityChange: boolean
  /** Name of the channel and an address that it understands. */
  readonly channel: string
  readonly target: string
  /** Told only when still open and not acknowledged after so long. */
  readonly delay: number
  /** Told again and again until acknowledged or closed; null: once. */
  readonly repeat: number | null
}

/** Tells whether an event of this host and metric concerns a rule; the severity is `decide`'s. */
export function compileRule(
  rule: Pick<Rule, 'host' | 'metric'>,
): (event: { readonly host: string; readonly metric: string }) => boolean {
  const fitsHost = compilePattern(rule.host)
  const fitsMetric = compilePattern(rule.metric)
  return (event) => fitsHost(event.host) && fitsMetric(event.metric)
}

export type NoticeKind = 'opening' | 'severity' | 'repeat' | 'closing'

/** What was told of one event by one rule: a row of the database, written in the transaction that writes the notice. */
export type Told = {
  /** When the event came into what the rule is about; null when it never was. */
  readonly since: number | null
  readonly opening: boolean
  /** The closing was told, or is not to be told. */
  readonly closing: boolean
  /** The severity that was told last, or that it had when it came in. */
  readonly severity: Severity | null
  /** When anything was told last. */
  readonly last: number | null
}

export const NOTHING_TOLD: Told = { since: null, opening: false, closing: false, severity: null, last: null }

export type EventState = {
  readonly status: 'open' | 'closed'
  readonly severity: Severity
  /** Time of the newest change. */
  readonly changed: number
  readonly opened: number
  readonly acknowledged: boolean
}

export type Decision = {
  readonly tell: NoticeKind | null
  readonly told: Told
  /** When to decide again though nothing changed; null: not before the next change. */
  readonly lookAgain: number | null
}

/**
 * Decides whether a rule tells something of an event now. To be asked after every single change of the event and at
 * `lookAgain`; it looks at how things are and at what was told, so that asking twice tells nothing twice, and a closing is
 * only told after its opening. `quietUntil` is the end of the maintenance window or quiet hours of the host at
 * `now`, null outside: nothing is told before it.
 */
export function decide(
  rule: Rule,
  event: EventState,
  before: Told,
  now: number,
  quietUntil: number | null,
): Decision {
  if (!rule.enabled) return { tell: null, told: before, lookAgain: null }
  const told = enterScope(rule, event, before)
  if (told.since === null) return { tell: null, told, lookAgain: null }
  const { kind, due } =
    event.status === 'closed' ? planClosing(rule, event, told) : planOpen(rule, event, told)
  if (kind === null) {
    // Closed with nothing to tell is settled as well: what is reopened after it is a new story.
    const settled = event.status === 'closed' ? { ...told, closing: true } : told
    return { tell: null, told: settled, lookAgain: null }
  }
  const at = Math.max(due, quietUntil ?? due)
  if (at > now) return { tell: null, told, lookAgain: at }

  const after: Told = {
    ...told,
    opening: told.opening || kind === 'opening',
    closing: kind === 'closing',
    severity: event.severity,
    last: now,
  }
  // A repetition or what else is due next counts from now on.
  const next = event.status === 'closed' ? NO_PLAN : planOpen(rule, event, after)
  return { tell: kind, told: after, lookAgain: next.kind === null ? null : Math.max(next.due, now + 1) }
}

function enterScope(rule: Rule, event: EventState, told: Told): Told {
  // Reopened after its closing was settled: a new story.
  const current = told.closing && event.status === 'open' ? NOTHING_TOLD : told
  if (current.since !== null || !rule.severities.includes(event.severity)) return current
  const isFirst = told === current
  return {
    ...current,
    since: isFirst && event.changed <= event.opened ? event.opened : event.changed,
    severity: event.severity,
  }
}

type Plan = { readonly kind: NoticeKind | null; readonly due: number }
const NO_PLAN: Plan = { kind: null, due: 0 }

function planOpen(rule: Rule, event: EventState, told: Told): Plan {
  const since = told.since ?? event.opened
  const isInScope = rule.severities.includes(event.severity)
  if (rule.onOpening && !told.opening)
    return isInScope && !(rule.delay > 0 && event.acknowledged)
      ? { kind: 'opening', due: since + rule.delay }
      : NO_PLAN
  if (rule.onSeverityChange && event.severity !== told.severity)
    return { kind: 'severity', due: Math.max(event.changed, since + rule.delay) }
  if (rule.repeat !== null && rule.repeat > 0 && told.last !== null && isInScope && !event.acknowledged)
    return { kind: 'repeat', due: told.last + rule.repeat }
  return NO_PLAN
}

function planClosing(rule: Rule, event: EventState, told: Told): Plan {
  if (!rule.onClosing || told.closing) return NO_PLAN
  // Whoever was not told that it began is not told that it ended.
  const isExpected = rule.onOpening
    ? told.opening
    : told.last !== null || event.changed - (told.since ?? event.changed) >= rule.delay
  return isExpected ? { kind: 'closing', due: event.changed } : NO_PLAN
}
