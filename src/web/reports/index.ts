import { availabilityReport } from './availability.ts'
import { capacityReport } from './capacity.ts'
import { eventsReport } from './events.ts'
import { hostsReport } from './hosts.ts'
import type { Report } from './report.ts'

/** Every report, in the order in which they are offered. */
export const REPORTS: readonly Report[] = [availabilityReport, capacityReport, hostsReport, eventsReport]
