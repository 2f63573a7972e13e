/** @jsxImportSource #markup */

import type { Severity } from '../../../domain/event.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import { isStateMetric, valueForm } from '../../../domain/metrics/metric.ts'
import { mergeRows, type SummarizedSeries } from '../../../domain/series.ts'
import { lineChart } from '../../charts/chart.tsx'
import type { ChartBand, ChartMark } from '../../charts/chart-marks.tsx'
import type { ChartPlan } from '../../charts/host-charts.ts'
import { NO_ROWS, writeRef } from '../../charts/series-ref.ts'
import { figuresTable } from '../../charts/summary-table.tsx'
import { describeThresholds, type HostLimits, mergeThresholds } from '../../charts/thresholds.ts'
import { metricPath, tintOf } from '../../ui/components.tsx'
import { formatCount, formatValue, writeForm } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'
import type { ResourcePlan } from './host-plan.ts'
import type { ShownSection } from './shown-sections.ts'

export type SectionModel = {
  readonly host: Host
  /** Rows of each metric, as many as its graph has. */
  readonly series: ReadonlyMap<string, SummarizedSeries>
  readonly from: number
  readonly to: number
  /** Marks of events by their metric. */
  readonly marks: ReadonlyMap<string, readonly ChartMark[]>
  readonly bands: readonly ChartBand[]
  readonly thresholds: HostLimits
  /** The query by which links keep the time that is shown; empty for the usual one. */
  readonly query: string
  readonly isFitted: boolean
  /** The worst severity of the open events about each metric. */
  readonly severities: ReadonlyMap<string, Severity>
  /** Silent: its values are old. */
  readonly isDown: boolean
  /** The address of the page. */
  readonly url: URL
}

/** Rows of a graph: its samples as they are for an hour and a while, ends and means of steps beyond. */
export const WIDE_ROWS = 200
const SMALL_ROWS = 90

/**
 * The section of one resource: its graph, the table beside it, its further graphs, and the link to the hidden
 * rest.
 */
export function resourceSection(plan: ShownSection, table: Html | null, model: SectionModel): Html {
  const isWide = plan.main.length === 1
  const { more } = plan
  const kind = plan.main[0]?.kind
  return (
    <section class="section resource" id={plan.name}>
      <h2>{titleOf(plan)}</h2>
      <div class={['resource-body', (plan.main.length !== 1 || table === null) && 'one-column']}>
        {plan.main.length > 0 && (
          <div class="resource-graph">
            {kind !== undefined && kind !== plan.title && <p class="soft">{kind}</p>}
            <div class={!isWide && 'charts multiples'}>
              {plan.main.map((chart) => figure(chart, plan.title, model, isWide))}
            </div>
          </div>
        )}
        {table !== null && <div class="resource-table">{table}</div>}
      </div>
      {more.length > 0 && (
        <div class="charts more-charts">
          {more.map((chart) => figure(nameWhole(chart), plan.title, model, false))}
        </div>
      )}
      {wayToTheRest(plan, model.url)}
    </section>
  )
}

/** Beside graphs of other kinds the title includes the kind: `Disks busy: sda`. */
const nameWhole = (chart: ChartPlan): ChartPlan =>
  chart.kind === undefined ? chart : { ...chart, title: `${chart.kind}: ${chart.title}` }

/** The link that shows the hidden rest of a shortened section, or the link back. */
function wayToTheRest(
  { name, title, isOpened, hidden: { graphs, rows } }: ShownSection,
  url: URL,
): Html | null {
  const others = url.searchParams.getAll('open').filter((one) => one !== name)
  if (graphs + rows > 0) {
    const left = [graphs > 0 && formatCount(graphs, 'more graph'), rows > 0 && formatCount(rows, 'more row')]
    return (
      <p class="rest" id={`rest-${name}`}>
        <a href={addressWith(url, [...others, name], name)} data-chart-link>
          Show all of {title}: {left.filter(Boolean).join(', ')}
        </a>
      </p>
    )
  }
  if (!isOpened || !url.searchParams.getAll('open').includes(name)) return null
  return (
    <p class="rest" id={`rest-${name}`}>
      <a href={addressWith(url, others, name)} data-chart-link>
        Show less of {title}
      </a>
    </p>
  )
}

/** This address with these sections opened, at one of them. */
function addressWith(url: URL, open: readonly string[], place: string): string {
  const parameters = new URLSearchParams(url.searchParams)
  parameters.delete('open')
  for (const name of open) parameters.append('open', name)
  const query = parameters.toString()
  return `${url.pathname}${query === '' ? '' : `?${query}`}#${place}`
}

/** When only services and processes are watched, the title names them. */
function titleOf({ name, title, tables }: ResourcePlan): string {
  const isPlain = tables.every(({ columns }) =>
    columns.every((kind) => kind === 'service' || kind === 'process'),
  )
  return name === 'states' && isPlain ? 'Services and processes' : title
}

function figure({ title, lines }: ChartPlan, section: string, model: SectionModel, isWide: boolean): Html {
  const { host, series, from, to, marks, bands, thresholds, query, isFitted } = model
  const form = valueForm(lines[0]?.metric ?? '')
  const names = lines.map(({ name }) => name)
  const rows = isWide ? WIDE_ROWS : SMALL_ROWS
  const drawn = lines.map(({ metric, name }) => {
    const { times, low, mean, high } = mergeRows(series.get(metric) ?? NO_ROWS, from, to, rows)
    return {
      name,
      times,
      values: mean,
      ...(mean === low ? {} : { low, high }),
      isStepped: isStateMetric(metric),
    }
  })
  const marked = lines.flatMap(({ metric }) => marks.get(metric) ?? [])
  const limits = mergeThresholds(lines.map(({ metric }) => thresholds.of(metric)))
  const href = `${metricPath(host.name, lines[0]?.metric ?? '')}${query}`
  // A title that equals the section's is shown to screen readers only.
  const isNamed = title !== section
  return (
    <figure class={isWide ? 'wide-chart' : 'small-chart'}>
      <figcaption>
        {isNamed ? (
          <h3>
            <a class="plain" href={href}>
              {title}
            </a>
          </h3>
        ) : (
          <h3 class="visually-hidden">{title}</h3>
        )}
        <span class={['legend', lines.length === 1 && 'single']}>
          {lines.map(({ metric, name }, index) => {
            const value = host.latest[metric]
            return (
              <a
                href={`${metricPath(host.name, metric)}${query}`}
                data-cursor-value={writeRef({ host: host.name, metric })}
                data-form={writeForm(form)}
              >
                {lines.length === 1 && <span class="visually-hidden">{title}</span>}
                {lines.length > 1 && (
                  <>
                    <span class={`swatch line-${index + 1}`} />
                    <span class="legend-name">{name}</span>
                  </>
                )}{' '}
                <b class={!model.isDown && tintOf(model.severities.get(metric) ?? null)}>
                  {value === undefined ? '–' : formatValue(value, form)}
                </b>
              </a>
            )
          })}
        </span>
      </figcaption>
      <div class="cursor-field">
        {lineChart({
          lines: drawn,
          from,
          to,
          form,
          marks: marked,
          bands,
          thresholds: limits,
          thresholdStyle: isWide ? 'labels' : 'marks',
          isFitted,
          ...(isWide ? { height: 150, timeTickCount: 6 } : {}),
          label: describeChart(
            `${title} of ${host.name}`,
            marked.length,
            describeThresholds(limits, form, names),
          ),
        })}
        {figuresTable(
          title,
          lines.map(({ metric, name }) => ({
            name,
            summary: series.get(metric)?.summary ?? null,
            form: valueForm(metric),
          })),
        )}
      </div>
    </figure>
  )
}

const describeChart = (words: string, events: number, thresholds: string) =>
  [
    words,
    ...(events === 0 ? [] : [`, with ${events} ${events === 1 ? 'event' : 'events'}`]),
    ...(thresholds === '' ? [] : [`; thresholds: ${thresholds}`]),
  ].join('')
