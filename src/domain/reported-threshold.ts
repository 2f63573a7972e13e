import { createThresholdBook, type Threshold, type ThresholdBook } from './threshold.ts'

/** A threshold as its agent tells it to the server. */
export type ToldThreshold = Threshold & {
  /** One out of the box: those of the configuration win over it. */
  readonly isStandard: boolean
}

/** More are not told: people could not read them either. */
export const MAX_TOLD_THRESHOLDS = 500

/** Longest duration taken, in seconds. */
export const MAX_TOLD_DURATION = 366 * 86_400

/** What an agent judges by, in the order in which `createThresholdBook` takes it. */
export function tellThresholds(
  configured: readonly Threshold[],
  standard: readonly Threshold[],
): ToldThreshold[] {
  const tell = (isStandard: boolean) => (threshold: Threshold) => ({ ...threshold, isStandard })
  return [...configured.map(tell(false)), ...standard.map(tell(true))].slice(0, MAX_TOLD_THRESHOLDS)
}

/** Judges as the agent does that told these. */
export function createToldBook(told: readonly ToldThreshold[]): ThresholdBook {
  return createThresholdBook(
    told.filter(({ isStandard }) => !isStandard),
    told.filter(({ isStandard }) => isStandard),
  )
}
