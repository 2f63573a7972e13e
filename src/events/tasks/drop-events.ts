import type { Task } from '../task.ts'
import { mayDropByAge } from './retention.ts'

/**
 * The most that one run drops: a wrong clock that nothing else has noticed gets no further in ten minutes.
 */
const MOST = 10_000

/** It rests for most of its time, and notifications are not to wait for that. */
const HELD_MS = 2000

/** Retention of closed events, and of the audit log with them. Open events stay, however old. */
export const dropEvents: Task = {
  name: 'drop events',
  every: 600,
  heldMs: HELD_MS,
  async run(context) {
    const { store, retention, log } = context
    if (!mayDropByAge(context, retention.events)) return false
    const before = (await context.sampleTime()) - retention.events
    const events = await store.maintenance.dropEvents(
      before,
      MOST,
      () => context.isStopping() || !context.isLeader(),
    )
    if (events > 0) log.info('dropped old events', { events, before })
    const entries = await store.audit.prune(before, MOST)
    if (entries > 0) log.info('dropped old entries of the audit log', { entries, before })
    return false
  },
}
