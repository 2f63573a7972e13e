import type { TaskContext } from '../task.ts'

/**
 * After a start, or a jump of the clock, nothing is dropped for its age for this long: every host gets the
 * time to report, so that a server that was off for a month does not delete them just before they come back,
 * and a clock that was wrong for a moment does no harm.
 */
export const GRACE_MS = 3600 * 1000

/** False while the clock cannot be trusted for deleting what is older than `seconds`. */
export function mayDropByAge({ steadyMs }: TaskContext, seconds: number): boolean {
  return steadyMs() >= Math.min(GRACE_MS, seconds * 1000)
}
