import type { Task } from '../task.ts'
import { mayDropByAge } from './retention.ts'

/** The most that one run removes: a wrong clock that nothing else has noticed gets no further in ten minutes. */
const MOST = 10

/** Of a host that has many events it rests for most of its time, and notifications are not to wait for that. */
const HELD_MS = 2000

/** Retention of hosts: one that was silent too long is removed with all it has. */
export const dropHosts: Task = {
  name: 'drop hosts',
  every: 600,
  heldMs: HELD_MS,
  async run(context) {
    const { store, retention, log } = context
    if (!mayDropByAge(context, retention.hosts)) return false
    const before = (await context.sampleTime()) - retention.hosts
    const dropped = await store.maintenance.dropHosts(
      before,
      MOST,
      () => context.isStopping() || !context.isLeader(),
    )
    for (const { host, lastSeen, samples, events } of dropped)
      log.warn('removed a host for its silence', {
        host,
        last_seen: lastSeen,
        samples,
        events,
        retention_seconds: retention.hosts,
      })
    return false
  },
}
