/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import { metricUnit } from '../../../domain/metrics/metric.ts'
import type { Series } from '../../../domain/sample.ts'
import { downsampleSeries, summarizeSeries } from '../../../domain/series.ts'
import type { Store } from '../../../storage/ports/store.ts'
import { lineChart } from '../../charts/chart.tsx'
import { type Comparison, describeLines, MAX_COMPARED, planComparison } from '../../charts/comparison.ts'
import { listEventsIn, markEvent } from '../../charts/event-markers.ts'
import { seriesCsv } from '../../charts/series-csv.ts'
import { findChoices, type PickerChoices, pickerForm } from '../../charts/series-picker.tsx'
import { findWrongRefs, loadSeries, readRefs, type SeriesRef, writeRef } from '../../charts/series-ref.ts'
import { formatSummary } from '../../charts/summary-table.tsx'
import type { ThresholdLine } from '../../charts/threshold-places.ts'
import { describeThresholds, mergeThresholds, readThresholds } from '../../charts/thresholds.ts'
import { RANGES, readTimeRange, timeRangeQuery } from '../../charts/time-range.ts'
import { refuseWrongRange, timeRangeForm, timeRangeProblem } from '../../charts/time-range-form.tsx'
import { timeRangeNav } from '../../charts/time-range-nav.tsx'
import { route, type WebRequest } from '../../http/route.ts'
import { breakable, hostPath, madeLine, metricPath } from '../../ui/components.tsx'
import { formatNumber } from '../../ui/format.ts'
import { readGroup } from '../../ui/group-filter.tsx'
import type { Html } from '../../ui/html.ts'
import { icon } from '../../ui/icons.tsx'
import { layout } from '../../ui/layout.tsx'
import { describeDurationOf, eventLines } from '../events/event-list.tsx'

/** Rows of each line. */
const DRAWN = 500
const SHOWN_EVENTS = 20

export const comparePage = route({ path: '/compare', access: 'viewer' }, async (request) => {
  const { url, session, csrf, now, web } = request
  const group = readGroup(url)
  const [comparison, choices, groups] = await Promise.all([
    readComparison(request),
    findChoices(web.store.hosts, url, group, now - web.silence),
    web.store.hosts.groups(),
  ])
  const [thresholds, events, missing] = await Promise.all([
    findThresholds(comparison.plan, web.store),
    listEvents(comparison, web.store),
    findMissing(comparison, web.store),
  ])
  const model = { ...comparison, thresholds, events, missing, url, choices, groups, group, now }
  return layout({
    title: 'Compare',
    active: 'hosts',
    session,
    csrf,
    url,
    body: (
      <>
        {madeLine(request)}
        {timeRangeProblem(model.timeRange)}
        {compareView(model)}
      </>
    ),
    scripts: ['charts'],
  })
})

/** The samples of all lines side by side. */
export const compareCsv = route({ path: '/compare/csv', access: 'viewer' }, async (request) => {
  const { plan, series, timeRange } = await readComparison(request)
  refuseWrongRange(timeRange)
  const list = plan.lines.map((line, i) => ({ name: writeRef(line), series: series[i] ?? NOTHING }))
  return seriesCsv('comparison', list, timeRange.from, timeRange.to)
})

const NOTHING: Series = { times: new Float64Array(), values: new Float64Array() }

async function readComparison({ url, now, web }: Pick<WebRequest, 'url' | 'now' | 'web'>) {
  const plan = planComparison(readRefs(url.searchParams))
  const wantsAll = url.searchParams.get('range') === 'all'
  const timeRange = readTimeRange(
    url.searchParams,
    wantsAll ? await findExtent(plan.lines, web.store) : null,
    now,
  )
  const series = await loadSeries(web.store.samples, plan.lines, timeRange.from, timeRange.to)
  return { plan, timeRange, series }
}

/** Those of every line; none where there are two scales, because nobody could tell whose it is. */
async function findThresholds(
  { lines, rightUnit }: Comparison,
  store: Store,
): Promise<readonly ThresholdLine[]> {
  if (rightUnit !== null) return []
  const [only] = lines
  const metric = lines.length === 1 ? only?.metric : undefined
  const hosts = [...new Set(lines.map(({ host }) => host))]
  const known = new Map(
    await Promise.all(hosts.map(async (host) => [host, await readThresholds(store, host, metric)] as const)),
  )
  return mergeThresholds(lines.map((line) => known.get(line.host)?.of(line.metric) ?? []))
}

/** Events of the lines' metrics that were open in this time, the newest first. */
async function listEvents(
  { plan, timeRange: { from, to } }: Awaited<ReturnType<typeof readComparison>>,
  { events }: Store,
): Promise<Event[]> {
  const lists = await Promise.all(
    plan.lines.map(({ host, metric }) => listEventsIn(events, { host, metric, from, to })),
  )
  // An event of several hosts is one of each of them.
  const byId = new Map(lists.flat().map((event) => [event.id, event]))
  return [...byId.values()].sort((a, b) => b.opened - a.opened || b.id - a.id)
}

/** From the first sample of any of the hosts. */
async function findExtent(lines: readonly SeriesRef[], { samples }: WebRequest['web']['store']) {
  const hosts = [...new Set(lines.map(({ host }) => host))]
  const extents = await Promise.all(hosts.map((host) => samples.extent(host)))
  const firsts = extents.flatMap((extent) => (extent ? [extent.first] : []))
  return firsts.length === 0 ? null : { first: Math.min(...firsts) }
}

/** Lines without a sample whose host has no such metric, be it that it has another name today. */
async function findMissing(
  { plan, series }: Awaited<ReturnType<typeof readComparison>>,
  { hosts }: WebRequest['web']['store'],
): Promise<SeriesRef[]> {
  const silent = plan.lines.filter((_, i) => (series[i] ?? NOTHING).times.length === 0)
  const known = new Map<string, readonly string[]>()
  for (const host of new Set(silent.map((line) => line.host))) known.set(host, await hosts.metrics(host))
  return silent.filter(({ host, metric }) => !known.get(host)?.includes(metric))
}

type CompareModel = Awaited<ReturnType<typeof readComparison>> & {
  readonly thresholds: readonly ThresholdLine[]
  readonly events: readonly Event[]
  readonly missing: readonly SeriesRef[]
  readonly groups: readonly string[]
  readonly group: string | null
  readonly url: URL
  readonly choices: PickerChoices | null
  readonly now: number
}

/** An address of this page with other lines, or another time. */
function compareAddress(
  { plan, timeRange, group }: CompareModel,
  lines: readonly SeriesRef[] = plan.lines,
  time?: URLSearchParams,
) {
  const query = new URLSearchParams(lines.map((line): [string, string] => ['series', writeRef(line)]))
  for (const [name, value] of time ?? timeRangeQuery(timeRange)) query.set(name, value)
  if (group !== null) query.set('group', group)
  return `?${query.toString()}`
}

function compareView(model: CompareModel): Html {
  const { plan, timeRange, choices, groups, group, now } = model
  const kept = plan.lines.map((line) => ['series', writeRef(line)] as const)
  const isEmpty = plan.lines.length === 0
  return (
    <>
      <div class="head">
        <div>
          <p class="crumbs">
            <a href="/hosts">Hosts</a>
          </p>
          <h1>Compare</h1>
          <p class="lead" data-live="lead">
            {isEmpty ? (
              'Any metrics of any hosts in one graph'
            ) : (
              <>
                {formatNumber(plan.lines.length)} of at most {MAX_COMPARED} lines, {timeRange.words}
              </>
            )}
          </p>
        </div>
      </div>
      {[...plan.refused, ...describeMissing(model)].map((words) => (
        <p class="notice" role="status">
          <span>{words}</span>
        </p>
      ))}
      {!isEmpty && (
        <div data-live="compare">
          <div class="ranges">
            <nav class="wide" aria-label="Range">
              <ul class="segments">
                {RANGES.map(({ key, words }) => (
                  <li>
                    <a
                      href={compareAddress(model, plan.lines, new URLSearchParams({ range: key }))}
                      title={words}
                      data-chart-link
                      aria-current={key === timeRange.range && 'true'}
                    >
                      {key}
                    </a>
                  </li>
                ))}
              </ul>
            </nav>
            {timeRangeNav({
              timeRange,
              now,
              address: (time) => compareAddress(model, undefined, time),
              mark: { 'data-chart-link': true },
            })}
            <div class="saves">
              <a class="button" href={`/compare/csv${compareAddress(model)}`} download>
                CSV
              </a>
              <button class="scripted-only" type="button" data-save-png="comparison">
                PNG
              </button>
            </div>
          </div>
          <div class="compare-chart" data-charts={JSON.stringify({ from: timeRange.from, to: timeRange.to })}>
            <div class="cursor-field">{chart(model)}</div>
          </div>
          {lineTable(model)}
          {eventsView(model)}
        </div>
      )}
      <section class="section screen-only">
        <h2>{isEmpty ? 'Choose what to compare' : 'Add lines'}</h2>
        {pickerForm({
          kept: [...kept, ...timeRangeQuery(timeRange)],
          groups,
          group,
          choices,
          taken: plan.lines,
          most: MAX_COMPARED,
        })}
      </section>
      {!isEmpty && (
        <section class="section" data-live="span">
          <h2>Custom range</h2>
          {timeRangeForm(timeRange, now, group === null ? kept : [...kept, ['group', group]])}
        </section>
      )}
    </>
  )
}

function eventsView({ events }: CompareModel): Html | null {
  if (events.length === 0) return null
  return (
    <section class="section">
      <div class="section-head">
        <h2>Events in this period</h2>
        {events.length > SHOWN_EVENTS && (
          <span class="soft">
            the newest {SHOWN_EVENTS} of {events.length}
          </span>
        )}
      </div>
      {eventLines(events.slice(0, SHOWN_EVENTS), describeDurationOf, { hosts: true })}
    </section>
  )
}

function describeMissing({ url, missing }: CompareModel): string[] {
  const wrong = findWrongRefs(url.searchParams).map((text) =>
    text.length > 80 ? `${text.slice(0, 80)}…` : text,
  )
  return [
    missing.length > 0 &&
      `Not known here, perhaps by another name today: ${missing.map(writeRef).join(', ')}.`,
    wrong.length > 0 && `Not a host and a metric with a colon between: ${wrong.slice(0, 5).join(', ')}.`,
  ].filter((words) => words !== false)
}

function chart({ plan, series, timeRange, thresholds, events }: CompareModel): Html {
  const names = describeLines(plan.lines)
  const lines = plan.lines.map((ref, i) => {
    const { times, low, mean, high } = downsampleSeries(
      series[i] ?? NOTHING,
      timeRange.from,
      timeRange.to,
      DRAWN,
    )
    return {
      name: names[i] ?? '',
      times,
      values: mean,
      ...(mean === low ? {} : { low, high }),
      axis: metricUnit(ref.metric) === plan.rightUnit ? ('right' as const) : undefined,
    }
  })
  return lineChart({
    lines,
    from: timeRange.from,
    to: timeRange.to,
    unit: plan.leftUnit,
    rightUnit: plan.rightUnit ?? undefined,
    thresholds,
    marks: events.map(markEvent),
    label: [
      `Graph of ${names.join('; ')}, ${timeRange.words}`,
      ...(thresholds.length > 0
        ? [`thresholds: ${describeThresholds(thresholds, plan.leftUnit, names)}`]
        : []),
    ].join('; '),
    height: 360,
    timeTickCount: 6,
    valueTickCount: 5,
    filled: false,
  })
}

function lineTable(model: CompareModel): Html {
  const { plan, series } = model
  const rows = plan.lines.map((line, i) => {
    const unit = metricUnit(line.metric)
    const summary = summarizeSeries(series[i] ?? NOTHING)
    const [last, ...rest] = summary ? formatSummary(summary, unit) : ['–', '–', '–', '–']
    const others = plan.lines.filter((other) => other !== line)
    const side = plan.rightUnit === null ? null : unit === plan.rightUnit ? 'right' : 'left'
    const metric = (
      <>
        <a class="plain" href={metricPath(line.host, line.metric)}>
          {breakable(line.metric)}
        </a>
        {side && (
          <>
            {' '}
            <span class="soft">{side} scale</span>
          </>
        )}
      </>
    )
    return (
      <tr data-key={writeRef(line)}>
        <th scope="row" class="anywhere">
          <span class={`swatch line-${i + 1}`} />
          <a href={hostPath(line.host)}>{line.host}</a>
          <span class="sub">{metric}</span>
        </th>
        <td class="anywhere phone-hidden">{metric}</td>
        <td class="number" data-cursor-value={writeRef(line)} data-unit={unit}>
          <b>{last}</b>
        </td>
        {rest.map((cell) => (
          <td class="number phone-hidden">{cell}</td>
        ))}
        <td class="number">
          <a
            class="button small icon-only"
            href={compareAddress(model, others)}
            aria-label={`Remove ${line.metric} of ${line.host}`}
          >
            {icon('close')}
          </a>
        </td>
      </tr>
    )
  })
  return (
    <div class="scroller">
      <table class="table compare-lines">
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col" class="phone-hidden">
              Metric
            </th>
            <th scope="col" class="number">
              Last
            </th>
            <th scope="col" class="number phone-hidden">
              Minimum
            </th>
            <th scope="col" class="number phone-hidden">
              Mean
            </th>
            <th scope="col" class="number phone-hidden">
              Maximum
            </th>
            <th scope="col">
              <span class="visually-hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
    </div>
  )
}
