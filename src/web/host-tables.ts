import type { Event } from '../domain/event.ts'
import { SEVERITY_NAMES } from '../domain/event.ts'
import type { Host } from '../domain/host.ts'
import { metricUnit } from '../domain/metric.ts'
import { describeDuration } from '../domain/threshold.ts'
import type { ToldThreshold } from '../domain/threshold-told.ts'
import { bar } from './chart.ts'
import { listSubjects } from './host-charts.ts'
import { type Html, html } from './html.ts'
import { severityMark, statusMark } from './icons.ts'
import { agoLabel, capitalize, metricPath, severityLabel } from './widgets.ts'
import { formatLimit, formatValue } from './words.ts'

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
<ul class="event-lines">${events.map(
    ({ id, severity, message, opened }) =>
      html`<li data-key="event-${id}"><span class="severity-word severity-${severity}">${severityMark(severity)}${capitalize(SEVERITY_NAMES[severity])}</span><a class="plain event-message" href="/events/${id}">${message}</a><span class="soft">${agoLabel(opened, now)}</span></li>\n`,
  )}</ul></section>`
}

/** What its agent judges by; null when that told nothing. */
export function thresholdTable(told: readonly ToldThreshold[] | null): Html {
  return html`<details class="section" id="thresholds"><summary><h2>Thresholds</h2>${told !== null && html` <span class="soft">${told.length}</span>`}</summary>
${told === null ? html`<p class="soft">Its agent does not tell what it judges by. Those of the original product never do; then graphs show the limits that events have named.</p>` : describeTold(told)}</details>`
}

function describeTold(told: readonly ToldThreshold[]): Html {
  if (told.length === 0)
    return html`<p class="soft">Its agent judges by none: it has none in its configuration, and those out of the box are switched off there.</p>`
  return html`<p class="soft">Its agent judges by these, and they are changed in the agent’s configuration. Those that name a metric win over patterns, and those of the configuration over the standard ones.</p>
<div class="scroller"><table class="table" id="threshold-table"><thead><tr><th scope="col" class="col-severity">Severity</th><th scope="col">Metric</th><th scope="col">Condition</th><th scope="col">For</th><th scope="col" class="phone-hidden">From</th></tr></thead>
<tbody>${told.map(
    (threshold, i) =>
      html`<tr data-key="threshold-${i}"><td class="col-severity">${severityLabel(threshold.severity)}</td><th scope="row" class="anywhere"><code>${threshold.metric}</code></th><td>${describeCondition(threshold)}</td><td>${threshold.duration === 0 ? 'one sample' : describeDuration(threshold.duration)}</td><td class="soft phone-hidden">${threshold.isStandard ? 'standard' : 'configuration'}</td></tr>\n`,
  )}</tbody></table></div>`
}

/** `> 95%`, and how it ends where that is said. */
function describeCondition({ metric, compare, value, clearValue, clearAfter }: ToldThreshold): Html {
  // Between running and stopped there is nothing to compare by size.
  const isExact = compare === '=' || compare === '!='
  const unit = metricUnit(metric) === 'state' && !isExact ? '' : metricUnit(metric)
  const isOver = [
    clearValue !== null && clearValue !== value && `at ${formatLimit(clearValue, unit)}`,
    clearAfter !== null && `after ${describeDuration(clearAfter)}`,
  ].filter((words) => words !== false)
  return html`<span class="condition">${compare} ${formatLimit(value, unit)}</span>${isOver.length > 0 && html` <span class="soft">ends ${isOver.join(' ')}</span>`}`
}

/** Every metric that the host ever had, with its newest value. */
export function metricList(host: Host, metrics: readonly string[]): Html {
  return html`<details class="section" id="all-metrics"><summary><h2>All metrics</h2> <span class="soft">${metrics.length}</span></summary>
<ul class="metrics">${metrics.map((metric) => {
    const value = host.latest[metric]
    return html`<li><a href="${metricPath(host.name, metric)}">${metric}</a><span${value === undefined && html` class="soft"`}>${value === undefined ? '–' : formatValue(value, metricUnit(metric))}</span></li>\n`
  })}</ul></details>`
}
