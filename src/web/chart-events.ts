import type { Event } from '../domain/event.ts'
import { readLimit } from '../domain/threshold.ts'
import type { EventStore } from '../storage/store.ts'
import type { ChartLimit, ChartMark } from './chart.ts'

/** Newest events looked through: what opened before them and is still open is not marked. */
const LOOKED_AT = 200

/** Events of a host, or of one metric of it, that were open at some time from `from` to `to`; the newest first. */
export async function listEventsIn(
  events: Pick<EventStore, 'list'>,
  { host, metric, from, to }: { host: string; metric?: string; from: number; to: number },
): Promise<Event[]> {
  const list = await events.list({ host, ...(metric === undefined ? {} : { metric }), to, limit: LOOKED_AT })
  return list.events.filter(({ closed }) => closed === null || closed >= from)
}

export const markEvent = ({ opened, closed, severity }: Event): ChartMark => ({ opened, closed, severity })

/**
 * The limits of a metric, as far as its events tell them: agents keep their thresholds to themselves. Of each severity the newest
 * event counts; an exact value is no limit that a line could show.
 */
export async function findLimits(
  events: Pick<EventStore, 'list'>,
  host: string,
  metric: string,
): Promise<ChartLimit[]> {
  const list = await events.list({ host, metric, limit: LOOKED_AT })
  const limits = new Map<number, ChartLimit>()
  for (const { severity, message } of list.events) {
    const limit = readLimit(metric, message)
    if (!limit || limit.compare === '=' || limit.compare === '!=' || limits.has(severity)) continue
    limits.set(severity, { value: limit.value, severity })
  }
  return [...limits.values()].sort((a, b) => a.value - b.value)
}
