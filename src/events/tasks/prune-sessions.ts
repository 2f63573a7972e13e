import type { Task } from '../task.ts'
import { GRACE_MS, mayDropByAge } from './retention.ts'

/** Forgets sessions that have ended. */
export const pruneSessions: Task = {
  name: 'prune sessions',
  every: 600,
  async run(context) {
    const { store, clock } = context
    // A clock that is ahead for a moment must not sign everybody out.
    if (!mayDropByAge(context, GRACE_MS / 1000)) return false
    await store.sessions.prune(clock.now())
    return false
  },
}
