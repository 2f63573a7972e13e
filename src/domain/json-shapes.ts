import { type Event, type OpenByHost, SEVERITIES, SEVERITY_NAMES } from './event.ts'
import { type Admission, type Host, hostStatus } from './hosts/host.ts'
import type { Rule } from './notifications/rule.ts'

/** An event as the API writes it; `sentence` describes the problem as on pages and in notifications. */
export function describeEvent(event: Event, sentence: string) {
  return {
    id: event.id,
    host: event.host,
    metric: event.metric,
    severity: event.severity,
    severity_name: SEVERITY_NAMES[event.severity],
    status: event.status,
    sentence,
    message: event.message,
    value: event.value,
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

/** The program that reports, in the API's words; null where nothing is known of it. */
export function describeProgram({ program, agent }: Host) {
  if (program === undefined) return null
  const { version, admission = null, fingerprints } = program
  return {
    version: version === '' ? (agent ?? null) : version,
    admitted_by: admission && ADMITTED_BY[admission],
    fingerprints,
  }
}

/** How an agent proved itself, in the words of pages and API. */
export const ADMITTED_BY: Readonly<Record<Admission, string>> = {
  current: 'passphrase',
  previous: 'previous passphrase',
  key: 'key',
}

/** A host in the API's words. */
export function describeHost(host: Host, open: OpenByHost, now: number, silence: number) {
  const counts = open.get(host.name)
  return {
    name: host.name,
    status: hostStatus(host, now, silence),
    last_seen: host.lastSeen,
    ip: host.ip,
    platform: host.platform,
    build: host.build,
    architecture: host.architecture,
    domain: host.domain,
    processors: host.processors || null,
    memory_mb: host.memoryMb || null,
    groups: host.groups,
    open_events: Object.fromEntries(
      SEVERITIES.map((severity) => [SEVERITY_NAMES[severity], counts?.[severity] ?? 0]),
    ),
    latest: host.latest,
    agent: describeProgram(host),
  }
}
