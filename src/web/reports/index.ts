import { availabilityReport } from './availability-report.ts'
import { capacityReport } from './capacity-report.ts'
import { eventsReport } from './events-report.ts'
import { hostsReport } from './hosts-report.ts'
import type { Report } from './report.ts'

/** Every report, in the order in which they are offered. */
export const REPORTS: readonly Report[] = [availabilityReport, capacityReport, hostsReport, eventsReport]
