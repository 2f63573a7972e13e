import type { Task } from '../task.ts'
import { mayDropByAge } from './retention.ts'

/** The most that one run removes: a wrong clock that nothing else has noticed gets no further in ten minutes. */
const MOST = 10

/** Retention of hosts: one that was silent too long is removed with all it has. */
export const dropHosts: Task = {
  name: 'drop hosts',
  every: 600,
  async run(context) {
    const { store, retention, log } = context
    if (!mayDropByAge(context, retention.hosts)) return false
    const before = (await context.sampleTime()) - retention.hosts
    for (const { host, lastSeen, samples, events } of await store.maintenance.dropHosts(before, MOST))
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
