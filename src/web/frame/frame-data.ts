import { countAll } from '../../domain/event.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Store } from '../../storage/ports/store.ts'
import type { NavigationState } from '../ui/layout/frame.ts'

export type FrameData = {
  /** Every page asks: the counts are read again only when an event or a host has changed. */
  read(user: string): Promise<NavigationState>
}

type Counts = Pick<NavigationState, 'openEvents' | 'hosts'>

/** Counts are kept for this many times as long as counting took: a large fleet changes all the time. */
const REST = 100

export function createFrameData({
  store,
  clock,
}: {
  readonly store: Pick<Store, 'hosts' | 'events' | 'views'>
  readonly clock: Clock
}): FrameData {
  let held: { readonly counts: Counts; readonly revision: string; readonly restsUntil: number } | null = null
  let running: Promise<Counts> | null = null

  async function count(revision: string): Promise<Counts> {
    const start = clock.monotonicMs()
    const [bySeverity, { up, down }] = await Promise.all([
      store.events.countBySeverity({ status: 'open', acknowledged: false }),
      store.hosts.count(0),
    ])
    const counts = { openEvents: countAll(bySeverity), hosts: up + down }
    const end = clock.monotonicMs()
    held = { counts, revision, restsUntil: end + (end - start) * REST }
    return counts
  }

  async function readCounts(): Promise<Counts> {
    if (held !== null && clock.monotonicMs() < held.restsUntil) return held.counts
    const [changed, seen] = await Promise.all([store.events.revision(), store.hosts.revision()])
    const revision = `${changed} ${seen}`
    if (held?.revision === revision) return held.counts
    running ??= count(revision).finally(() => {
      running = null
    })
    return running
  }

  return {
    async read(user) {
      const [counts, views] = await Promise.all([readCounts(), store.views.list(user)])
      return { ...counts, views }
    },
  }
}
