import type { Clock } from '../../lib/clock.ts'
import type { HostShare, MaintenanceStore, StorageStats } from '../../storage/ports/store.ts'

/**
 * Figures of the database, with when they were taken. They sum over big tables, so everybody gets the same
 * for a while.
 */
export type StorageFigures = () => Promise<
  StorageStats & { readonly taken: number; readonly largestHosts: readonly HostShare[] }
>

const KEEP_MS = 10 * 60_000
/** Hosts whose share of the storage is listed. */
const LARGEST = 20

export function createStorageFigures({
  maintenance,
  clock,
}: {
  readonly maintenance: Pick<MaintenanceStore, 'stats' | 'listLargestHosts'>
  readonly clock: Clock
}): StorageFigures {
  let asked = Number.NEGATIVE_INFINITY
  let answer: ReturnType<StorageFigures> | null = null
  async function take() {
    const stats = await maintenance.stats()
    return { ...stats, largestHosts: await maintenance.listLargestHosts(LARGEST), taken: clock.now() }
  }

  return function readFigures() {
    if (answer && clock.monotonicMs() - asked < KEEP_MS) return answer
    asked = clock.monotonicMs()
    const mine = take()
    answer = mine
    // After a failure the next request reads the figures again.
    mine.catch(() => {
      if (answer === mine) answer = null
    })
    return mine
  }
}
