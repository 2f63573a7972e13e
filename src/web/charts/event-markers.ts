import type { Event } from '../../domain/event.ts'
import type { EventStore } from '../../storage/ports/store.ts'
import { eventPath } from '../ui/components.tsx'
import { formatStamp } from '../ui/format.ts'
import type { ChartMark } from './chart-marks.tsx'

/** Newest events looked through: what opened before them and is still open is not marked. */
const LOOKED_AT = 200
/** Openings that are nearer to each other than this part of the width share one sign. */
const APART = 0.025

/** The newest events of a host, or of one metric of it, the newest first. */
export type ListNewest = () => Promise<readonly Event[]>

/** Reads them when they are asked for, and once for all who ask. */
export function createListNewest(
  events: Pick<EventStore, 'list'>,
  { host, metric }: { readonly host: string; readonly metric?: string | undefined },
): ListNewest {
  let asked: Promise<readonly Event[]> | null = null
  return () => {
    asked ??= events
      .list({ host, ...(metric === undefined ? {} : { metric }), limit: LOOKED_AT, isCounted: false })
      .then((list) => list.events)
    return asked
  }
}

/**
 * Events of a host, or of one metric of it, that were open at some time from `from` to `to`; the newest
 * first. `listNewest` is for a time that reaches until now: then they are among these.
 */
export async function listEventsIn(
  events: Pick<EventStore, 'list'>,
  { host, metric, from, to }: { host: string; metric?: string; from: number; to: number },
  listNewest?: ListNewest,
): Promise<Event[]> {
  const newest = await listNewest?.()
  // Clocks of agents may be ahead.
  if (newest?.every(({ opened }) => opened <= to)) return openSince(newest, from)
  const list = await events.list({
    host,
    ...(metric === undefined ? {} : { metric }),
    to,
    limit: LOOKED_AT,
    isCounted: false,
  })
  return openSince(list.events, from)
}

/** The events that were open at `from` or later. */
export const openSince = (events: readonly Event[], from: number): Event[] =>
  events.filter(({ closed }) => closed === null || closed >= from)

export const markEvent = ({ opened, closed, severity }: Event): ChartMark => ({ opened, closed, severity })

/**
 * Marks whose signs are links to the events; those that would cover each other share one, which leads to the list
 * `#events-here` of the page.
 */
export function groupMarks(
  events: readonly Event[],
  { from, to }: { readonly from: number; readonly to: number },
): ChartMark[] {
  const groups: Event[][] = []
  for (const event of events.toSorted((a, b) => a.opened - b.opened)) {
    const last = groups.at(-1)
    const first = last?.[0]
    if (last && first && first.opened >= from && event.opened - first.opened < (to - from) * APART)
      last.push(event)
    else groups.push([event])
  }
  return groups.flatMap((group) => {
    const [worst] = group.toSorted((a, b) => a.severity - b.severity)
    return group.map((event, i): ChartMark => {
      if (i > 0 || !worst) return { ...markEvent(event), sign: null }
      const words = group.length === 1 ? event.message : `${group.length} events`
      return {
        ...markEvent(event),
        sign: {
          severity: worst.severity,
          href: group.length === 1 ? eventPath(event.id) : '#events-here',
          title: `${words.slice(0, 200)}, ${formatStamp(event.opened)}`,
        },
      }
    })
  })
}
