import { type Event, isSeverity, SEVERITY_NAMES, type Severity } from '../../domain/event.ts'
import { MAX_HOST_NAME } from '../../domain/host.ts'
import { covers } from '../../domain/user.ts'
import { readChoice, readInteger, readText } from '../api/query.ts'
import { readLocalPath } from '../form.ts'
import { type Html, html } from '../html.ts'
import { severityMark } from '../icons.ts'
import { layout } from '../layout.ts'
import { notFound, type PageRequest, page, redirect } from '../page.ts'
import {
  capitalize,
  hostPath,
  metricPath,
  pager,
  severityLabel,
  stampLabel,
  withParameters,
} from '../widgets.ts'
import { formatCount, formatNumber, formatSpan } from '../words.ts'

const PAGE = 100
const SEVERITIES: readonly Severity[] = [1, 2, 3, 4]

export const eventsPage = page(
  { path: '/events', access: 'viewer' },
  async ({ url, session, csrf, now, web }) => {
    const status = readChoice(url, 'status', ['open', 'closed']) ?? 'open'
    const severity = readInteger(url, 'severity', { min: 1, max: 4, default: null })
    const host = readText(url, 'host', MAX_HOST_NAME)?.trim()
    const offset = readInteger(url, 'offset', { min: 0, max: 1e9, default: 0 })
    const [open, list] = await Promise.all([
      web.store.events.countOpen(),
      web.store.events.list({
        status,
        ...(isSeverity(severity) ? { severity } : {}),
        ...(host ? { host } : {}),
        offset,
        limit: PAGE,
      }),
    ])
    const mayChange = session !== null && covers(session.access, 'operator')
    const model = { url, status, severity, host: host ?? '', offset, open, ...list, csrf, mayChange, now }
    return layout({
      title: status === 'open' ? 'Open events' : 'Closed events',
      active: 'events',
      session,
      csrf,
      url,
      body: eventsView(model),
    })
  },
)

export const closeEvent = page({ path: '/events/:id/close', method: 'POST', access: 'operator' }, (request) =>
  changeEvent(request, 'close'),
)

export const reopenEvent = page(
  { path: '/events/:id/reopen', method: 'POST', access: 'operator' },
  (request) => changeEvent(request, 'reopen'),
)

/** An event that is in the wanted state already is fine: somebody else was quicker. */
async function changeEvent({ params, form, session, now, web }: PageRequest, change: 'close' | 'reopen') {
  const id = /^\d{1,15}$/.test(params.id ?? '') ? Number(params.id) : -1
  if (!(await web.store.events.find(id))) throw notFound('event')
  await web.store.events[change](id, session?.user ?? '', now)
  return redirect(readLocalPath(form.get('back') ?? '/events'))
}

type EventsModel = {
  readonly url: URL
  readonly status: 'open' | 'closed'
  readonly severity: number | null
  readonly host: string
  readonly offset: number
  readonly open: Readonly<Record<Severity, number>>
  readonly total: number
  readonly events: readonly Event[]
  readonly csrf: string
  readonly mayChange: boolean
  readonly now: number
}

function eventsView(model: EventsModel): Html {
  const { url, status, events, offset, total, host } = model
  return html`<div class="head"><div><h1>Events</h1><p class="lead" data-live="lead">${formatCount(total, `${status} event`)}</p></div><div class="totals" data-live="totals" role="group" aria-label="Open events by severity">${severityLinks(model)}</div></div>
<div class="filters"><nav class="wide" aria-label="Status"><ul class="segments">${(
    ['open', 'closed'] as const
  ).map(
    (one) =>
      html`<li><a href="${withParameters(url, { status: one === 'open' ? null : one, offset: null })}"${one === status && html` aria-current="true"`}>${capitalize(one)}</a></li>`,
  )}</ul></nav>
<form class="span-form" method="get" action="/events">${status === 'closed' && html`<input type="hidden" name="status" value="closed">`}${model.severity !== null && html`<input type="hidden" name="severity" value="${model.severity}">`}<label>Host <input type="text" name="host" value="${host}" autocomplete="off" spellcheck="false" maxlength="${MAX_HOST_NAME}"></label><button type="submit">Filter</button>${host !== '' && html`<a href="${withParameters(url, { host: null, offset: null })}">All hosts</a>`}</form></div>
<div data-live="events">${events.length === 0 ? emptyView(model) : eventTable(model)}${pager({ url, offset, limit: PAGE, total })}</div>`
}

function severityLinks({ url, severity, open, status }: EventsModel): Html[] {
  const sum = SEVERITIES.reduce((all, one) => all + open[one], 0)
  const link = (value: Severity | null, words: Html, count: number) =>
    html`<a href="${withParameters(url, { severity: value === null ? null : String(value), offset: null })}"${severity === value && html` aria-current="true"`}>${words}${status === 'open' && html`<b>${formatNumber(count)}</b>`}</a>`
  return [
    link(null, html`All`, sum),
    ...SEVERITIES.map((one) =>
      link(one, html`${severityMark(one)}${capitalize(SEVERITY_NAMES[one])}`, open[one]),
    ),
  ]
}

function eventTable({ events, status, mayChange, csrf, url, now }: EventsModel): Html {
  const back = `${url.pathname}${url.search}`
  const isOpen = status === 'open'
  return html`<table class="table fixed events"><thead><tr><th scope="col" class="col-severity">Severity</th><th scope="col" class="col-host phone-hidden">Host</th><th scope="col">Event</th><th scope="col" class="col-stamp phone-hidden">Opened</th><th scope="col" class="col-time number">${isOpen ? 'Open for' : 'Lasted'}</th>${mayChange && html`<th scope="col" class="col-action"><span class="unseen">Change</span></th>`}</tr></thead>
<tbody>${events.map((event) => {
    const { id, host, metric, severity, message, opened, closed } = event
    const action = isOpen ? 'close' : 'reopen'
    return html`<tr data-key="event-${id}"><td class="col-severity">${severityLabel(severity)}</td>
<th scope="row" class="col-host phone-hidden" title="${host}"><a href="${hostPath(host)}">${host}</a></th>
<td class="event-message" title="${message}"><span class="sub"><a href="${hostPath(host)}">${host}</a></span><a class="plain clamp" href="${metricPath(host, metric)}">${message}</a></td>
<td class="col-stamp phone-hidden">${stampLabel(opened)}</td>
<td class="col-time number">${formatSpan((closed ?? now) - opened)}</td>
${mayChange && html`<td class="col-action number"><form method="post" action="/events/${id}/${action}"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="back" value="${back}"><button class="small" type="submit" aria-label="${capitalize(action)} event ${id} of ${host}">${capitalize(action)}</button></form></td>`}</tr>\n`
  })}</tbody></table>`
}

function emptyView({ status, severity, host, offset, url }: EventsModel): Html {
  if (offset > 0)
    return html`<section class="empty"><h2>Nothing on this page</h2><p>The list is shorter than that. <a href="${withParameters(url, { offset: null })}">Go to its beginning</a></p></section>`
  if (severity !== null || host !== '')
    return html`<section class="empty"><h2>No ${status} event fits</h2><p><a href="${withParameters(url, { severity: null, host: null })}">Show all ${status} events</a></p></section>`
  return status === 'open'
    ? html`<section class="empty"><h2>No open events</h2><p>Nothing is wrong that anything here knows of.</p></section>`
    : html`<section class="empty"><h2>No closed events</h2><p>Events that are over are kept here for as long as the configuration says.</p></section>`
}
