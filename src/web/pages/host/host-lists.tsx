/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import { formatMetricValue } from '../../../domain/metrics/metric.ts'
import { type ViewContext, viewEvent } from '../../problems/event-view.ts'
import { agoLabel, hostPath, metricPath } from '../../ui/components.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { eventLines } from '../events/event-list.tsx'
import type { DiskRow } from './disk-table.tsx'

/** Open events that the page lists; the others are behind a link. */
const SHOWN_EVENTS = 10

export type OpenEvents = {
  readonly host: Host
  readonly events: readonly Event[]
  readonly total: number
  readonly disks: readonly DiskRow[]
  readonly now: number
  readonly silence: number
}

/** The problems of a host as sentences; one about a disk includes when the disk will be full. */
export function openEventsOfHost({ host, events, total, disks, now, silence }: OpenEvents): Html {
  const forecasts: ViewContext['forecasts'] = {
    peek: (_, metric) => disks.find((disk) => disk.metric === metric)?.forecast ?? null,
  }
  const say = (event: Event) => viewEvent(event, host, now, { silence, forecasts }).problem.text
  if (events.length === 0) return <></>
  return (
    <section class="section first">
      <div class="section-head">
        <h2>Open events</h2>
        <a href={`/events?host=${encodeURIComponent(host.name)}`}>
          {total > SHOWN_EVENTS ? `All ${total}` : 'Events of this host'}
        </a>
      </div>
      {eventLines(events.slice(0, SHOWN_EVENTS), ({ opened }) => agoLabel(opened, now), { say })}
    </section>
  )
}

/** The way to a list that is too long to come along. */
export function metricLink(host: Host, metrics: readonly string[]): Html {
  return (
    <section class="section panel" id="all-metrics">
      <h2>
        <a href={`${hostPath(host.name)}/metrics`}>All metrics</a> <span class="soft">{metrics.length}</span>
      </h2>
    </section>
  )
}

/** Every metric that the host ever had, with its newest value. */
export function metricList({
  host,
  metrics,
  query,
  isOpen,
}: MetricList & { readonly isOpen: boolean }): Html {
  return (
    <details class="section panel" id="all-metrics" open={isOpen}>
      <summary>
        <h2>All metrics</h2> <span class="soft">{metrics.length}</span>
      </summary>
      {metricRows({ host, metrics, query })}
    </details>
  )
}

export type MetricList = {
  readonly host: Host
  readonly metrics: readonly string[]
  /** The query by which links keep the time that is shown; empty for the usual one. */
  readonly query: string
}

export function metricRows({ host, metrics, query }: MetricList): Html {
  return (
    <ul class="metrics">
      {metrics.map((metric) => {
        const value = host.latest[metric]
        const spelling = host.spellings?.[metric]
        return (
          <li>
            <a href={`${metricPath(host.name, metric)}${query}`}>{metric}</a>
            {spelling !== undefined && <span class="soft">sent as {spelling}</span>}
            <span class={value === undefined && 'soft'}>
              {value === undefined ? '–' : formatMetricValue(metric, value)}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
