import type { Clock } from '../../lib/clock.ts'

/** The environment of a run of a check, besides its settings. */
export type CheckContext = {
  readonly clock: Clock
  /** Aborted when the run has taken too long, and when the agent stops. */
  readonly signal: AbortSignal
  /** The text of `ca_file`; null when there is none. */
  readonly authorities: string | null
}
