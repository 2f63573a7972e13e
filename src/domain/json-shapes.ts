import type { Event } from './event.ts'
import type { Rule } from './notifications/rule.ts'

/** An event in the API's words. */
export function describeEvent(event: Event) {
  return {
    id: event.id,
    host: event.host,
    metric: event.metric,
    severity: event.severity,
    status: event.status,
    message: event.message,
    opened: event.opened,
    closed: event.isEndUnknown ? null : event.closed,
    ...(event.isEndUnknown && { end_unknown: true }),
    acknowledged_by: event.acknowledgedBy,
  }
}

/** A rule in the API's words. */
export function describeRule(rule: Rule) {
  return {
    id: rule.id,
    name: rule.name,
    enabled: rule.enabled,
    host: rule.host,
    metric: rule.metric,
    severities: rule.severities,
    on_opening: rule.onOpening,
    on_closing: rule.onClosing,
    on_severity_change: rule.onSeverityChange,
    channel: rule.channel,
    target: rule.target,
    delay: rule.delay,
    repeat: rule.repeat,
  }
}
