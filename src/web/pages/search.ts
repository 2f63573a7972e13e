import { hostStatus } from '../../domain/host.ts'
import { readText } from '../api/query.ts'
import { eventState, hostName } from '../event-table.ts'
import { type Found, find } from '../find.ts'
import { type Html, html } from '../html.ts'
import { layout } from '../layout.ts'
import { page } from '../page.ts'
import { agoLabel, eventPath, hostPath, metricPath, severityLabel, statusLabel } from '../widgets.ts'
import { formatNumber } from '../words.ts'

const LONGEST = 200

export const searchPage = page(
  { path: '/search', access: 'viewer' },
  async ({ url, session, csrf, now, web }) => {
    const text = readText(url, 'q', LONGEST)?.trim() ?? ''
    const found = await find(text, session?.access ?? 'viewer', now, web)
    const body =
      text === ''
        ? html`<h1>Search</h1><section class="empty"><h2>What are you looking for?</h2><p>Hosts by name, address, domain or platform; metrics; events by their words or number; pages and settings. <kbd>/</kbd> leads to the search from everywhere; <code>web01 memory</code> finds the metrics of a host.</p></section>`
        : foundView(text, found, now, web.silence)
    return layout({
      title: text === '' ? 'Search' : `${text} · Search`,
      active: null,
      session,
      csrf,
      url,
      body,
    })
  },
)

function foundView(text: string, found: Found, now: number, silence: number): Html {
  const { hosts, hostMetrics, metrics, events, places } = found
  const isEmpty = hosts.total + hostMetrics.length + metrics.length + events.length + places.length === 0
  const head = html`<div class="head"><div><h1>Search</h1><p class="lead">for “${text}”</p></div></div>`
  if (isEmpty)
    return html`${head}<section class="empty"><h2>Nothing was found</h2><p>Fewer letters find more. <a href="/hosts">All hosts</a> or <a href="/settings/guide">the guide</a> may help.</p></section>`
  return html`${head}<div class="found">${group(
    hosts.list.length,
    html`Hosts${hosts.total > hosts.list.length && html` <a href="/hosts?q=${encodeURIComponent(text)}">all ${formatNumber(hosts.total)}</a>`}`,
    hosts.list.map(
      (host) =>
        html`<li>${statusLabel(hostStatus(host, now, silence))} <a href="${hostPath(host.name)}">${host.name}</a> <span class="soft">${host.ip} ${host.build}</span></li>`,
    ),
  )}${group(
    hostMetrics.length,
    'Metrics of hosts',
    hostMetrics.map(
      ({ host, metric }) =>
        html`<li><a href="${metricPath(host, metric)}">${host} <code>${metric}</code></a></li>`,
    ),
  )}${group(
    events.length,
    'Events',
    events.map(
      (event) =>
        html`<li>${severityLabel(event.severity)} <a href="${eventPath(event.id)}">${event.message}</a> <span class="soft">${hostName(event)}, ${event.status}, ${agoLabel(event.opened, now)}</span> ${eventState(event)}</li>`,
    ),
  )}${group(
    metrics.length,
    'Metrics',
    metrics.map(
      (metric) =>
        html`<li><a href="/compare?metric=${encodeURIComponent(metric)}"><code>${metric}</code></a></li>`,
    ),
  )}${group(
    places.length,
    'Pages and settings',
    places.map(
      ({ path, title, doc }) =>
        html`<li><a href="${path}">${title}</a> <span class="soft">${doc}</span></li>`,
    ),
  )}</div>`
}

function group(count: number, title: Html | string, items: readonly Html[]): Html | null {
  return count === 0
    ? null
    : html`<section class="section"><h2>${title}</h2><ul class="found-list">${items}</ul></section>`
}
