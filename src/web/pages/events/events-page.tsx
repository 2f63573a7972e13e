/** @jsxImportSource #markup */

import {
  countAll,
  SEVERITIES,
  SEVERITY_NAMES,
  type Severity,
  type SeverityCounts,
} from '../../../domain/event.ts'
import { MAX_HOST_NAME } from '../../../domain/hosts/host.ts'
import { MAX_METRIC_NAME } from '../../../domain/sample.ts'
import type { MaintenanceCalendar } from '../../../domain/time/maintenance-window.ts'
import { type ChosenFacets, facetBar, readFacets } from '../../filters/facets.tsx'
import { readInteger } from '../../http/query-parameters.ts'
import { mayUse, route } from '../../http/route.ts'
import { type EventView, viewEvents } from '../../problems/event-view.ts'
import { capitalize, pager, withParameters } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatCount, formatField, formatNumber, formatStamp } from '../../ui/format.ts'
import { severityMark } from '../../ui/icons.tsx'
import { layout } from '../../ui/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { saveViewLink } from '../../ui/save-view.tsx'
import { actionResult } from './action-result.tsx'
import { changeAllPath } from './bulk-actions.tsx'
import { type EventFilter, findEventQuery, isNarrowed, readEventFilter } from './event-filter.ts'
import { eventTable } from './event-table.tsx'

const PAGE = 100
const TITLES = { open: 'Open events', closed: 'Closed events', all: 'All events' } as const

export const eventsPage = route({ path: '/events', access: 'viewer' }, async (request) => {
  const { url, session, csrf, now, web } = request
  const filter = readEventFilter(url)
  const offset = readInteger(url, 'offset', { min: 0, max: 1e9, default: 0 })
  const query = await findEventQuery(filter, web.store.hosts)
  const { severity: _, ...ofAnySeverity } = query
  const [result, view, counts, groups, list] = await Promise.all([
    actionResult(request),
    web.fleet.read(),
    web.store.events.countBySeverity(ofAnySeverity),
    web.store.hosts.groups(),
    web.store.events.list({ ...query, offset, limit: PAGE }),
  ])
  const mayChange = mayUse({ session }, 'operator')
  const facets = readFacets(url)
  const events = await viewEvents(list.events, web, now)
  const model = {
    url,
    filter,
    facets,
    groups,
    offset,
    counts,
    ...list,
    events,
    calendar: view.calendar,
    csrf,
    mayChange,
    now,
  }
  return layout({
    title: TITLES[filter.status],
    active: 'events',
    session,
    csrf,
    url,
    body: (
      <>
        {result}
        {eventsView(model)}
      </>
    ),
  })
})

type EventsModel = {
  readonly url: URL
  readonly filter: EventFilter
  readonly facets: ChosenFacets
  readonly groups: readonly string[]
  readonly calendar: MaintenanceCalendar
  readonly offset: number
  /** Of all that fit, whatever severity is asked for. */
  readonly counts: SeverityCounts
  readonly total: number
  readonly isMore: boolean
  readonly events: readonly EventView[]
  readonly csrf: string
  readonly mayChange: boolean
  readonly now: number
}

function eventsView(model: EventsModel): Html {
  const { url, filter, events, offset, total, isMore, mayChange, now } = model
  const word = filter.status === 'all' ? 'event' : `${filter.status} event`
  const table = (
    <>
      {events.length === 0
        ? emptyView(model)
        : eventTable({ events, now, calendar: model.calendar, mayChange })}
      {pager({ url, offset, limit: PAGE, total, isMore })}
    </>
  )
  return (
    <>
      <div class="head">
        <div>
          <h1>Events</h1>
          <p class="lead" data-live="lead">
            {isMore && 'More than '}
            {formatCount(total, isNarrowed(filter) ? `matching ${word}` : word)} · {saveViewLink(url)}
          </p>
        </div>
        <div class="totals" data-live="totals" role="group" aria-label="Severity">
          {severityLinks(model)}
        </div>
      </div>
      <div class="filters">
        <nav class="wide" aria-label="Status">
          <ul class="segments">
            {(['open', 'closed', 'all'] as const).map((one) => (
              <li>
                <a
                  href={withParameters(url, { status: one === 'open' ? null : one, offset: null })}
                  aria-current={one === filter.status && 'true'}
                >
                  {capitalize(one)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        {filterForm(model)}
      </div>
      {facetBar(url, model.groups, model.facets)}
      <div data-live="events">
        {mayChange && events.length > 0 ? (
          <form method="post" action="/events/change">
            {csrfField(model.csrf)}
            <input type="hidden" name="back" value={`${url.pathname}${url.search}`} />
            {bulkBar(model)}
            {table}
          </form>
        ) : (
          table
        )}
      </div>
    </>
  )
}

function filterForm({ url, filter, now }: EventsModel): Html {
  const { status, severity, host, metric, acknowledged, from, to } = filter
  const chosen = acknowledged === null ? '' : acknowledged ? 'yes' : 'no'
  const time = (name: string, label: string, value: number | null) => (
    <label>
      {label}{' '}
      <input
        type="datetime-local"
        name={name}
        value={value === null ? '' : formatField(value)}
        data-time-as="field"
        data-time={value !== null && value}
      />
    </label>
  )
  return (
    <details class="filter-more" open={isNarrowed(filter)}>
      <summary>Filter</summary>
      <form class="span-form" method="get" action="/events">
        {status !== 'open' && <input type="hidden" name="status" value={status} />}
        {severity !== null && <input type="hidden" name="severity" value={severity} />}
        {filter.facets.flat().map((group) => (
          <input type="hidden" name="group" value={group} />
        ))}
        <label>
          Host{' '}
          <input
            type="text"
            name="host"
            value={host}
            placeholder="part of its name"
            autocomplete="off"
            spellcheck="false"
            maxlength={MAX_HOST_NAME}
          />
        </label>
        <label>
          Metric{' '}
          <input
            type="text"
            name="metric"
            value={metric}
            placeholder="memory used"
            autocomplete="off"
            spellcheck="false"
            maxlength={MAX_METRIC_NAME}
          />
        </label>
        <label>
          Acknowledged{' '}
          <select name="acknowledged">
            {[
              ['', 'either'],
              ['yes', 'yes'],
              ['no', 'no'],
            ].map(([value, words]) => (
              <option value={value} selected={value === chosen}>
                {words}
              </option>
            ))}
          </select>
        </label>
        {time('from', 'Opened from', from)}
        {time('to', 'to', to)}
        <button type="submit">Filter</button>
        <span class="soft unscripted">in the time of the server, where it is {formatStamp(now)}</span>
        {isNarrowed(filter) && (
          <a
            href={withParameters(url, {
              severity: null,
              host: null,
              group: null,
              metric: null,
              acknowledged: null,
              from: null,
              to: null,
              offset: null,
            })}
          >
            Show all
          </a>
        )}
      </form>
    </details>
  )
}

function bulkBar({ filter, url, total, events }: EventsModel): Html {
  if (filter.status === 'closed') return <></>
  const hasMore = filter.status === 'open' && total > events.length
  return (
    <div class="bulk">
      <label>
        Comment <input type="text" name="comment" maxlength={2000} autocomplete="off" />
      </label>
      <button type="submit" name="action" value="acknowledge">
        Acknowledge selected
      </button>
      <button type="submit" name="action" value="close">
        Close selected
      </button>
      {hasMore && (
        <a class="button" href={changeAllPath(url)}>
          Select all {formatNumber(total)} matching…
        </a>
      )}
      <span class="soft" data-checked-count role="status" />
    </div>
  )
}

function severityLinks({ url, filter, counts }: EventsModel): Html[] {
  const link = (value: Severity | null, words: Html, count: number) => (
    <a
      href={withParameters(url, { severity: value === null ? null : String(value), offset: null })}
      aria-current={filter.severity === value && 'true'}
    >
      {words}
      <b>{formatNumber(count)}</b>
    </a>
  )
  return [
    link(null, <>All</>, countAll(counts)),
    ...SEVERITIES.map((one) =>
      link(
        one,
        <>
          {severityMark(one)}
          {capitalize(SEVERITY_NAMES[one])}
        </>,
        counts[one],
      ),
    ),
  ]
}

function emptyView({ filter, offset, url }: EventsModel): Html {
  if (offset > 0)
    return (
      <section class="empty">
        <h2>Nothing on this page</h2>
        <p>
          The list is shorter than that.{' '}
          <a href={withParameters(url, { offset: null })}>Go to its beginning</a>
        </p>
      </section>
    )
  if (isNarrowed(filter))
    return (
      <section class="empty">
        <h2>No {filter.status === 'all' ? '' : `${filter.status} `}event matches</h2>
        <p>
          <a href={filter.status === 'open' ? '/events' : `/events?status=${filter.status}`}>
            Show all {filter.status === 'all' ? '' : `${filter.status} `}events
          </a>
        </p>
      </section>
    )
  return filter.status === 'open' ? (
    <section class="empty">
      <h2>No open events</h2>
      <p>All clear.</p>
    </section>
  ) : (
    <section class="empty">
      <h2>No {filter.status === 'closed' ? 'closed ' : ''}events</h2>
      <p>Closed events are kept here until their retention ends.</p>
    </section>
  )
}
