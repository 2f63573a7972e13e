import type { Clock } from '../lib/clock.ts'
import type { MaintenanceStore, StorageStats } from '../storage/store.ts'

/** Figures of the database, with when they were taken. They sum over big tables, so everybody gets the same for a while. */
export type StorageFigures = () => Promise<StorageStats & { readonly taken: number }>

const KEEP_MS = 10 * 60_000

export function createStorageFigures({
  maintenance,
  clock,
}: {
  readonly maintenance: Pick<MaintenanceStore, 'stats'>
  readonly clock: Clock
}): StorageFigures {
  let asked = Number.NEGATIVE_INFINITY
  let answer: ReturnType<StorageFigures> | null = null
  return function readFigures() {
    if (answer && clock.monotonicMs() - asked < KEEP_MS) return answer
    asked = clock.monotonicMs()
    const mine = maintenance.stats().then((stats) => ({ ...stats, taken: clock.now() }))
    answer = mine
    // What failed is asked for again by the next one.
    mine.catch(() => {
      if (answer === mine) answer = null
    })
    return mine
  }
}
