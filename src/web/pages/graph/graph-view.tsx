/** @jsxImportSource #markup */
import { phraseMetric } from '../../../domain/events/metric-phrase.ts'
import { describeFull } from '../../../domain/hosts/capacity.ts'
import { isStateMetric, metricUnit, valueForm } from '../../../domain/metrics/metric.ts'
import { lineChart } from '../../charts/chart.tsx'
import { describeLines, MAX_COMPARED } from '../../charts/comparison.ts'
import { groupMarks } from '../../charts/event-markers.ts'
import type { ChartLine } from '../../charts/line-path.tsx'
import { EARLIER_KEY } from '../../charts/plot.ts'
import { pickerForm } from '../../charts/series-picker.tsx'
import { NO_ROWS, writeRef } from '../../charts/series-ref.ts'
import { describeThresholds } from '../../charts/thresholds.ts'
import { hostQuery } from '../../charts/time-range.ts'
import { describeGrowth } from '../../forecasts/describe-growth.ts'
import { capitalize, hostPath } from '../../ui/components.tsx'
import { formatNumber, formatValue, writeForm } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'
import { graphAddress, graphParameters, graphPath } from './graph-address.ts'
import { graphControls } from './graph-controls.tsx'
import { eventsOf } from './graph-events.tsx'
import type { GraphModel, GraphRequestData } from './graph-model.ts'
import { figures, lineTable, valueTable } from './line-figures.tsx'
import { describeMissing } from './read-graph.ts'

const HOUR = 3600

export function graphView(data: GraphRequestData): Html {
  const { plan, drawn, url } = data
  const model: GraphModel = {
    ...data,
    names: describeLines(plan.lines, data.hosts),
    isDownsampled: drawn.some(({ summary, mean, low }) => summary !== null && mean !== low),
  }
  const isEmpty = plan.lines.length === 0
  return (
    <>
      {head(model)}
      {describeMissing(model, url).map((words) => (
        <p class="notice" role="status">
          <span>{words}</span>
        </p>
      ))}
      {!isEmpty && graph(model)}
      {addLines(model)}
    </>
  )
}

function head({ own, plan, timeRange, hosts }: GraphModel): Html {
  const count = plan.lines.length
  const lead =
    count === 0 ? (
      'Any metrics of any hosts in one graph'
    ) : own !== null && count === 1 ? (
      <>
        <code>{own.metric}</code> · {timeRange.words}
      </>
    ) : (
      <>
        {formatNumber(count)} of at most {MAX_COMPARED} lines, {timeRange.words}
      </>
    )
  return (
    <div class="head">
      <div>
        <p class="crumbs">
          <a href="/hosts">Hosts</a>
          {own !== null && (
            <>
              {' '}
              <span data-live="way-back">
                › <a href={`${hostPath(own.host)}${hostQuery(timeRange)}`}>{own.host}</a>
              </span>
            </>
          )}
        </p>
        <h1>{own === null ? 'Compare' : phraseMetric(own.metric, hosts.get(own.host)).noun}</h1>
        <p class="lead" data-live="lead">
          {lead}
        </p>
      </div>
    </div>
  )
}

/** All that changes with the time that is shown: one answer of the server brings it. */
function graph(model: GraphModel): Html {
  const { own, plan, timeRange, drawn } = model
  const { from, to, isLive } = timeRange
  const isAlone = plan.lines.length === 1
  const isSilent = drawn.every(({ summary }) => summary === null)
  return (
    <div data-live="graph">
      {graphControls(model)}
      <section class="section panel graph-panel" aria-label="Graph">
        <div
          class="wide-graph"
          data-charts={JSON.stringify({ from, to, isLive })}
          data-chart-rows={JSON.stringify(writeRows(model))}
          data-chart-keys
          tabindex="0"
          role="group"
          aria-label="Graph. Arrow keys move it in time, plus and minus zoom."
        >
          {ghostLegend(model)}
          <div
            class="cursor-field"
            data-tip={isAlone}
            data-form={isAlone && writeForm(valueForm(plan.lines[0]?.metric ?? ''))}
            data-tip-earlier={model.ghost !== null && model.options.before?.words}
          >
            {chart(model)}
          </div>
          {isSilent && (
            <p class="no-samples">
              No samples in this period
              {wayToSamples(model)}
            </p>
          )}
        </div>
        <p class="chart-note" data-graph-note role="status"></p>
        {/* Where any lines are compared, a lone one can be taken out too. */}
        {isAlone && own !== null ? figures(drawn[0]?.summary ?? null, plan.leftForm) : lineTable(model)}
        {forecastOf(model)}
      </section>
      {eventsOf(model)}
      {isAlone && (
        <details class="section panel" id="values">
          <summary>
            <h2>Show as table</h2>
          </summary>
          {valueTable(model)}
        </details>
      )}
    </div>
  )
}

/**
 * The rows that are drawn, so that the cursor can show their values: time and value, or time, minimum, mean
 * and maximum.
 */
function writeRows({ plan, drawn, ghost }: GraphModel) {
  const lines = plan.lines.map((line, i) => {
    const { times, low, mean, high } = drawn[i] ?? NO_ROWS
    const isPlain = mean === low
    const rows = Array.from(times, (time, row) =>
      isPlain
        ? [time, short(mean[row])]
        : plan.lines.length === 1
          ? [time, short(low[row]), short(mean[row]), short(high[row])]
          : [time, short(mean[row])],
    )
    return { key: writeRef(line), rows }
  })
  if (ghost === null) return lines
  const earlier = Array.from(ghost.times, (time, row) => [time, short(ghost.mean[row])])
  return [...lines, { key: EARLIER_KEY, rows: earlier }]
}

function forecastOf({ forecast, now }: GraphModel): Html | null {
  if (forecast === null) return null
  return (
    <p class="forecast">
      <b>{capitalize(describeFull(forecast, now))}</b>, growing {describeGrowth(forecast.growth.mid)} per day{' '}
      <span class="soft">(80&#8239;% interval, from the last 30 days)</span>
    </p>
  )
}

/** From a time without samples to the newest of a lone line's host; nothing where that would be the same. */
function wayToSamples(model: GraphModel): Html | null {
  const { plan, hosts, timeRange } = model
  const newest = hosts.get(plan.lines[0]?.host ?? '')?.latestTime ?? 0
  if (plan.lines.length !== 1 || newest === 0 || (newest >= timeRange.from && newest <= timeRange.to))
    return null
  const time = new URLSearchParams({ from: String(newest - HOUR), to: String(newest) })
  return (
    <a class="button" href={graphAddress(model, { time })} data-chart-link>
      Show latest
    </a>
  )
}

/** Which line is which, where the one of the time before is drawn behind. */
function ghostLegend({ ghost, options: { before }, timeRange }: GraphModel): Html | null {
  if (ghost === null || before === null) return null
  return (
    <p class="ghost-legend soft">
      <span>
        <span class="swatch line-1" /> {timeRange.words}
      </span>
      <span>
        <span class="swatch ghost" /> {before.words}
        {ghost.summary === null && ': no samples'}
      </span>
    </p>
  )
}

/** As many digits as are ever shown, and more. */
const short = (value = 0) => Number(value.toPrecision(7))

function chart(model: GraphModel): Html {
  const { plan, names, drawn, timeRange, thresholds, events, bands, options, ghost } = model
  const isAlone = plan.lines.length === 1
  const lines: ChartLine[] = plan.lines.map((ref, i) => {
    const { times, low, mean, high } = drawn[i] ?? NO_ROWS
    return {
      name: names[i] ?? '',
      times,
      values: mean,
      ...(mean === low ? {} : { low, high }),
      isStepped: isStateMetric(ref.metric),
      axis: metricUnit(ref.metric) === plan.rightUnit ? ('right' as const) : undefined,
    }
  })
  if (ghost !== null && options.before !== null) {
    lines.push({
      name: options.before.words,
      times: ghost.times,
      values: ghost.mean,
      isGhost: true,
      isStepped: isStateMetric(plan.lines[0]?.metric ?? ''),
    })
  }
  return lineChart({
    lines,
    from: timeRange.from,
    to: timeRange.to,
    form: plan.leftForm,
    rightForm: plan.rightForm ?? undefined,
    thresholds,
    bands,
    marks: groupMarks(events, timeRange),
    label: describeChart(model),
    isFitted: options.isFitted,
    showsPeaks: options.showsPeaks,
    height: 360,
    timeTickCount: 6,
    valueTickCount: 5,
    filled: isAlone && !model.isDownsampled,
  })
}

function describeChart(model: GraphModel): string {
  const { own, plan, names, drawn, timeRange, thresholds, options, hosts } = model
  const summary = drawn[0]?.summary ?? null
  const form = plan.leftForm
  const what =
    own !== null && plan.lines.length === 1
      ? `${phraseMetric(own.metric, hosts.get(own.host)).noun} of ${own.host}, ${timeRange.words}: ${
          summary
            ? `from ${formatValue(summary.low, form)} to ${formatValue(summary.high, form)}`
            : 'no samples'
        }`
      : `Graph of ${names.join('; ')}, ${timeRange.words}`
  return [
    what,
    ...(options.before === null ? [] : [`behind it ${options.before.words}`]),
    ...(thresholds.length > 0 ? [`thresholds: ${describeThresholds(thresholds, form, names)}`] : []),
  ].join('; ')
}

/** Adds lines to this very graph. */
function addLines(model: GraphModel): Html {
  const { plan, choices, groups, group } = model
  return (
    <section class="section panel screen-only" id="add-lines">
      <h2>{plan.lines.length === 0 ? 'Choose what to compare' : 'Add lines'}</h2>
      {pickerForm({
        action: graphPath(model),
        kept: graphParameters({ ...model, group: null }),
        groups,
        group,
        choices,
        taken: plan.lines,
        most: MAX_COMPARED,
      })}
    </section>
  )
}
