import { UNEXPLAINED } from './loss.ts'

/** The counts of a host's audit that decide whether it is complete. */
export type Completeness = {
  readonly missing: Readonly<Record<string, number>>
  readonly samples: {
    readonly doubled: number
    readonly differences: readonly {
      readonly acknowledged: number
      readonly counted: number
      readonly isDamaged: boolean
    }[]
  }
}

/** False when samples are missing without a reason, or are stored more than once. */
export function isComplete({ missing, samples }: Completeness): boolean {
  return (
    (missing[UNEXPLAINED] ?? 0) === 0 &&
    samples.doubled === 0 &&
    samples.differences.every(({ acknowledged, counted, isDamaged }) => isDamaged || counted >= acknowledged)
  )
}
