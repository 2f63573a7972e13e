import { CLOCK_SKEW } from '../../domain/metrics/declared/server-events.ts'
import { describeDuration } from '../../domain/time/duration.ts'
import type { EngineReport } from '../../storage/ports/store.ts'
import type { Task } from '../task.ts'

/**
 * What is told of a clock is over only when it is clearly back: one at the very limit would open an event a
 * minute.
 */
const CLEAR_SHARE = 0.9

/** Opens events of hosts whose clock differs too much from the server's. */
export const watchClocks: Task = {
  name: 'watch clocks',
  every: 60,
  async run({ store: { watch }, clock, watching: { skew: limit } }) {
    const now = clock.now()
    const [skewed, seen] = await Promise.all([
      watch.listSkewed(limit * CLEAR_SHARE),
      watch.listSeen(CLOCK_SKEW.name),
    ])
    const open = new Map(seen.map((event) => [event.host, event]))
    const wrong = new Map(skewed.map(({ name, skew }) => [name, skew]))
    const common = { metric: CLOCK_SKEW.name, severity: 3, time: now } as const
    const reports: EngineReport[] = []
    for (const [host, skew] of wrong)
      if (Math.abs(skew) > limit && !open.has(host))
        reports.push({
          host,
          report: {
            ...common,
            uid: `clock:${now}`,
            change: 1,
            status: 'open',
            message: describe(host, skew),
          },
        })
    for (const { host, uid, message } of open.values())
      if (!wrong.has(host))
        reports.push({ host, report: { ...common, uid, change: 2, status: 'closed', message } })
    if (reports.length > 0) await watch.report(reports, now)
    return false
  },
}

function describe(host: string, skew: number): string {
  const way = skew > 0 ? 'ahead of' : 'behind'
  return `The clock of ${host} is ${describeDuration(Math.abs(skew))} ${way} the server's`
}
