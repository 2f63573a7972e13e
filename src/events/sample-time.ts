import type { Clock } from '../lib/clock.ts'
import type { MaintenanceStore } from '../storage/ports/store.ts'

/** The database is asked this often; between that the time runs on by the monotonic clock. */
const ASK_EVERY_MS = 600_000

/**
 * The time for retention and compaction: now, but never later than the received samples, so that a server
 * whose clock is two years ahead does not find everything too old. Without samples it is now.
 */
export function createSampleTime(
  maintenance: Pick<MaintenanceStore, 'findSampleTimes'>,
  clock: Clock,
): () => Promise<number> {
  let newest: number | null = null
  let askedAtMs = Number.NEGATIVE_INFINITY
  return async () => {
    const nowMs = clock.monotonicMs()
    if (nowMs - askedAtMs >= ASK_EVERY_MS) {
      newest = (await maintenance.findSampleTimes()).newest
      askedAtMs = nowMs
    }
    if (newest === null) return clock.now()
    return Math.min(clock.now(), newest + Math.ceil((nowMs - askedAtMs) / 1000))
  }
}
