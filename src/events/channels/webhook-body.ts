import { SEVERITY_NAMES } from '../../domain/event.ts'
import { readCondition } from '../../domain/thresholds/threshold.ts'
import type { Notification, NotificationEvent } from './channel.ts'

/**
 * The version of the contract that `webhook.schema.json` holds. It grows when a name goes or changes its meaning; names
 * may be added without it.
 */
const WEBHOOK_VERSION = 1

/** The body of a webhook, with the names of the API. */
export function describeWebhook({ id, kind, words, events, rule, link }: Notification) {
  // A digest has the list of events as its link; each event has its own.
  const base = link?.replace(/\/events(\/\d+)?$/, '') ?? null
  return {
    version: WEBHOOK_VERSION,
    id,
    kind,
    subject: words.subject,
    text: words.text,
    rule,
    link,
    events: events.map((event) => describeNotified(event, base)),
  }
}

function describeNotified(event: NotificationEvent, base: string | null) {
  const { metric, message, opened } = event
  const closed = event.isEndUnknown ? null : event.closed
  const condition = readCondition(metric, message)
  return {
    id: event.id,
    host: event.host,
    members: event.members,
    groups: event.groups,
    metric,
    severity: event.severity,
    severity_name: SEVERITY_NAMES[event.severity],
    status: event.status,
    sentence: event.sentence,
    message,
    value: event.value,
    current: event.current,
    threshold:
      condition === null
        ? null
        : { compare: condition.compare, value: condition.value, duration: condition.duration },
    opened,
    closed,
    end_unknown: event.isEndUnknown ?? false,
    duration: closed === null ? null : closed - opened,
    acknowledged_by: event.acknowledgedBy,
    link: base === null ? null : `${base}/events/${event.id}`,
  }
}
