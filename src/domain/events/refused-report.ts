import type { EventReport } from '../event.ts'
import type { MetricFamily } from '../metrics/metric-family.ts'

/** What the event of a host is about whose reports hold something that the database does not take. */
export const REFUSED_REPORT: MetricFamily = {
  name: 'perf.agent.report.state',
  doc: 'Of events alone: the database does not take what a report of the host holds.',
}

export function reportRefusedReport(time: number, status: EventReport['status']): EventReport {
  return {
    uid: null,
    change: 0,
    time,
    metric: REFUSED_REPORT.name,
    severity: 2,
    status,
    message:
      'The database does not take what a report of this host holds; its agent keeps the report (the log of the server says why)',
  }
}
