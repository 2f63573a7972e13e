import type { ProbeSample } from '../probes/probe.ts'

/** The result of one run of a check. */
export type CheckOutcome = {
  /** Why the check is not good; null when it is. */
  readonly failure: string | null
  /** How long the target took to answer; null when it did not. */
  readonly milliseconds: number | null
  /** When the certificate ends, in seconds since 1970; null when none was shown. */
  readonly certificateEnds: number | null
  /** The exit code of a script; null for other kinds. */
  readonly exit: number | null
  /** Further values, each with the end of its metric's name. */
  readonly values: readonly ProbeSample[]
  /** How many such values were left out because there are too many. */
  readonly omitted: number
}

/** A good outcome, unless `more` sets a failure. */
export const outcome = (more: Partial<CheckOutcome>): CheckOutcome => ({
  failure: null,
  milliseconds: null,
  certificateEnds: null,
  exit: null,
  values: [],
  omitted: 0,
  ...more,
})
