/** @jsxImportSource #markup */
import type { Event } from '../../domain/event.ts'
import type { Host } from '../../domain/hosts/host.ts'
import { metricTitle, metricUnit } from '../../domain/metrics/metric.ts'
import type { Unit } from '../../domain/metrics/unit.ts'
import {
  type DownsampledSeries,
  downsampleSeries,
  type SeriesSummary,
  summarizeSeries,
} from '../../domain/series.ts'
import { lineChart } from '../charts/chart.tsx'
import { listEventsIn, markEvent } from '../charts/event-markers.ts'
import type { GraphMarks, GraphSpan } from '../charts/plot.ts'
import { seriesCsv } from '../charts/series-csv.ts'
import { writeRef } from '../charts/series-ref.ts'
import type { ThresholdLine } from '../charts/threshold-places.ts'
import { describeThresholds, readThresholds } from '../charts/thresholds.ts'
import { RANGES, readTimeRange, type TimeRange, timeRangeQuery } from '../charts/time-range.ts'
import { refuseWrongRange, timeRangeForm, timeRangeProblem } from '../charts/time-range-form.tsx'
import { timeRangeNav } from '../charts/time-range-nav.tsx'
import { notFound, route, type WebRequest } from '../http/route.ts'
import { hostPath, madeLine, metricPath, spokenMark, stampLabel } from '../ui/components.tsx'
import { formatFigure, formatThreshold, formatValue } from '../ui/format.ts'
import type { Html } from '../ui/html.ts'
import { layout } from '../ui/layout.tsx'
import { describeDurationOf, eventLines } from './events/event-list.tsx'

/** Rows of the drawing without JavaScript, and of the table. */
const DRAWN = 600
const TABLED = 24

export const graphPage = route(
  { path: '/hosts/:name/metrics/:metric', access: 'viewer' },
  async ({ url, params, session, csrf, now, web }) => {
    const { host, metric, timeRange, series } = await readGraph({ url, params, now, web })
    const [events, thresholds] = await Promise.all([
      listEventsIn(web.store.events, { host: host.name, metric, from: timeRange.from, to: timeRange.to }),
      readThresholds(web.store, host.name, metric),
    ])
    const model = {
      events,
      thresholds: thresholds.of(metric),
      isReported: thresholds.reported !== null,
      host,
      metric,
      unit: metricUnit(metric),
      title: metricTitle(metric),
      timeRange,
      summary: summarizeSeries(series),
      drawn: downsampleSeries(series, timeRange.from, timeRange.to, DRAWN),
      tabled: downsampleSeries(series, timeRange.from, timeRange.to, TABLED),
      now,
    }
    return layout({
      title: `${model.title} · ${host.name}`,
      active: 'hosts',
      session,
      csrf,
      url,
      body: (
        <>
          {madeLine({ now, web })}
          {timeRangeProblem(timeRange)}
          {graphView(model)}
        </>
      ),
      scripts: ['uplot.css', 'graph'],
    })
  },
)

/** The samples of what the graph shows, as a file. */
export const graphCsv = route(
  { path: '/hosts/:name/metrics/:metric/csv', access: 'viewer' },
  async (request) => {
    const { host, metric, timeRange, series } = await readGraph(request)
    refuseWrongRange(timeRange)
    return seriesCsv(`${host.name}-${metric}`, [{ name: metric, series }], timeRange.from, timeRange.to)
  },
)

async function readGraph({ url, params, now, web }: Pick<WebRequest, 'url' | 'params' | 'now' | 'web'>) {
  const { hosts, samples } = web.store
  const metric = params.metric ?? ''
  const host = (await hosts.find(params.name ?? '')) ?? notFoundHost()
  if (!Object.hasOwn(host.latest, metric) && !(await hosts.metrics(host.name)).includes(metric))
    throw notFound('metric')
  const wantsAll = url.searchParams.get('range') === 'all'
  const timeRange = readTimeRange(url.searchParams, wantsAll ? await samples.extent(host.name) : null, now)
  return {
    host,
    metric,
    timeRange,
    series: await samples.range(host.name, metric, timeRange.from, timeRange.to),
  }
}

function notFoundHost(): never {
  throw notFound('host')
}

type GraphModel = {
  readonly host: Host
  readonly metric: string
  readonly unit: Unit
  readonly title: string
  readonly timeRange: TimeRange
  readonly summary: SeriesSummary | null
  readonly drawn: DownsampledSeries
  readonly tabled: DownsampledSeries
  readonly events: readonly Event[]
  readonly thresholds: readonly ThresholdLine[]
  /** By the agent; else events have named them. */
  readonly isReported: boolean
  readonly now: number
}

function graphView(model: GraphModel): Html {
  const { host, metric, title, unit, timeRange } = model
  const source = `/api/v1/hosts/${encodeURIComponent(host.name)}/metrics/${encodeURIComponent(metric)}`
  return (
    <>
      <div class="head">
        <div>
          <p class="crumbs">
            <a href="/hosts">Hosts</a> › <a href={hostPath(host.name)}>{host.name}</a>
          </p>
          <h1>{title}</h1>
          <p class="lead" data-live="lead">
            <code>{metric}</code> · {timeRange.words}
          </p>
        </div>
      </div>
      <div data-live="ranges" class="ranges">
        {rangeLinks(timeRange)}
        {timeRangeNav({
          timeRange,
          now: model.now,
          address: (time) => `?${time.toString()}`,
          mark: { 'data-graph-link': true },
        })}
        {saveLinks(model)}
      </div>
      <div
        class="big-chart"
        data-graph
        data-source={source}
        data-unit={unit}
        tabindex="0"
        role="group"
        aria-label="Graph. Arrow keys move it in time, plus and minus zoom."
      >
        <div class="served" data-live="drawing">
          {bigChart(model)}
        </div>
      </div>
      <p class="chart-note" data-graph-note role="status">
        {model.summary === null && 'No samples in this time.'}
      </p>
      <div
        data-live="figures"
        data-graph-span={JSON.stringify(describeSpan(timeRange))}
        data-graph-marks={JSON.stringify(describeMarks(model))}
      >
        {figures(model)}
        {eventsOf(model)}
        <details class="section">
          <summary>
            <h2>Show as table</h2>
          </summary>
          {table(model)}
        </details>
      </div>
      <section class="section" data-live="span">
        <h2>Custom range</h2>
        {timeRangeForm(timeRange, model.now)}
      </section>
    </>
  )
}

function rangeLinks({ range }: TimeRange): Html {
  return (
    <nav class="wide" aria-label="Range">
      <ul class="segments">
        {RANGES.map(({ key, words }) => (
          <li>
            <a href={`?range=${key}`} title={words} data-graph-link aria-current={key === range && 'true'}>
              {key}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function saveLinks({ host, metric, timeRange }: GraphModel): Html {
  const query = timeRangeQuery(timeRange)
  const compared = new URLSearchParams([['series', writeRef({ host: host.name, metric })], ...query])
  return (
    <div class="saves">
      <a class="button" href={`/compare?${compared.toString()}`}>
        Compare
      </a>
      <a class="button" href={`${metricPath(host.name, metric)}/csv?${query.toString()}`} download>
        CSV
      </a>
      <button class="scripted-only" type="button" data-save-png={`${host.name}-${metric}`}>
        PNG
      </button>
    </div>
  )
}

/** These two are for the script that draws the graph again. */
const describeSpan = ({ from, to, isLive }: TimeRange): GraphSpan => ({ from, to, live: isLive })

function describeMarks({ events, thresholds }: GraphModel): GraphMarks {
  return {
    thresholds: thresholds.map(({ value, severity }) => ({ value, severity })),
    events: events.map(({ id, severity, opened, closed, message }) => ({
      id,
      severity,
      opened,
      closed,
      message: message.slice(0, 200),
    })),
  }
}

function eventsOf({ host, events, thresholds, isReported, unit }: GraphModel): Html | null {
  if (events.length === 0 && thresholds.length === 0) return null
  const source = isReported ? (
    <>
      <a href={`${hostPath(host.name)}#threshold-table`}>Thresholds</a>, set on the agent:
    </>
  ) : (
    'Limits that events of this metric have named:'
  )
  const known = thresholds.length > 0 && (
    <p class="soft limits-known">
      <span>{source}</span>
      {thresholds.map(({ value, severity, isBelow }) => (
        <>
          {' '}
          <span class={`severity-word severity-${severity}`}>
            {spokenMark(severity)}
            {isBelow ? 'below' : 'above'} {formatThreshold(value, unit)}
          </span>
        </>
      ))}
    </p>
  )
  return (
    <section class="section" id="events-here">
      <div class="section-head">
        <h2>Events in this period</h2>
      </div>
      {events.length === 0 ? <p class="soft">None.</p> : eventLines(events, describeDurationOf)}
      {known}
    </section>
  )
}

function bigChart({ drawn, timeRange, unit, title, summary, host, events, thresholds }: GraphModel): Html {
  const { times, low, mean, high } = drawn
  const known = thresholds.length > 0 ? `; thresholds: ${describeThresholds(thresholds, unit)}` : ''
  const label = summary
    ? `${title} of ${host.name}, ${timeRange.words}: from ${formatValue(summary.low, unit)} to ${formatValue(summary.high, unit)}${known}`
    : `${title} of ${host.name}, ${timeRange.words}: no samples${known}`
  return lineChart({
    lines: [{ name: title, times, values: mean, ...(mean === low ? {} : { low, high }) }],
    from: timeRange.from,
    to: timeRange.to,
    unit,
    marks: events.map(markEvent),
    thresholds,
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
    return (
      <div>
        <span class="name">{name}</span>
        <b>
          {number}
          {word !== '' && <small>{word}</small>}
        </b>
      </div>
    )
  }
  // Of a state the mean is the share of the time that it ran; its ends say nothing.
  const middle =
    unit === 'state' ? (
      figure('Running', summary ? summary.mean * 100 : undefined, '%')
    ) : (
      <>
        {figure('Minimum', summary?.low)}
        {figure('Mean', summary?.mean)}
        {figure('Maximum', summary?.high)}
      </>
    )
  return (
    <div class="figures">
      {figure('Last', summary?.last)}
      {middle}
      {figure('Samples', summary?.count ?? 0, '')}
    </div>
  )
}

function table({ tabled, unit }: GraphModel): Html {
  const { times, low, mean, high } = tabled
  if (times.length === 0) return <p class="soft">No samples in this time.</p>
  const say = (value: number, isMean: boolean) =>
    isMean && unit === 'state' ? formatValue(value * 100, '%') : formatValue(value, unit)
  const rows = Array.from(times, (time, i) => (
    <tr>
      <th scope="row">{stampLabel(time)}</th>
      {[low, mean, high].map((column) => (
        <td class="number">{say(column[i] ?? 0, column === mean && mean !== low)}</td>
      ))}
    </tr>
  ))
  return (
    <div class="scroller">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="number">
              Minimum
            </th>
            <th scope="col" class="number">
              Mean
            </th>
            <th scope="col" class="number">
              Maximum
            </th>
          </tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
    </div>
  )
}
