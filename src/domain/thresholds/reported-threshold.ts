import { createThresholdTable, type Threshold, type ThresholdTable } from './threshold.ts'

/** A threshold as its agent sends it to the server. */
export type ReportedThreshold = Threshold & {
  /** One out of the box: those of the configuration win over it. */
  readonly isStandard: boolean
}

/** More are not sent: nobody could read them. */
export const MAX_REPORTED_THRESHOLDS = 500

/** Longest duration taken, in seconds. */
export const MAX_REPORTED_DURATION = 366 * 86_400

/** The thresholds of an agent, in the order in which `createThresholdTable` takes them. */
export function reportThresholds(
  configured: readonly Threshold[],
  standard: readonly Threshold[],
): ReportedThreshold[] {
  const tell = (isStandard: boolean) => (threshold: Threshold) => ({ ...threshold, isStandard })
  return [...configured.map(tell(false)), ...standard.map(tell(true))].slice(0, MAX_REPORTED_THRESHOLDS)
}

/** Evaluates as the agent does that sent these thresholds. */
export function createReportedThresholdTable(reported: readonly ReportedThreshold[]): ThresholdTable {
  return createThresholdTable(
    reported.filter(({ isStandard }) => !isStandard),
    reported.filter(({ isStandard }) => isStandard),
  )
}
