/** @jsxImportSource #markup */
import { type Event, lengthOf } from '../../../domain/event.ts'
import type { Problem } from '../../../domain/events/problem.ts'
import type { RunningProcess } from '../../../domain/events/running-process.ts'
import { metricTitle, metricUnit } from '../../../domain/metrics/metric.ts'
import type { Series } from '../../../domain/sample.ts'
import { downsampleSeries } from '../../../domain/series.ts'
import { readLimit } from '../../../domain/thresholds/threshold.ts'
import type { MaintenanceCalendar } from '../../../domain/time/maintenance-window.ts'
import { covers } from '../../../domain/users/user.ts'
import type { Delivery, EventHistoryEntry, Store } from '../../../storage/ports/store.ts'
import { lineChart } from '../../charts/chart.tsx'
import type { ThresholdLine } from '../../charts/threshold-places.ts'
import { readThresholds, toThresholdLines } from '../../charts/thresholds.ts'
import { notFound, route } from '../../http/route.ts'
import { viewEvents } from '../../problems/event-view.ts'
import {
  hostPath,
  madeLine,
  metricPath,
  pageHeading,
  severityLabel,
  stampLabel,
} from '../../ui/components.tsx'
import { readId } from '../../ui/form-fields.tsx'
import { formatCount, formatDuration } from '../../ui/format.ts'
import { layout } from '../../ui/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { actionResult } from './action-result.tsx'
import { eventActions } from './event-actions.tsx'
import { deliveriesView, historyView } from './event-course.tsx'
import { heldWords } from './event-state.tsx'
import { hostName } from './event-table.tsx'
import { processesView } from './running-processes.tsx'

/** Seconds that the graph shows before and after the event. */
const BEFORE = 3600
const AFTER = 1800
const DRAWN = 400
/** A graph of a longer event shows its beginning. */
const LONGEST = 14 * 86_400
const SHOWN_MEMBERS = 200

export const eventPage = route({ path: '/events/:id', access: 'viewer' }, async (request) => {
  const { params, url, session, csrf, now, web } = request
  const { events, samples } = web.store
  const event = await events.find(readId(params.id))
  if (!event) throw notFound('event')
  const from = event.opened - BEFORE
  const to = Math.min((event.closed ?? now) + AFTER, now, from + LONGEST)
  const [history, processes, deliveries, series, thresholds] = await Promise.all([
    events.history(event.id),
    events.processes(event.id),
    events.deliveries(event.id),
    event.members.length > 0 || to <= from ? null : samples.range(event.host, event.metric, from, to),
    event.members.length > 0 ? [] : findThresholds(web.store, event),
  ])
  const access = session?.access ?? 'viewer'
  const [view] = await viewEvents([event], web, now)
  const problem = view?.problem ?? { what: event.message, detail: null, text: event.message }
  const { calendar } = await web.fleet.read()
  const model = {
    event,
    problem,
    calendar,
    history,
    processes,
    deliveries,
    series,
    thresholds,
    from,
    to,
    now,
    csrf,
    mayChange: covers(access, 'operator'),
    seesTargets: covers(access, 'admin'),
  }
  const title = `${event.host}: ${problem.text}`
  return layout({
    title,
    active: 'events',
    session,
    csrf,
    url,
    body: (
      <>
        {madeLine({ now, web })}
        {await actionResult(request)}
        {eventView(model)}
      </>
    ),
  })
})

/** Those of now, but that of the event itself as it was then: its message tells it. */
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

type EventModel = {
  readonly event: Event
  readonly problem: Problem
  readonly calendar: MaintenanceCalendar
  readonly history: readonly EventHistoryEntry[]
  readonly processes: readonly RunningProcess[]
  readonly deliveries: readonly Delivery[]
  /** Null for an event of several hosts. */
  readonly series: Series | null
  readonly thresholds: readonly ThresholdLine[]
  readonly from: number
  readonly to: number
  readonly now: number
  readonly csrf: string
  readonly mayChange: boolean
  readonly seesTargets: boolean
}

function eventView(model: EventModel): Html {
  const { event, mayChange } = model
  return (
    <>
      <div data-live="event">
        <div class="head">
          <div>
            <p class="crumbs">
              <a href="/events">Events</a> › Event #{event.id}
            </p>
            {pageHeading(model.problem.what)}
            {model.problem.detail !== null && <p class="lead">{model.problem.detail}</p>}
            {heldWords(event, model.calendar, model.now)}
          </div>
          <p class="host-status">
            {severityLabel(event.severity)}{' '}
            <span class={event.status === 'open' ? 'open-word' : 'soft'}>{event.status}</span>
          </p>
        </div>
        {factsView(event, model.now)}
      </div>
      {mayChange && eventActions(model)}
      <div data-live="course">
        {graphView(model)}
        {processesView(model.processes)}
        <div class="columns">
          {historyView(model)}
          {deliveriesView(model)}
        </div>
        {membersView(event)}
      </div>
    </>
  )
}

function factsView(event: Event, now: number): Html {
  const { host, metric, members, opened, closed, acknowledgedBy, acknowledged, isStale, status } = event
  const length = lengthOf(event, now)
  const fact = (name: string, value: Html | string) => (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
  return (
    <>
      <dl class="facts">
        {fact('Host', hostName(event))}
        {fact(
          'Metric',
          members.length > 0 ? (
            <code>{metric}</code>
          ) : (
            <a href={metricPath(host, metric)}>
              <code>{metric}</code>
            </a>
          ),
        )}
        {fact('Opened', stampLabel(opened))}
        {closed !== null && fact('Closed', length === null ? 'at an unknown time' : stampLabel(closed))}
        {fact(closed === null ? 'Open for' : 'Lasted', length === null ? 'unknown' : formatDuration(length))}
        {acknowledgedBy !== null &&
          fact(
            'Acknowledged',
            <>
              by {acknowledgedBy}
              {acknowledged !== null && <> at {stampLabel(acknowledged)}</>}
            </>,
          )}
      </dl>
      {isStale && status === 'open' && (
        <p class="notice stale" role="status">
          No data: the metric is no longer reported, so nobody knows whether the problem is still there.
        </p>
      )}
    </>
  )
}

function graphView({ event, series, thresholds, from, to }: EventModel): Html | null {
  if (series === null || series.times.length === 0) return null
  const { host, metric, opened, closed, severity } = event
  const downsampled = downsampleSeries(series, from, to, DRAWN)
  const { times, low, mean, high } = downsampled
  const title = metricTitle(metric)
  return (
    <section class="section">
      <div class="section-head">
        <h2>{title}</h2>
        <a href={`${metricPath(host, metric)}?from=${from}&to=${to}`}>Open in graph</a>
      </div>
      <div class="event-chart">
        {lineChart({
          lines: [{ name: title, times, values: mean, ...(mean === low ? {} : { low, high }) }],
          from,
          to,
          unit: metricUnit(metric),
          label: `${title} of ${host} around the event`,
          height: 190,
          timeTickCount: 6,
          valueTickCount: 4,
          thresholds,
          marks: [{ opened, closed, severity }],
        })}
      </div>
    </section>
  )
}

function membersView({ members }: Event): Html | null {
  // A single one is named as the event's host already.
  if (members.length < 2) return null
  return (
    <section class="section">
      <h2>{formatCount(members.length, 'host')}</h2>
      <ul class="metrics">
        {members.slice(0, SHOWN_MEMBERS).map((member) => (
          <li>
            <a href={hostPath(member)}>{member}</a>
          </li>
        ))}
      </ul>
      {members.length > SHOWN_MEMBERS && (
        <p class="soft">and {formatCount(members.length - SHOWN_MEMBERS, 'more host')}</p>
      )}
    </section>
  )
}
