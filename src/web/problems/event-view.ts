import type { Event } from '../../domain/event.ts'
import { describeProblem, type Problem } from '../../domain/events/problem.ts'
import { isDiskUse } from '../../domain/hosts/filesystems.ts'
import { type Host, hostStatus } from '../../domain/hosts/host.ts'
import type { Store } from '../../storage/ports/store.ts'
import type { DiskForecasts } from '../forecasts/disk-forecasts.ts'

/** An event with the texts that every view shows: the problem as a sentence, and the current value. */
export type EventView = {
  readonly event: Event
  readonly problem: Problem
  /** The newest value of its metric; null where the host has none, is down, or the event is of several hosts. */
  readonly current: number | null
  /** Null for an event of several hosts, or of one that is gone. */
  readonly host: Host | null
}

export type ViewContext = {
  /** Seconds without a packet after which a host counts as down. */
  readonly silence: number
  /** An open event about a disk says when the disk will be full, as far as that is known. */
  readonly forecasts?: Pick<DiskForecasts, 'peek'>
}

type ReadContext = ViewContext & { readonly store: { readonly hosts: Pick<Store['hosts'], 'findAll'> } }

/** Looks up the hosts of these events, each once. At most 1000 events. */
export async function viewEvents(
  events: readonly Event[],
  context: ReadContext,
  now: number,
): Promise<EventView[]> {
  const names = new Set(events.flatMap(({ host, members }) => (members.length > 0 ? [] : [host])))
  const hosts = await context.store.hosts.findAll([...names])
  return events.map((event) => viewEvent(event, hosts.get(event.host) ?? null, now, context))
}

/** The same of one event whose host is known. */
export function viewEvent(
  event: Event,
  host: Host | null,
  now: number,
  { silence, forecasts }: ViewContext,
): EventView {
  const own = event.members.length > 0 ? null : host
  // Values of a host that is down are outdated: its current values are not known.
  const isKnown = own !== null && hostStatus(own, now, silence) === 'up'
  const current = (isKnown ? own.latest[event.metric] : undefined) ?? null
  const isOpenDisk = isKnown && event.status === 'open' && isDiskUse(event.metric)
  const forecast = isOpenDisk ? (forecasts?.peek(event.host, event.metric) ?? null) : null
  return { event, host: own, current, problem: describeProblem(event, { ...own, current, forecast, now }) }
}
