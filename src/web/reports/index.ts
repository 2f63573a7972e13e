import { agentsReport } from './agents-report.tsx'
import { availabilityReport } from './availability-report.tsx'
import { capacityReport } from './capacity-report.tsx'
import { eventsReport } from './events-report.tsx'
import { hostsReport } from './hosts-report.tsx'
import type { Report } from './report.ts'
import { inTurn, ReportTurns } from './report-turns.ts'

const turns = new ReportTurns()

/** Every report, in the order in which they are offered. */
export const REPORTS: readonly Report[] = [
  availabilityReport,
  capacityReport,
  hostsReport,
  eventsReport,
  agentsReport,
].map((report) => inTurn(turns, report))
