import type { Event } from '../../domain/event.ts'
import type { Host } from '../../domain/host.ts'
import { metricTitle, metricUnit, type Unit } from '../../domain/metric.ts'
import { type SeriesSummary, summarizeSeries, type ThinnedSeries, thinSeries } from '../../domain/series.ts'
import { lineChart } from '../charts/chart.ts'
import { listEventsIn, markEvent } from '../charts/event-markers.ts'
import { seriesCsv } from '../charts/series-csv.ts'
import { writeRef } from '../charts/series-ref.ts'
import { type ChartLimit, isAlwaysShown } from '../charts/threshold-lines.ts'
import { describeLimits, readLimits } from '../charts/thresholds.ts'
import { RANGES, readSpan, type Span, spanQuery } from '../charts/time-range.ts'
import { spanForm } from '../charts/time-range-form.ts'
import { spanSteps } from '../charts/time-range-nav.ts'
import { notFound, type PageRequest, page } from '../http/route.ts'
import { hostPath, madeLine, metricPath, spokenMark, stampLabel } from '../ui/components.ts'
import { formatFigure, formatLimit, formatValue } from '../ui/format.ts'
import { type Html, html } from '../ui/html.ts'
import { layout } from '../ui/layout.ts'
import { eventLines, tellLasting } from './events/event-list.ts'

/** Rows of the drawing without JavaScript, and of the table. */
const DRAWN = 600
const TABLED = 24

export const graphPage = page(
  { path: '/hosts/:name/metrics/:metric', access: 'viewer' },
  async ({ url, params, session, csrf, now, web }) => {
    const { host, metric, span, series } = await readGraph({ url, params, now, web })
    const [events, limits] = await Promise.all([
      listEventsIn(web.store.events, { host: host.name, metric, from: span.from, to: span.to }),
      readLimits(web.store, host.name, metric),
    ])
    const model = {
      events,
      limits: limits.of(metric),
      isTold: limits.told !== null,
      host,
      metric,
      unit: metricUnit(metric),
      title: metricTitle(metric),
      span,
      summary: summarizeSeries(series),
      drawn: thinSeries(series, span.from, span.to, DRAWN),
      tabled: thinSeries(series, span.from, span.to, TABLED),
      now,
    }
    return layout({
      title: `${model.title} · ${host.name}`,
      active: 'hosts',
      session,
      csrf,
      url,
      body: html`${madeLine({ now, web })}${graphView(model)}`,
      scripts: ['uplot.css', 'uplot.js', 'graph.js', 'picture.js'],
    })
  },
)

/** The samples of what the graph shows, as a file. */
export const graphCsv = page(
  { path: '/hosts/:name/metrics/:metric/csv', access: 'viewer' },
  async (request) => {
    const { host, metric, span, series } = await readGraph(request)
    return seriesCsv(`${host.name}-${metric}`, [{ name: metric, series }], span.from, span.to)
  },
)

async function readGraph({ url, params, now, web }: Pick<PageRequest, 'url' | 'params' | 'now' | 'web'>) {
  const { hosts, samples } = web.store
  const metric = params.metric ?? ''
  const host = (await hosts.find(params.name ?? '')) ?? notFoundHost()
  if (!Object.hasOwn(host.latest, metric) && !(await hosts.metrics(host.name)).includes(metric))
    throw notFound('metric')
  const wantsAll = url.searchParams.get('range') === 'all'
  const span = readSpan(url.searchParams, wantsAll ? await samples.extent(host.name) : null, now)
  return { host, metric, span, series: await samples.range(host.name, metric, span.from, span.to) }
}

function notFoundHost(): never {
  throw notFound('host')
}

type GraphModel = {
  readonly host: Host
  readonly metric: string
  readonly unit: Unit
  readonly title: string
  readonly span: Span
  readonly summary: SeriesSummary | null
  readonly drawn: ThinnedSeries
  readonly tabled: ThinnedSeries
  readonly events: readonly Event[]
  readonly limits: readonly ChartLimit[]
  /** By the agent; else events have named them. */
  readonly isTold: boolean
  readonly now: number
}

function graphView(model: GraphModel): Html {
  const { host, metric, title, unit, span } = model
  const source = `/api/v1/hosts/${encodeURIComponent(host.name)}/metrics/${encodeURIComponent(metric)}`
  return html`<div class="head"><div><p class="crumbs"><a href="/hosts">Hosts</a> › <a href="${hostPath(host.name)}">${host.name}</a></p><h1>${title}</h1>
<p class="lead" data-live="lead"><code>${metric}</code> · ${span.words}</p></div></div>
<div data-live="ranges" class="ranges">${rangeLinks(span)}${spanSteps({ span, now: model.now, address: (time) => `?${time.toString()}`, mark: html` data-graph-link` })}${saveLinks(model)}</div>
<div class="big-chart" data-graph data-source="${source}" data-unit="${unit}" tabindex="0" role="group" aria-label="Graph. Arrow keys move it in time, plus and minus zoom."><div class="served" data-live="drawing">${bigChart(model)}</div></div>
<p class="chart-note" data-graph-note role="status">${model.summary === null && 'No samples in this time.'}</p>
<div data-live="figures" data-graph-span="${JSON.stringify({ from: span.from, to: span.to, live: span.isLive })}" data-graph-marks="${JSON.stringify(describeMarks(model))}">
${figures(model)}
${eventsOf(model)}
<details class="section"><summary><h2>These figures as a table</h2></summary>${table(model)}</details>
</div>
<section class="section" data-live="span"><h2>Any time</h2>${spanForm(span, model.now)}</section>`
}

function rangeLinks({ range }: Span): Html {
  return html`<nav class="wide" aria-label="Range"><ul class="segments">${RANGES.map(
    ({ key, words }) =>
      html`<li><a href="?range=${key}" title="${words}" data-graph-link${key === range && html` aria-current="true"`}>${key}</a></li>`,
  )}</ul></nav>`
}

function saveLinks({ host, metric, span }: GraphModel): Html {
  const query = spanQuery(span)
  const compared = new URLSearchParams([['series', writeRef({ host: host.name, metric })], ...query])
  return html`<div class="saves"><a class="button" href="/compare?${compared.toString()}">Compare</a><a class="button" href="${metricPath(host.name, metric)}/csv?${query.toString()}" download>CSV</a><button class="scripted-only" type="button" data-save-png="${host.name}-${metric}">PNG</button></div>`
}

/** For the script that draws the graph again. */
function describeMarks({ events, limits, unit }: GraphModel) {
  return {
    limits: limits.map(({ value, severity }) => ({
      value,
      severity,
      label: formatLimit(value, unit),
      isAlwaysShown: isAlwaysShown(value, unit),
    })),
    events: events.map(({ id, severity, opened, closed, message }) => ({
      id,
      severity,
      opened,
      closed,
      message: message.slice(0, 200),
    })),
  }
}

function eventsOf({ host, events, limits, isTold, unit }: GraphModel): Html | null {
  if (events.length === 0 && limits.length === 0) return null
  const source = isTold
    ? html`<a href="${hostPath(host.name)}#threshold-table">Limits</a> that its agent judges by:`
    : 'Limits that events of this metric have named:'
  const known =
    limits.length > 0 &&
    html`<p class="soft limits-known"><span>${source}</span>${limits.map(
      ({ value, severity, isBelow }) =>
        html` <span class="severity-word severity-${severity}">${spokenMark(severity)}${isBelow ? 'below' : 'above'} ${formatLimit(value, unit)}</span>`,
    )}</p>`
  return html`<section class="section" id="events-here"><div class="section-head"><h2>Events in this time</h2></div>${
    events.length === 0 ? html`<p class="soft">None.</p>` : eventLines(events, tellLasting)
  }${known}</section>`
}

function bigChart({ drawn, span, unit, title, summary, host, events, limits }: GraphModel): Html {
  const { times, low, mean, high } = drawn
  const known = limits.length > 0 ? `; limits: ${describeLimits(limits, unit)}` : ''
  const label = summary
    ? `${title} of ${host.name}, ${span.words}: from ${formatValue(summary.low, unit)} to ${formatValue(summary.high, unit)}${known}`
    : `${title} of ${host.name}, ${span.words}: no samples${known}`
  return lineChart({
    lines: [{ name: title, times, values: mean, ...(mean === low ? {} : { low, high }) }],
    from: span.from,
    to: span.to,
    unit,
    marks: events.map(markEvent),
    limits,
    label,
    height: 330,
    timeTickCount: 6,
    valueTickCount: 5,
    filled: mean === low,
  })
}

function figures({ summary, unit }: GraphModel): Html {
  const figure = (name: string, value: number | undefined, of: Unit = unit) => {
    const { number, unit: word } = value === undefined ? { number: '–', unit: '' } : formatFigure(value, of)
    return html`<div><span class="name">${name}</span><b>${number}${word !== '' && html`<small>${word}</small>`}</b></div>`
  }
  // Of a state the mean is the share of the time that it ran; its ends say nothing.
  const middle =
    unit === 'state'
      ? figure('Running', summary ? summary.mean * 100 : undefined, '%')
      : html`${figure('Minimum', summary?.low)}${figure('Mean', summary?.mean)}${figure('Maximum', summary?.high)}`
  return html`<div class="figures">${figure('Last', summary?.last)}${middle}${figure('Samples', summary?.count ?? 0, '')}</div>`
}

function table({ tabled, unit }: GraphModel): Html {
  const { times, low, mean, high } = tabled
  if (times.length === 0) return html`<p class="soft">No samples in this time.</p>`
  const say = (value: number, isMean: boolean) =>
    isMean && unit === 'state' ? formatValue(value * 100, '%') : formatValue(value, unit)
  const rows = Array.from(
    times,
    (time, i) =>
      html`<tr><th scope="row">${stampLabel(time)}</th>${[low, mean, high].map((column) => html`<td class="number">${say(column[i] ?? 0, column === mean && mean !== low)}</td>`)}</tr>\n`,
  )
  return html`<div class="scroller"><table class="table"><thead><tr><th scope="col">Time</th><th scope="col" class="number">Minimum</th><th scope="col" class="number">Mean</th><th scope="col" class="number">Maximum</th></tr></thead><tbody>${rows}</tbody></table></div>`
}
