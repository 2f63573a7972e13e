import type { Event, Severity, SeverityCounts } from '../../domain/event.ts'
import type { EventStore } from '../../storage/ports/store.ts'

const DAY = 86_400
/** Answers that are cached: one for each choice of groups that a user looks at. */
const MAX_REMEMBERED = 50

/** When events of one severity were open, put together by slots. */
export type OpenTime = {
  readonly severity: Severity
  readonly opened: number
  readonly closed: number | null
  readonly count: number
}

/** The figures and lists of events on the start page. */
export type FleetEvents = {
  readonly open: SeverityCounts
  readonly unacknowledged: SeverityCounts
  /** The worst of the unacknowledged events. */
  readonly worst: readonly Event[]
  /** Of the last day. */
  readonly times: readonly OpenTime[]
}

export type FleetEventsQuery = {
  readonly facets: readonly (readonly string[])[]
  /** How many of the worst. */
  readonly limit: number
  /** Seconds of a slot of `times`. */
  readonly slot: number
  readonly now: number
  /** Changes when hosts come and go, with their events. */
  readonly hosts: string
}

export type FleetEventsReader = { read(query: FleetEventsQuery): Promise<FleetEvents> }

/** Reads it again only when an event has changed: with thousands of open events each reading takes milliseconds. */
export function createFleetEvents(
  events: Pick<EventStore, 'revision' | 'countBySeverity' | 'listWorst' | 'listOpenTimes'>,
): FleetEventsReader {
  const known = new Map<string, { readonly revision: string; readonly found: Promise<FleetEvents> }>()

  async function load({ facets, limit, slot, now }: FleetEventsQuery): Promise<FleetEvents> {
    const filter = facets.length === 0 ? {} : { facets }
    const [open, unacknowledged, worst, times] = await Promise.all([
      events.countBySeverity({ ...filter, status: 'open' }),
      events.countBySeverity({ ...filter, status: 'open', acknowledged: false }),
      events.listWorst({ ...filter, status: 'open', acknowledged: false, limit }),
      events.listOpenTimes(filter, now - DAY, slot),
    ])
    return { open, unacknowledged, worst, times }
  }

  return {
    async read(query) {
      const { facets, limit, slot, now, hosts } = query
      const key = `${JSON.stringify(facets)} ${limit}`
      const revision = `${await events.revision()} ${Math.floor(now / slot)} ${hosts}`
      const held = known.get(key)
      if (held?.revision === revision) return held.found
      if (known.size >= MAX_REMEMBERED) known.clear()
      const found = load(query)
      known.set(key, { revision, found })
      found.catch(() => {
        if (known.get(key)?.found === found) known.delete(key)
      })
      return found
    },
  }
}
