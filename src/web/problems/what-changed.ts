import type { Event } from '../../domain/event.ts'
import {
  type ComparedTime,
  canCompare,
  type Departure,
  listDepartures,
  timeOfDeparture,
} from '../../domain/events/departure.ts'
import { metricUnit } from '../../domain/metrics/metric.ts'
import type { Series } from '../../domain/sample.ts'
import { type DownsampledSeries, downsampleSeries } from '../../domain/series.ts'
import { readCondition } from '../../domain/thresholds/threshold.ts'
import type { Clock } from '../../lib/clock.ts'
import { readForAll } from '../../lib/reader.ts'
import type { HostStore, SampleStore } from '../../storage/ports/store.ts'

const MINUTE = 60
/** Seconds around the opening that the small graphs show. */
export const AROUND = 2 * 3600
/** Longest time before an opening in which a cause is looked for. */
const LONGEST_LEAD = 3600
/**
 * Least time before an opening in which a cause is looked for: the cause of a threshold without a duration
 * may have begun this long before.
 */
const SHORTEST_LEAD = 15 * MINUTE
/** Departures that are drawn. */
const SHOWN = 12
/** Steps of a small graph. */
const POINTS = 90
/** Metrics that are looked at: a host with more is looked at in part, by name. */
const MAX_METRICS = 2000
/** Metrics that are read together. */
const TOGETHER = 500
/** How long an answer that may still change is kept, and how many answers. */
const KEEP_MS = 60_000
const MAX_REMEMBERED = 100

/** A metric that departed, with its line around the opening of the event. */
export type Changed = Departure & { readonly line: DownsampledSeries }

export type Changes = {
  /** The strongest first. */
  readonly shown: readonly Changed[]
  /** How many departed in all, and among how many metrics. */
  readonly total: number
  readonly metrics: number
  /** False while no metric has enough samples from before the event: then nobody knows what changed. */
  readonly isKnown: boolean
  readonly time: ComparedTime
  /** The time that the lines show. */
  readonly from: number
  readonly to: number
}

export type WhatChanged = {
  /**
   * The other metrics of the event's host that departed when it opened; null for an event of several hosts.
   */
  of(event: Event): Promise<Changes | null>
}

export type WhatChangedOptions = {
  readonly hosts: Pick<HostStore, 'metrics'>
  readonly samples: Pick<SampleStore, 'ranges'>
  readonly clock: Clock
}

/** Reads some hours of all metrics of a host for an event; an answer is kept, since a page asks for it each time. */
export function createWhatChanged({ hosts, samples, clock }: WhatChangedOptions): WhatChanged {
  const known = new Map<
    string,
    { readonly at: number; readonly isFinal: boolean; readonly found: Promise<Changes> }
  >()

  async function look(event: Event, now: number): Promise<Changes> {
    const time = timeOfDeparture(event.opened, Math.min(now, event.closed ?? now), leadOf(event))
    const [from, to] = [event.opened - AROUND, Math.min(now, event.opened + AROUND)]
    const metrics = (await hosts.metrics(event.host)).slice(0, MAX_METRICS)
    const series = new Map<string, Series>()
    for (let at = 0; at < metrics.length; at += TOGETHER) {
      const part = metrics.slice(at, at + TOGETHER)
      for (const [metric, one] of await samples.ranges(event.host, part, Math.min(time.past, from), to))
        if (metric !== event.metric) series.set(metric, one)
    }
    const departures = listDepartures(series, time, metricUnit)
    const shown = departures.slice(0, SHOWN).flatMap((departure) => {
      const one = series.get(departure.metric)
      return one === undefined ? [] : [{ ...departure, line: lineOf(one, from, to) }]
    })
    const isKnown = [...series.values()].some((one) => canCompare(one, time))
    return { shown, total: departures.length, metrics: metrics.length, isKnown, time, from, to }
  }

  return {
    async of(event) {
      if (event.members.length > 0) return null
      const key = `${event.id} ${event.closed}`
      const held = known.get(key)
      if (held !== undefined && (held.isFinal || clock.monotonicMs() - held.at < KEEP_MS)) return held.found
      if (known.size >= MAX_REMEMBERED) known.clear()
      const now = clock.now()
      const found = readForAll(() => look(event, now))
      // Samples that come late may still change it for a while.
      const isFinal = now > event.opened + AROUND + 15 * MINUTE
      known.set(key, { at: clock.monotonicMs(), isFinal, found })
      found.catch(() => known.delete(key))
      return found
    },
  }
}

/** Seconds before the opening in which the trouble may have begun: what its threshold waited, and some minutes. */
function leadOf({ metric, message }: Event): number {
  const waited = readCondition(metric, message)?.duration ?? 0
  return Math.min(LONGEST_LEAD, Math.max(SHORTEST_LEAD, waited + 5 * MINUTE))
}

function lineOf({ times, values }: Series, from: number, to: number): DownsampledSeries {
  let [start, end] = [0, times.length]
  while (start < end && (times[start] ?? 0) < from) start++
  while (end > start && (times[end - 1] ?? 0) > to) end--
  return downsampleSeries(
    { times: times.subarray(start, end), values: values.subarray(start, end) },
    from,
    to,
    POINTS,
  )
}
