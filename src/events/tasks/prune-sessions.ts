import type { Task } from '../task.ts'

/** Forgets sessions that have ended. */
export const pruneSessions: Task = {
  name: 'prune sessions',
  every: 600,
  async run({ store, clock }) {
    await store.sessions.prune(clock.now())
    return false
  },
}
