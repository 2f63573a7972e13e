import type { ProbeSample } from '../probes/probe.ts'

/** What one run of a check found. */
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
}

/** The check is good unless `more` says otherwise. */
export const outcome = (more: Partial<CheckOutcome>): CheckOutcome => ({
  failure: null,
  milliseconds: null,
  certificateEnds: null,
  exit: null,
  values: [],
  ...more,
})
