import type { EventReport } from '../event.ts'
import { AGENT_COPY } from '../metrics/declared/server-events.ts'

/** `address` is that of the agent that is kept waiting, empty when it is not known. */
export function reportAgentCopy(time: number, status: EventReport['status'], address: string): EventReport {
  const other = address === '' ? 'the other one' : `the other one (${address})`
  return {
    uid: null,
    change: 0,
    time,
    metric: AGENT_COPY.name,
    severity: 2,
    status,
    message:
      `Two agents report as this host with the same key, as when a machine was cloned: the one that ran first is ` +
      `kept and ${other} waits. On the copy stop the agent, run \`monitor agent --new-identity\` and start it again`,
  }
}
