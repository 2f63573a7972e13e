import type { Event } from '../event.ts'
import type { MaintenanceCalendar } from '../time/maintenance-window.ts'
import {
  compileRule,
  decide,
  type EventState,
  NOTHING_NOTIFIED,
  type NotificationKind,
  type Rule,
} from './rule.ts'

/** A notification that a rule would have sent. */
export type PreviewedNotification<E> = {
  readonly event: E
  readonly kind: NotificationKind
  /** Seconds since 1970. */
  readonly time: number
}

export type PreviewedEvent = Pick<
  Event,
  'host' | 'metric' | 'severity' | 'status' | 'opened' | 'closed' | 'acknowledged' | 'members'
>

/** Repetitions of one event in a preview are bounded by this: more add nothing. */
const MAX_OF_EVENT = 200

/**
 * The notifications that a rule would have sent about these events up to `now`, the newest first. It decides
 * as the event engine does; of each event only the current severity is known, so changes of severity are
 * missing.
 */
export function previewRule<E extends PreviewedEvent>(
  rule: Omit<Rule, 'id'>,
  events: readonly E[],
  maintenance: Pick<MaintenanceCalendar, 'mutedUntil'>,
  now: number,
): PreviewedNotification<E>[] {
  const fits = compileRule(rule)
  const asked: Rule = { ...rule, id: 0, enabled: true }
  return events
    .filter((event) => hostsOf(event).some((host) => fits({ host, metric: event.metric })))
    .flatMap((event) => replay(asked, event, maintenance, now))
    .sort((a, b) => b.time - a.time)
}

const hostsOf = ({ host, members }: PreviewedEvent) => (members.length > 0 ? members : [host])

/** Asks the rule at every change of the event, and whenever it wanted to be asked again before the next. */
function replay<E extends PreviewedEvent>(
  rule: Rule,
  event: E,
  maintenance: Pick<MaintenanceCalendar, 'mutedUntil'>,
  now: number,
): PreviewedNotification<E>[] {
  const sent: PreviewedNotification<E>[] = []
  let notified = NOTHING_NOTIFIED
  const moments = listMoments(event, now)
  for (const [i, { at, state }] of moments.entries()) {
    const end = moments[i + 1]?.at ?? now + 1
    let time: number | null = at
    while (time !== null && time < end && sent.length < MAX_OF_EVENT) {
      const decision = decide(rule, state, notified, {
        now: time,
        mutedUntil: mutedUntil(event, maintenance, time),
      })
      if (decision.notify !== null) sent.push({ event, kind: decision.notify, time })
      notified = decision.notified
      time = decision.recheckAt
    }
  }
  return sent
}

/** A host of several that is not muted is enough. */
function mutedUntil(
  event: PreviewedEvent,
  maintenance: Pick<MaintenanceCalendar, 'mutedUntil'>,
  time: number,
) {
  const ends = hostsOf(event).map((host) => maintenance.mutedUntil(host, time))
  return ends.some((end) => end === null) ? null : Math.max(...ends.map((end) => end ?? time))
}

/** How the event was after each of its changes, in their order. */
function listMoments({ opened, closed, acknowledged, severity }: PreviewedEvent, now: number) {
  const moments: { at: number; state: EventState }[] = [
    { at: opened, state: { status: 'open', severity, changed: opened, opened, acknowledged: false } },
  ]
  const isAcknowledged = acknowledged !== null && (closed === null || acknowledged < closed)
  if (isAcknowledged)
    moments.push({
      at: Math.max(opened, acknowledged),
      state: { status: 'open', severity, changed: opened, opened, acknowledged: true },
    })
  if (closed !== null)
    moments.push({
      at: closed,
      state: { status: 'closed', severity, changed: closed, opened, acknowledged: isAcknowledged },
    })
  return moments.filter(({ at }) => at <= now)
}
