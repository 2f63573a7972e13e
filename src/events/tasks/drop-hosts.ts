import type { Task } from '../task.ts'
import { mayDropByAge } from './retention.ts'

/** Retention of hosts: one that was silent too long is removed with all it has. */
export const dropHosts: Task = {
  name: 'drop hosts',
  every: 60,
  async run(context) {
    const { store, retention, log } = context
    if (!mayDropByAge(context, retention.hosts)) return false
    for (const host of await store.maintenance.dropHosts((await context.sampleTime()) - retention.hosts))
      log.warn('removed a host for its silence', { host, retention_seconds: retention.hosts })
    return false
  },
}
