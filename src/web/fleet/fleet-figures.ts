import { countDowntime } from '../../domain/events/downtime.ts'
import type { Clock } from '../../lib/clock.ts'
import { yieldThread } from '../../lib/yield-thread.ts'
import type { KnownSpan, Store } from '../../storage/ports/store.ts'
import type { DiskForecasts } from '../forecasts/disk-forecasts.ts'
import type { FleetEntry } from './fleet.ts'

const DAY = 86_400
/** The time over which availability is computed. */
const PERIOD = 30 * DAY
/** A disk that will be full within this time is listed. */
export const SOON = 14 * DAY
/** Availability changes slowly: it is computed again after this time. */
const KEEP_MS = 300_000
/** A disk with less in use than this is not looked at: a forecast reads a month of samples. */
const LEAST_USED = 50
/** Disks that forecasts are asked for; the fullest come first. */
const MAX_DISKS = 200

/** Other requests are served between batches of this many hosts. */
const HOSTS_AT_ONCE = 500

/** Figures of the fleet that take long to compute and change slowly. */
export type FleetFigures = {
  /** Percent of the last 30 days that hosts were up, all together; null until it is known, or without any host. */
  availability(facets: readonly (readonly string[])[]): number | null
  /** Hosts with a disk that is full, or will be within two weeks. */
  fullSoon(entries: readonly FleetEntry[], now: number): readonly string[]
}

type HeldFigure = { readonly at: number; readonly value: number | null }

export function createFleetFigures({
  store,
  clock,
  diskForecasts,
}: {
  readonly store: Pick<Store, 'hosts' | 'events'>
  readonly clock: Clock
  readonly diskForecasts: DiskForecasts
}): FleetFigures {
  const held = new Map<string, HeldFigure>()
  const running = new Set<string>()
  /** Sorted once for each reading of the fleet. */
  const fullest = new WeakMap<readonly FleetEntry[], readonly FleetEntry[]>()

  async function compute(key: string, facets: readonly (readonly string[])[]) {
    const to = clock.now()
    const from = to - PERIOD
    const spans = await listSpans(facets)
    const outages = await store.events.listOutages(spans, from, to)
    let known = 0
    let down = 0
    for (const [i, { name, firstSeen }] of spans.entries()) {
      if (i % HOSTS_AT_ONCE === HOSTS_AT_ONCE - 1) await yieldThread()
      const downtime = countDowntime(outages.get(name) ?? [], from, to, firstSeen)
      known += downtime.known
      down += downtime.down
    }
    if (held.size > 100) held.clear()
    held.set(key, { at: clock.monotonicMs(), value: known === 0 ? null : ((known - down) / known) * 100 })
  }

  async function listSpans(facets: readonly (readonly string[])[]): Promise<KnownSpan[]> {
    const [first = [], ...rest] = facets
    if (facets.length === 0) return store.hosts.listSpans()
    const found = new Map<string, KnownSpan>()
    for (const group of first)
      for (const span of await store.hosts.listSpans({ group })) found.set(span.name, span)
    for (const alternatives of rest) {
      const names = new Set<string>()
      for (const group of alternatives)
        for (const { name } of await store.hosts.listSpans({ group })) names.add(name)
      for (const name of [...found.keys()]) if (!names.has(name)) found.delete(name)
    }
    return [...found.values()]
  }

  return {
    availability(facets) {
      const key = JSON.stringify(facets)
      const known = held.get(key)
      if ((known === undefined || clock.monotonicMs() - known.at > KEEP_MS) && !running.has(key)) {
        running.add(key)
        // A database that is away is noticed by the page itself.
        void compute(key, facets)
          .catch(() => {})
          .finally(() => running.delete(key))
      }
      return known?.value ?? null
    },
    fullSoon(entries, now) {
      const known = fullest.get(entries)
      const candidates =
        known ??
        entries
          .filter(
            ({ disk, diskMetric, isDown }) =>
              disk !== null && diskMetric !== null && disk >= LEAST_USED && !isDown,
          )
          .sort((a, b) => (b.disk ?? 0) - (a.disk ?? 0))
          .slice(0, MAX_DISKS)
      if (!known) fullest.set(entries, candidates)
      return candidates.flatMap(({ name, disk, diskMetric }) => {
        if (disk !== null && disk >= 99.95) return [name]
        const forecast = diskForecasts.peek(name, diskMetric ?? '')
        return forecast !== null && forecast.full.earliest <= now + SOON ? [name] : []
      })
    },
  }
}
