import type { Event } from '../../domain/event.ts'
import type { EventStore } from '../../storage/ports/store.ts'
import type { ChartMark } from './chart.tsx'

/** Newest events looked through: what opened before them and is still open is not marked. */
const LOOKED_AT = 200

/**
 * Events of a host, or of one metric of it, that were open at some time from `from` to `to`; the newest
 * first.
 */
export async function listEventsIn(
  events: Pick<EventStore, 'list'>,
  { host, metric, from, to }: { host: string; metric?: string; from: number; to: number },
): Promise<Event[]> {
  const list = await events.list({ host, ...(metric === undefined ? {} : { metric }), to, limit: LOOKED_AT })
  return list.events.filter(({ closed }) => closed === null || closed >= from)
}

export const markEvent = ({ opened, closed, severity }: Event): ChartMark => ({ opened, closed, severity })
