import type { EventReport } from '../event.ts'
import type { MetricFamily } from '../metrics/metric-family.ts'

/** What the event of a host is about for which two agents speak with the same key. */
export const AGENT_COPY: MetricFamily = {
  name: 'perf.agent.copy.state',
  doc: 'Of events alone: two agents run with the same data folder, one of which is a copy.',
}

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
