import type { Task } from '../task.ts'

/** Retention of closed events, and of the audit log with them. Open events stay, however old. */
export const dropEvents: Task = {
  name: 'drop events',
  every: 600,
  async run({ store, retention, clock, log }) {
    const dropped = await store.maintenance.dropEvents(clock.now() - retention.events)
    if (dropped > 0) log.info('dropped old events', { events: dropped })
    await store.audit.prune(clock.now() - retention.events)
    return false
  },
}
