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

const tables = new WeakMap<readonly ReportedThreshold[], ThresholdTable>()

/** Evaluates as the agent does that sent these thresholds. The same table for the same list, which nobody may change. */
export function findReportedThresholdTable(reported: readonly ReportedThreshold[]): ThresholdTable {
  const known = tables.get(reported)
  if (known !== undefined) return known
  const table = createThresholdTable(
    reported.filter(({ isStandard }) => !isStandard),
    reported.filter(({ isStandard }) => isStandard),
  )
  tables.set(reported, table)
  return table
}
