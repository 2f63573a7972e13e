import type { Event } from '../../../domain/event.ts'
import type { PhraseContext } from '../../../domain/events/phrase.ts'
import type { Problem } from '../../../domain/events/problem.ts'
import type { RunningProcess } from '../../../domain/events/running-process.ts'
import type { Series } from '../../../domain/sample.ts'
import { readLimit } from '../../../domain/thresholds/threshold.ts'
import type { MaintenanceCalendar } from '../../../domain/time/maintenance-window.ts'
import type { Delivery, EventHistoryEntry, Store } from '../../../storage/ports/store.ts'
import type { ThresholdLine } from '../../charts/threshold-places.ts'
import { readThresholds, toThresholdLines } from '../../charts/thresholds.ts'
import { mayUse, type WebRequest } from '../../http/route.ts'
import { viewEvents } from '../../problems/event-view.ts'
import type { Changes } from '../../problems/what-changed.ts'

/** Seconds that the graph shows before and after the event. */
const AROUND = 2 * 3600
/** A graph of a longer event shows its beginning. */
const LONGEST = 14 * 86_400

/** The data of an event's page, which is shown alone or beside the list. */
export type EventModel = {
  readonly event: Event
  readonly problem: Problem
  /** The value in the newest frame of its host; null where it is not known. */
  readonly current: number | null
  /** The facts that sentences about its metrics use. */
  readonly words: PhraseContext
  readonly calendar: MaintenanceCalendar
  readonly history: readonly EventHistoryEntry[]
  readonly processes: readonly RunningProcess[]
  readonly deliveries: readonly Delivery[]
  /** Null for an event of several hosts. */
  readonly series: Series | null
  readonly changes: Changes | null
  readonly thresholds: readonly ThresholdLine[]
  readonly from: number
  readonly to: number
  readonly now: number
  readonly csrf: string
  /** Where a form leads back to. */
  readonly back: string
  readonly mayChange: boolean
  readonly seesTargets: boolean
}

/** Reads what the page of an event shows. */
export async function readEvent(event: Event, request: WebRequest, back: string): Promise<EventModel> {
  const { csrf, now, web } = request
  const { events, samples } = web.store
  const from = event.opened - AROUND
  const to = Math.min((event.closed ?? now) + AROUND, now, from + LONGEST)
  const isOfOne = event.members.length === 0
  const [history, processes, deliveries, series, thresholds, changes, { calendar }, [view]] =
    await Promise.all([
      events.history(event.id),
      events.processes(event.id),
      events.deliveries(event.id),
      isOfOne && to > from ? samples.range(event.host, event.metric, from, to) : null,
      isOfOne ? findThresholds(web.store, event) : [],
      web.whatChanged.of(event),
      web.fleet.read(),
      viewEvents([event], web, now),
    ])
  return {
    event,
    problem: view?.problem ?? { what: event.message, detail: null, text: event.message },
    current: view?.current ?? null,
    words: view?.host ?? {},
    calendar,
    history,
    processes,
    deliveries,
    series,
    changes,
    thresholds,
    from,
    to,
    now,
    csrf,
    back,
    mayChange: mayUse(request, 'operator'),
    seesTargets: mayUse(request, 'admin'),
  }
}

/** The current thresholds, except that the event's own is the one of its time, which its message contains. */
async function findThresholds(
  store: Store,
  { host, metric, message, severity }: Event,
): Promise<ThresholdLine[]> {
  const thresholds = await readThresholds(store, host, metric)
  const own = readLimit(metric, message)
  if (!own) return [...thresholds.of(metric)]
  const others = thresholds.of(metric).filter((limit) => limit.severity !== severity)
  return [...others, ...toThresholdLines(metric, [{ ...own, severity }])].sort((a, b) => a.value - b.value)
}
