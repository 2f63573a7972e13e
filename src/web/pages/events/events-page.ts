import {
  countAll,
  type Event,
  SEVERITIES,
  SEVERITY_NAMES,
  type Severity,
  type SeverityCounts,
} from '../../../domain/event.ts'
import { MAX_HOST_NAME } from '../../../domain/host.ts'
import { MAX_METRIC_NAME } from '../../../domain/sample.ts'
import { readInteger } from '../../http/query-parameters.ts'
import { mayUse, route } from '../../http/route.ts'
import { capitalize, pager, withParameters } from '../../ui/components.ts'
import { csrfField } from '../../ui/form-fields.ts'
import { formatCount, formatField, formatNumber, formatStamp } from '../../ui/format.ts'
import { groupFilter } from '../../ui/group-filter.ts'
import { type Html, html } from '../../ui/html.ts'
import { severityMark } from '../../ui/icons.ts'
import { layout } from '../../ui/layout.ts'
import { changeAllPath } from './bulk-actions.ts'
import { type EventFilter, findEventQuery, isNarrowed, readEventFilter } from './event-filter.ts'
import { eventTable } from './event-table.ts'

const PAGE = 100
const TITLES = { open: 'Open events', closed: 'Closed events', all: 'All events' } as const

export const eventsPage = route(
  { path: '/events', access: 'viewer' },
  async ({ url, session, csrf, now, web }) => {
    const filter = readEventFilter(url)
    const offset = readInteger(url, 'offset', { min: 0, max: 1e9, default: 0 })
    const query = await findEventQuery(filter, web.store.hosts)
    const { severity: _, ...ofAnySeverity } = query
    const [counts, groups, list] = await Promise.all([
      web.store.events.countBySeverity(ofAnySeverity),
      web.store.hosts.groups(),
      web.store.events.list({ ...query, offset, limit: PAGE }),
    ])
    const mayChange = mayUse({ session }, 'operator')
    const model = { url, filter, groups, offset, counts, ...list, csrf, mayChange, now }
    return layout({
      title: TITLES[filter.status],
      active: 'events',
      session,
      csrf,
      url,
      body: eventsView(model),
    })
  },
)

type EventsModel = {
  readonly url: URL
  readonly filter: EventFilter
  readonly groups: readonly string[]
  readonly offset: number
  /** Of all that fit, whatever severity is asked for. */
  readonly counts: SeverityCounts
  readonly total: number
  readonly events: readonly Event[]
  readonly csrf: string
  readonly mayChange: boolean
  readonly now: number
}

function eventsView(model: EventsModel): Html {
  const { url, filter, events, offset, total, mayChange, now } = model
  const word = filter.status === 'all' ? 'event' : `${filter.status} event`
  const table = html`${events.length === 0 ? emptyView(model) : eventTable({ events, now, mayChange })}${pager({ url, offset, limit: PAGE, total })}`
  return html`<div class="head"><div><h1>Events</h1><p class="lead" data-live="lead">${formatCount(total, word)}${isNarrowed(filter) && (total === 1 ? ' that fits' : ' that fit')}</p></div><div class="totals" data-live="totals" role="group" aria-label="Severity">${severityLinks(model)}</div></div>
<div class="filters"><nav class="wide" aria-label="Status"><ul class="segments">${(
    ['open', 'closed', 'all'] as const
  ).map(
    (one) =>
      html`<li><a href="${withParameters(url, { status: one === 'open' ? null : one, offset: null })}"${one === filter.status && html` aria-current="true"`}>${capitalize(one)}</a></li>`,
  )}</ul></nav>${filterForm(model)}</div>
${groupFilter(url, model.groups, filter.group || null)}
<div data-live="events">${mayChange && events.length > 0 ? html`<form method="post" action="/events/change">${csrfField(model.csrf)}<input type="hidden" name="back" value="${url.pathname}${url.search}">${bulkBar(model)}${table}</form>` : table}</div>`
}

function filterForm({ url, filter, now }: EventsModel): Html {
  const { status, severity, host, metric, acknowledged, from, to } = filter
  const chosen = acknowledged === null ? '' : acknowledged ? 'yes' : 'no'
  const time = (name: string, label: string, value: number | null) =>
    html`<label>${label} <input type="datetime-local" name="${name}" value="${value === null ? '' : formatField(value)}" data-time-as="field"${value !== null && html` data-time="${value}"`}></label>`
  return html`<details class="filter-more"${isNarrowed(filter) && html` open`}><summary>Filter</summary><form class="span-form" method="get" action="/events">${status !== 'open' && html`<input type="hidden" name="status" value="${status}">`}${severity !== null && html`<input type="hidden" name="severity" value="${severity}">`}${filter.group !== '' && html`<input type="hidden" name="group" value="${filter.group}">`}<label>Host <input type="text" name="host" value="${host}" placeholder="part of its name" autocomplete="off" spellcheck="false" maxlength="${MAX_HOST_NAME}"></label><label>Metric <input type="text" name="metric" value="${metric}" placeholder="memory used" autocomplete="off" spellcheck="false" maxlength="${MAX_METRIC_NAME}"></label><label>Acknowledged <select name="acknowledged">${[
    ['', 'either'],
    ['yes', 'yes'],
    ['no', 'no'],
  ].map(
    ([value, words]) =>
      html`<option value="${value}"${value === chosen && html` selected`}>${words}</option>`,
  )}</select></label>${time('from', 'Opened from', from)}${time('to', 'to', to)}<button type="submit">Filter</button><span class="soft unscripted">in the time of the server, where it is ${formatStamp(now)}</span>${isNarrowed(filter) && html`<a href="${withParameters(url, { severity: null, host: null, group: null, metric: null, acknowledged: null, from: null, to: null, offset: null })}">Show all</a>`}</form></details>`
}

function bulkBar({ filter, url, total, events }: EventsModel): Html {
  if (filter.status === 'closed') return html``
  const hasMore = filter.status === 'open' && total > events.length
  return html`<div class="bulk"><label>Comment <input type="text" name="comment" maxlength="2000" autocomplete="off"></label><button type="submit" name="action" value="acknowledge">Acknowledge chosen</button><button type="submit" name="action" value="close">Close chosen</button>${hasMore && html`<a class="button" href="${changeAllPath(url)}">All ${formatNumber(total)} that fit…</a>`}<span class="soft" data-checked-count role="status"></span></div>`
}

function severityLinks({ url, filter, counts }: EventsModel): Html[] {
  const link = (value: Severity | null, words: Html, count: number) =>
    html`<a href="${withParameters(url, { severity: value === null ? null : String(value), offset: null })}"${filter.severity === value && html` aria-current="true"`}>${words}<b>${formatNumber(count)}</b></a>`
  return [
    link(null, html`All`, countAll(counts)),
    ...SEVERITIES.map((one) =>
      link(one, html`${severityMark(one)}${capitalize(SEVERITY_NAMES[one])}`, counts[one]),
    ),
  ]
}

function emptyView({ filter, offset, url }: EventsModel): Html {
  if (offset > 0)
    return html`<section class="empty"><h2>Nothing on this page</h2><p>The list is shorter than that. <a href="${withParameters(url, { offset: null })}">Go to its beginning</a></p></section>`
  if (isNarrowed(filter))
    return html`<section class="empty"><h2>No ${filter.status === 'all' ? '' : `${filter.status} `}event fits</h2><p><a href="${filter.status === 'open' ? '/events' : `/events?status=${filter.status}`}">Show all ${filter.status === 'all' ? '' : `${filter.status} `}events</a></p></section>`
  return filter.status === 'open'
    ? html`<section class="empty"><h2>No open events</h2><p>Nothing is wrong that anything here knows of.</p></section>`
    : html`<section class="empty"><h2>No ${filter.status === 'closed' ? 'closed ' : ''}events</h2><p>Events that are over are kept here for as long as the configuration says.</p></section>`
}
