import type { EventReport } from '../event.ts'
import type { MetricFamily } from '../metrics/metric-family.ts'

/** What the event of a host whose name another agent uses too is about. */
export const KEY_MISMATCH: MetricFamily = {
  name: 'perf.agent.key.state',
  doc: 'Of events alone: somebody uses the name of a host with another key.',
}

/**
 * What is told of a host when somebody with the right passphrase but another key, or none, spoke in its name.
 */
export function reportKeyMismatch(time: number, status: EventReport['status']): EventReport {
  return {
    uid: null,
    change: 0,
    time,
    metric: KEY_MISMATCH.name,
    severity: 2,
    status,
    message: "Another agent speaks in this host's name: it does not have the host's key and was refused",
  }
}
