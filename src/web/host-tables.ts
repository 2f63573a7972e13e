import type { Event } from '../domain/event.ts'
import type { Host } from '../domain/host.ts'
import { metricUnit } from '../domain/metric.ts'
import { bar } from './chart.ts'
import { eventLines } from './event-lines.ts'
import { listSubjects } from './host-charts.ts'
import { type Html, html } from './html.ts'
import { statusMark } from './icons.ts'
import { agoLabel, metricPath } from './widgets.ts'
import { formatValue } from './words.ts'

/** The tables of a host's page. Each is null when the host has nothing of its kind. */

/** A value of the newest frame as a link to its graph; a dash where it has none. */
function valueLink({ name, latest }: Host, metric: string): Html {
  const value = latest[metric]
  if (value === undefined) return html`<span class="soft">–</span>`
  return html`<a class="plain" href="${metricPath(name, metric)}">${formatValue(value, metricUnit(metric))}</a>`
}

export function filesystemTable(host: Host): Html | null {
  const names = listSubjects(Object.keys(host.latest), 'filesystem')
  if (names.length === 0) return null
  return html`<section class="section"><h2>Filesystems</h2><div class="scroller"><table class="table">
<thead><tr><th scope="col">Name</th><th scope="col" class="grows"><span class="unseen">Bar</span></th><th scope="col" class="number">Used</th><th scope="col" class="number">Free</th><th scope="col" class="number">Inodes</th><th scope="col" class="number">Active</th></tr></thead>
<tbody>${names.map((name) => {
    const part = `perf.filesystem.${name}`
    const used = host.latest[`${part}.percent.used`]
    return html`<tr data-key="filesystem-${name}"><th scope="row" class="anywhere">${name}</th><td class="grows">${used !== undefined && bar(used)}</td>${[
      'percent.used',
      'bytes.free',
      'inodes.percent.used',
      'percent.active',
    ].map((figure) => html`<td class="number">${valueLink(host, `${part}.${figure}`)}</td>`)}</tr>\n`
  })}</tbody></table></div></section>`
}

export function networkTable(host: Host): Html | null {
  const names = listSubjects(Object.keys(host.latest), 'network')
  if (names.length === 0) return null
  const pair = (part: string, figure: string) =>
    html`<td class="number">${valueLink(host, `${part}.${figure}.received`)}</td><td class="number">${valueLink(host, `${part}.${figure}.sent`)}</td>`
  return html`<section class="section"><h2>Network</h2><div class="scroller"><table class="table">
<thead><tr><th scope="col">Interface</th><th scope="col" class="number">Received</th><th scope="col" class="number">Sent</th><th scope="col" class="number">Errors in</th><th scope="col" class="number">out</th><th scope="col" class="number">Drops in</th><th scope="col" class="number">out</th></tr></thead>
<tbody>${names.map((name) => {
    const part = `perf.network.${name}`
    return html`<tr data-key="interface-${name}"><th scope="row" class="anywhere">${name}</th>${pair(part, 'bytes')}${pair(part, 'errors')}${pair(part, 'drops')}</tr>\n`
  })}</tbody></table></div></section>`
}

export function stateTable(host: Host): Html | null {
  const rows = (['service', 'process'] as const).flatMap((kind) =>
    listSubjects(Object.keys(host.latest), kind, 'state').map((name) => ({ kind, name })),
  )
  if (rows.length === 0) return null
  return html`<section class="section"><h2>Services and processes</h2><div class="scroller"><table class="table">
<thead><tr><th scope="col">Name</th><th scope="col">Kind</th><th scope="col">State</th></tr></thead>
<tbody>${rows.map(({ kind, name }) => {
    const metric = `perf.${kind}.${name}.state`
    const runs = (host.latest[metric] ?? 0) >= 0.5
    return html`<tr data-key="${metric}"><th scope="row" class="anywhere"><a href="${metricPath(host.name, metric)}">${name}</a></th><td class="soft">${kind}</td><td><span class="status ${runs ? 'up' : 'down'}">${statusMark(runs ? 'up' : 'down')}${runs ? 'Running' : 'Stopped'}</span></td></tr>\n`
  })}</tbody></table></div></section>`
}

export function openEventsOfHost(host: Host, events: readonly Event[], total: number, now: number): Html {
  if (events.length === 0) return html``
  return html`<section class="section first"><div class="section-head"><h2>Open events</h2><a href="/events?host=${encodeURIComponent(host.name)}">${total > events.length ? `All ${total}` : 'Events of this host'}</a></div>
${eventLines(events, ({ opened }) => agoLabel(opened, now))}</section>`
}

/** Every metric that the host ever had, with its newest value. */
export function metricList(host: Host, metrics: readonly string[]): Html {
  return html`<details class="section" id="all-metrics"><summary><h2>All metrics</h2> <span class="soft">${metrics.length}</span></summary>
<ul class="metrics">${metrics.map((metric) => {
    const value = host.latest[metric]
    return html`<li><a href="${metricPath(host.name, metric)}">${metric}</a><span${value === undefined && html` class="soft"`}>${value === undefined ? '–' : formatValue(value, metricUnit(metric))}</span></li>\n`
  })}</ul></details>`
}
