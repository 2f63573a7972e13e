import type { EventReport } from '../event.ts'
import { REFUSED_REPORT } from '../metrics/declared/server-events.ts'

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
