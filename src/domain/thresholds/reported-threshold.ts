import { createThresholdTable, type Threshold, type ThresholdTable } from './threshold.ts'

/** A threshold as its agent tells it to the server. */
export type ReportedThreshold = Threshold & {
  /** One out of the box: those of the configuration win over it. */
  readonly isStandard: boolean
}

/** More are not told: people could not read them either. */
export const MAX_REPORTED_THRESHOLDS = 500

/** Longest duration taken, in seconds. */
export const MAX_REPORTED_DURATION = 366 * 86_400

/** What an agent evaluates, in the order in which `createThresholdTable` takes it. */
export function reportThresholds(
  configured: readonly Threshold[],
  standard: readonly Threshold[],
): ReportedThreshold[] {
  const tell = (isStandard: boolean) => (threshold: Threshold) => ({ ...threshold, isStandard })
  return [...configured.map(tell(false)), ...standard.map(tell(true))].slice(0, MAX_REPORTED_THRESHOLDS)
}

/** Evaluates as the agent does that told these. */
export function createReportedThresholdTable(reported: readonly ReportedThreshold[]): ThresholdTable {
  return createThresholdTable(
    reported.filter(({ isStandard }) => !isStandard),
    reported.filter(({ isStandard }) => isStandard),
  )
}
