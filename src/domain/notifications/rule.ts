import type { Severity } from '../event.ts'
import { compilePattern } from '../pattern.ts'

/** Who is notified of which events, and how. Times are in seconds. */
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
  /** Notifies only when the event is still open and not acknowledged after this time. */
  readonly delay: number
  /** Notifies again until the event is acknowledged or closed; null: once. */
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

export type NotificationKind = 'opening' | 'severity' | 'repeat' | 'closing'

/**
 * What one rule has notified about one event: a row of the database, written in the transaction that writes
 * the notification.
 */
export type Notified = {
  /** When the event came into what the rule is about; null when it never was. */
  readonly since: number | null
  readonly opening: boolean
  /** The closing was notified, or is not to be notified. */
  readonly closing: boolean
  /** The severity in the last notification, or the one at which the event came into scope. */
  readonly severity: Severity | null
  /** When the last notification was written. */
  readonly last: number | null
}

export const NOTHING_NOTIFIED: Notified = {
  since: null,
  opening: false,
  closing: false,
  severity: null,
  last: null,
}

export type EventState = {
  readonly status: 'open' | 'closed'
  readonly severity: Severity
  /** Time of the newest change. */
  readonly changed: number
  readonly opened: number
  readonly acknowledged: boolean
  /** The event was over before the server received it: opening and closing become one notification. */
  readonly wasMissed?: boolean
}

export type Decision = {
  readonly notify: NotificationKind | null
  readonly notified: Notified
  /** When to decide again though nothing changed; null: not before the next change. */
  readonly recheckAt: number | null
}

/**
 * Decides whether a rule notifies about an event now. It is called after every change of the event and at
 * `recheckAt`; it compares the event with what was notified before, so that calling it twice notifies nothing
 * twice, and a closing is only notified after its opening. `mutedUntil` is the end of the maintenance window
 * or quiet hours of the host at `now`, null outside: nothing is notified before it.
 */
export function decide(
  rule: Rule,
  event: EventState,
  before: Notified,
  { now, mutedUntil }: { readonly now: number; readonly mutedUntil: number | null },
): Decision {
  if (!rule.enabled) return { notify: null, notified: before, recheckAt: null }
  const notified = enterScope(rule, event, before)
  if (notified.since === null) return { notify: null, notified, recheckAt: null }
  const { kind, due } =
    event.status === 'closed' ? planClosing(rule, event, notified) : planOpen(rule, event, notified)
  if (kind === null) {
    // An event that closes with nothing to notify is settled too: reopening it begins anew.
    const settled = event.status === 'closed' ? { ...notified, closing: true } : notified
    return { notify: null, notified: settled, recheckAt: null }
  }
  const at = Math.max(due, mutedUntil ?? due)
  if (at > now) return { notify: null, notified, recheckAt: at }

  const after: Notified = {
    ...notified,
    opening: notified.opening || kind === 'opening',
    closing: kind === 'closing',
    severity: event.severity,
    last: now,
  }
  // A repetition or what else is due next counts from now on.
  const next = event.status === 'closed' ? NO_PLAN : planOpen(rule, event, after)
  return { notify: kind, notified: after, recheckAt: next.kind === null ? null : Math.max(next.due, now + 1) }
}

function enterScope(rule: Rule, event: EventState, notified: Notified): Notified {
  // Reopened after its closing was settled: a new story.
  const current = notified.closing && event.status === 'open' ? NOTHING_NOTIFIED : notified
  if (current.since !== null || !rule.severities.includes(event.severity)) return current
  const isFirst = notified === current
  return {
    ...current,
    since: isFirst && event.changed <= event.opened ? event.opened : event.changed,
    severity: event.severity,
  }
}

type Plan = { readonly kind: NotificationKind | null; readonly due: number }
const NO_PLAN: Plan = { kind: null, due: 0 }

function planOpen(rule: Rule, event: EventState, notified: Notified): Plan {
  const since = notified.since ?? event.opened
  const isInScope = rule.severities.includes(event.severity)
  if (rule.onOpening && !notified.opening)
    return isInScope && !(rule.delay > 0 && event.acknowledged)
      ? { kind: 'opening', due: since + rule.delay }
      : NO_PLAN
  if (rule.onSeverityChange && event.severity !== notified.severity)
    return { kind: 'severity', due: Math.max(event.changed, since + rule.delay) }
  if (rule.repeat !== null && rule.repeat > 0 && notified.last !== null && isInScope && !event.acknowledged)
    return { kind: 'repeat', due: notified.last + rule.repeat }
  return NO_PLAN
}

function planClosing(rule: Rule, event: EventState, notified: Notified): Plan {
  if (event.wasMissed && notified.last === null)
    return (rule.onOpening || rule.onClosing) && event.changed - event.opened >= rule.delay
      ? { kind: 'closing', due: event.changed }
      : NO_PLAN
  if (!rule.onClosing || notified.closing) return NO_PLAN
  // A closing is not notified when the opening was not.
  const isExpected = rule.onOpening
    ? notified.opening
    : notified.last !== null || event.changed - (notified.since ?? event.changed) >= rule.delay
  return isExpected ? { kind: 'closing', due: event.changed } : NO_PLAN
}
