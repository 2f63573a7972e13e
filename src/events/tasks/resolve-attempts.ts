import type { Task } from '../task.ts'
import { mayDropByAge } from './retention.ts'

/** An agent that was refused tries again within minutes, for as long as it runs. */
const QUIET_SECONDS = 3600

/**
 * Closes the events of names that another agent used, and of copied agents, after an hour without an attempt.
 */
export const resolveAttempts: Task = {
  name: 'end attempts',
  every: 300,
  async run(context) {
    const { store, clock } = context
    if (!mayDropByAge(context, QUIET_SECONDS)) return false
    const now = clock.now()
    await store.watch.resolveAttempts(now - QUIET_SECONDS, now)
    return false
  },
}
