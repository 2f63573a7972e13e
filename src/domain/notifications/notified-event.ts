import { type Event, SEVERITY_NAMES } from '../event.ts'
import { describeProblem } from '../events/problem.ts'
import type { Host } from '../hosts/host.ts'

/** Facts of an event's host when a notification about it is written. */
export type EventDetails = {
  readonly groups: readonly string[]
  /** The problem in one sentence. */
  readonly sentence: string
  /** The newest value of the metric; null where it is not known, or old. */
  readonly current: number | null
}

/** An event as notifications show it. */
export type NotifiedEvent = Pick<
  Event,
  | 'id'
  | 'host'
  | 'metric'
  | 'severity'
  | 'status'
  | 'message'
  | 'value'
  | 'opened'
  | 'closed'
  | 'isEndUnknown'
  | 'acknowledgedBy'
  | 'members'
  | 'wasOpen'
> &
  EventDetails

/** An event as it is kept with a notification; those that an older version wrote have no details. */
export type EventSnapshot = Event & Partial<EventDetails>

/** A host that has sent nothing for this many seconds has no current value. */
const CURRENT_SECONDS = 600

/** Adds the facts of its host to an event; null where it has none, or several. */
export function detailEvent(event: Event, host: Host | null, now: number): EventSnapshot {
  const isCurrent = host !== null && now - host.lastSeen <= CURRENT_SECONDS
  const current = (isCurrent ? host.latest[event.metric] : undefined) ?? null
  const sentence = describeProblem(event, {
    ...host,
    current,
    now,
    endsWithCurrent: true,
    isReporting: isCurrent,
  }).text
  return { ...event, groups: host?.groups ?? [], current, sentence }
}

export function toNotifiedEvent(snapshot: EventSnapshot): NotifiedEvent {
  const { closed, opened, groups = [], current = null, sentence } = snapshot
  return {
    ...snapshot,
    value: snapshot.value ?? null,
    members: snapshot.members ?? [],
    groups,
    current,
    sentence: sentence ?? describeProblem(snapshot, { now: closed ?? opened }).text,
  }
}

/** `[CRITICAL] web01: /var is 96.1 % full (above 95 % for 15 min)`. */
export function writeSubject(
  event: Pick<NotifiedEvent, 'host' | 'severity' | 'status' | 'sentence'>,
): string {
  const tag = event.status === 'closed' ? 'CLOSED' : SEVERITY_NAMES[event.severity].toUpperCase()
  return oneLine(`[${tag}] ${event.host}: ${event.sentence}`)
}

/** `web01:perf.memory.percent.used:major:open`, the form that filters for the original product match. */
export function writeOriginalSubject(
  event: Pick<NotifiedEvent, 'host' | 'metric' | 'severity' | 'status'>,
): string {
  return oneLine(`${event.host}:${event.metric}:${SEVERITY_NAMES[event.severity]}:${event.status}`)
}

/** A line end in a name must not begin a line of its own, or a header. */
export const oneLine = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
