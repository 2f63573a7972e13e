import type { Event } from '../../domain/event.ts'
import { type Host, hostStatus } from '../../domain/host.ts'
import { metricUnit } from '../../domain/metric.ts'
import type { Series } from '../../domain/sample.ts'
import { lineChart } from '../chart.ts'
import { type ChartPlan, chartStart, planCharts } from '../host-charts.ts'
import { filesystemTable, metricList, networkTable, openEventsOfHost, stateTable } from '../host-tables.ts'
import { type Html, html } from '../html.ts'
import { statusMark } from '../icons.ts'
import { layout } from '../layout.ts'
import { notFound, page } from '../page.ts'
import { agoLabel, bigFigure, metricPath, stampLabel, statusLabel } from '../widgets.ts'
import { formatNumber, formatSpan, formatValue } from '../words.ts'

const HOUR = 3600
const DAY = 86_400
const UPTIME = 'perf.system.uptime.seconds'
const SHOWN_EVENTS = 10
/** A clock that is off by less is nobody's business. */
const WORTH_TELLING_SKEW = 30

export const hostPage = page(
  { path: '/hosts/:name', access: 'viewer' },
  async ({ url, params, session, csrf, now, web }) => {
    const { hosts, samples, events } = web.store
    const host = await hosts.find(params.name ?? '')
    if (!host) throw notFound('host')
    const to = chartEnd(host, now, web.silence)
    const from = chartStart(host, to)
    const [metrics, open] = await Promise.all([
      hosts.metrics(host.name),
      events.list({ host: host.name, status: 'open', limit: SHOWN_EVENTS }),
    ])
    const plans = planCharts(metrics)
    const wanted = plans.flatMap(({ lines }) => lines.map(({ metric }) => metric))
    const series = await samples.ranges(host.name, wanted, from, to)
    const model = {
      host,
      metrics,
      plans,
      series,
      from,
      to,
      events: open.events,
      total: open.total,
      now,
      silence: web.silence,
    }
    return layout({ title: host.name, active: 'hosts', session, csrf, url, body: hostView(model) })
  },
)

/** A host that is down shows its last hour; one with a clock ahead of ours shows its newest samples all the same. */
export function chartEnd(host: Host, now: number, silence: number): number {
  if (hostStatus(host, now, silence) === 'down' && host.latestTime > 0) return host.latestTime
  return Math.max(now, host.latestTime)
}

type HostModel = {
  readonly host: Host
  readonly metrics: readonly string[]
  readonly plans: readonly ChartPlan[]
  readonly series: ReadonlyMap<string, Series>
  readonly from: number
  readonly to: number
  readonly events: readonly Event[]
  readonly total: number
  readonly now: number
  readonly silence: number
}

function hostView(model: HostModel): Html {
  const { host, metrics, plans, events, total, now, silence } = model
  const status = hostStatus(host, now, silence)
  return html`<div data-live="host">
<div class="head"><div><p class="crumbs"><a href="/hosts">Hosts</a></p><h1>${host.name}</h1></div><p class="host-status">${statusLabel(status)} <span class="soft">reported ${agoLabel(host.lastHeard, now)}</span></p></div>
${facts(host)}
${status === 'down' && html`<p class="notice" role="status">${statusMark('down')}<span>Silent for ${formatSpan(now - host.lastHeard)}. Everything below is from before; the graphs end at ${stampLabel(model.to)}.</span></p>`}
${openEventsOfHost(host, events, total, now)}
${bigFigures(host)}
${
  plans.length > 0 &&
  html`<section class="section plain-top"><div class="section-head"><h2>${status === 'down' ? 'Its last' : 'Last'} ${describeLength(model)}</h2></div>
<div class="charts">${plans.map((plan) => smallChart(plan, model))}</div></section>`
}
<div class="columns">${filesystemTable(host)}${networkTable(host)}${stateTable(host)}</div>
${metricList(host, metrics)}
</div>`
}

const describeLength = ({ from, to }: HostModel) => (to - from >= HOUR - 60 ? 'hour' : formatSpan(to - from))

function facts(host: Host): Html {
  const skew = host.clockSkew ?? 0
  const list: readonly (readonly [string, string])[] = [
    ['Address', host.ip],
    ['Domain', host.domain],
    ['Platform', [host.platform, host.architecture].filter(Boolean).join(', ')],
    ['Build', host.build],
    ['Processors', formatNumber(host.processors)],
    ['Memory', formatValue(host.memoryMb * 1024 * 1024, 'B')],
    [
      'Clock',
      Math.abs(skew) < WORTH_TELLING_SKEW
        ? ''
        : `${formatSpan(Math.abs(skew))} ${skew > 0 ? 'ahead' : 'behind'}`,
    ],
  ]
  return html`<dl class="facts">${list
    .filter(([, value]) => value !== '')
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

function bigFigures({ name, latest }: Host): Html {
  const figure = (title: string, metric: string) =>
    bigFigure(title, latest[metric], metricUnit(metric), metricPath(name, metric))
  const uptime = latest[UPTIME]
  const uptimeFigure =
    uptime === undefined || uptime < DAY
      ? figure('Uptime', UPTIME)
      : bigFigure('Uptime', Math.floor(uptime / 8640) / 10, '', metricPath(name, UPTIME), 'days')
  return html`<div class="figures">${figure('Processor', 'perf.processor.percent.used')}${figure('Memory', 'perf.memory.percent.used')}${figure('Pagefile', 'perf.pagefile.percent.used')}${figure('Load', 'perf.system.load.1')}${uptimeFigure}</div>`
}

function smallChart({ title, lines }: ChartPlan, { host, series, from, to }: HostModel): Html {
  const unit = metricUnit(lines[0]?.metric ?? '')
  const drawn = lines.map(({ metric, name }) => ({
    name,
    ...(series.get(metric) ?? { times: [], values: [] }),
  }))
  const href = metricPath(host.name, lines[0]?.metric ?? '')
  return html`<figure class="small-chart"><figcaption><h3><a class="plain" href="${href}">${title}</a></h3><span class="legend${lines.length === 1 && ' single'}">${lines.map(
    ({ metric, name }, index) => {
      const value = host.latest[metric]
      return html`<a href="${metricPath(host.name, metric)}">${lines.length > 1 && html`<span class="swatch line-${index + 1}"></span>${name}`} <b>${value === undefined ? '–' : formatValue(value, unit)}</b></a>`
    },
  )}</span></figcaption>
${lineChart({ lines: drawn, from, to, unit, label: `${title} of ${host.name}` })}</figure>`
}
