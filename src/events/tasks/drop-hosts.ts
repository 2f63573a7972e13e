import type { Task } from '../task.ts'

/**
 * After a start, or a jump of the clock, every host has this long to report before its silence counts: a server that
 * was off for a month must not forget every host just before they all come back.
 */
export const GRACE_MS = 3600 * 1000

/** Retention of hosts: one that was silent too long is removed with all it has. */
export const dropHosts: Task = {
  name: 'drop hosts',
  every: 60,
  async run({ store, retention, clock, log, steadyMs }) {
    if (steadyMs() < Math.min(GRACE_MS, retention.hosts * 1000)) return false
    for (const host of await store.maintenance.dropHosts(clock.now() - retention.hosts))
      log.warn('removed a host for its silence', { host, retention_seconds: retention.hosts })
    return false
  },
}
