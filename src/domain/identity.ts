import type { EventReport } from './event.ts'

/** The event of a host whose name another agent uses too. */
export const FOREIGN_KEY_METRIC = 'perf.agent.key.state'

/** What is told of a host when somebody with the right passphrase but another key, or none, spoke in its name. */
export function reportForeignKey(time: number, status: EventReport['status']): EventReport {
  return {
    uid: null,
    change: 0,
    time,
    metric: FOREIGN_KEY_METRIC,
    severity: 2,
    status,
    message: "Another agent speaks in this host's name: it does not have the host's key and was refused",
  }
}
