/** @jsxImportSource #markup */
import type { Severity } from '../../../domain/event.ts'
import type { Host, HostStatus } from '../../../domain/hosts/host.ts'
import { formatMetricValue, metricUnit } from '../../../domain/metrics/metric.ts'
import type { SectionPlan } from '../../../domain/metrics/section-plan.ts'
import { describeState, type StateWord } from '../../../domain/metrics/state-word.ts'
import { capitalize, metricPath, tintOf } from '../../ui/components.tsx'
import { severityMark, statusMark } from '../../ui/icons.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'

/** Whose values a table shows. */
export type TableModel = {
  readonly host: Host
  readonly status: HostStatus
  /** The worst severity of the open events about each metric. */
  readonly severities: ReadonlyMap<string, Severity>
  /** The query by which links keep the time that is shown; empty for the usual one. */
  readonly query: string
}

/** The newest values of a host, as the metrics declare them. States of a host that is down are not known. */
export function metricTable(plan: SectionPlan, model: TableModel): Html {
  if (plan.name === 'states') return stateTable(plan, model)
  return plan.subject === null ? valueList(plan, model) : valueTable(plan, plan.subject, model)
}

/** Names and values below each other. */
function valueList({ rows }: SectionPlan, model: TableModel): Html {
  const { host } = model
  return (
    <dl class="values">
      {rows.map(({ name, metrics }) => (
        <div>
          <dt>{host.platform === 'Windows' ? name.replace(/^Swap/, 'Page file') : name}</dt>
          <dd>{valueLink(metrics[0] ?? null, model)}</dd>
        </div>
      ))}
    </dl>
  )
}

function valueTable({ name, columns, rows }: SectionPlan, subject: string, model: TableModel): Html {
  const heads: ListColumn[] = [
    { name: subject, breaks: true },
    ...columns.map((column): ListColumn => ({ name: column, isNumber: true })),
  ]
  return listTable(
    heads,
    rows.map((row) => ({
      key: `${name}-${row.name}`,
      cells: [row.name, ...row.metrics.map((metric) => valueLink(metric, model))],
    })),
  )
}

/**
 * A value of the newest frame as a link to its graph, in the colour of the open event about it; a dash where it has
 * none.
 */
export function valueLink(metric: string | null, model: TableModel): Html {
  const { host, query } = model
  const value = metric === null ? undefined : host.latest[metric]
  if (metric === null || value === undefined) return <span class="soft">–</span>
  const unit = metricUnit(metric)
  return (
    <a class="plain" href={`${metricPath(host.name, metric)}${query}`}>
      {unit === 'state' ? (
        stateLabel(metric, value, model)
      ) : (
        <span class={tintOf(severityNow(metric, model))}>{capitalize(formatMetricValue(metric, value))}</span>
      )}
    </a>
  )
}

/**
 * Values of a host that is down are old: what was wrong with them is not known any more. Events about a status are those
 * of the state.
 */
const severityNow = (metric: string, { status, severities }: TableModel): Severity | null =>
  status === 'down' ? null : (severities.get(metric.replace(/\.status$/, '.state')) ?? null)

function stateLabel(metric: string, value: number, model: TableModel): Html {
  const { host, status } = model
  const state = describeState(metric, value, host.latest)
  if (status === 'down') return <span class="soft">Unknown, last {state.words.toLowerCase()}</span>
  return stateMark(state, severityNow(metric, model) ?? severityOfHealth(metric, model))
}

/** The event of a container that is unhealthy is about its health. */
const severityOfHealth = (metric: string, model: TableModel) =>
  metric.startsWith('perf.container.') ? severityNow(metric.replace(/state$/, 'healthy'), model) : null

/** The colour is that of the event; what is not good and has none is neutral. */
function stateMark({ words, isGood }: StateWord, severity: Severity | null): Html {
  if (isGood && severity === null)
    return (
      <span class="status up">
        {statusMark('up')}
        {words}
      </span>
    )
  return (
    <span class="status">
      {severity === null ? statusMark('new') : severityMark(severity)}
      <span class={tintOf(severity)}>{words}</span>
    </span>
  )
}

const STATE_COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Kind', className: 'soft' },
  { name: 'State' },
]

/** Things of several kinds that have a state each; a column of the plan is a kind. What is wrong comes first. */
function stateTable({ columns, rows }: SectionPlan, model: TableModel): Html {
  const { host, query } = model
  const things = columns.flatMap((kind, i) =>
    rows.flatMap((row) => {
      const metric = row.metrics[i] ?? null
      if (metric === null) return []
      const value = host.latest[metric] ?? 0
      return [
        { metric, kind, name: row.name, value, isGood: describeState(metric, value, host.latest).isGood },
      ]
    }),
  )
  return listTable(
    STATE_COLUMNS,
    things
      .toSorted((a, b) => Number(a.isGood) - Number(b.isGood))
      .map(({ metric, kind, name, value }) => ({
        key: metric,
        cells: [
          <a href={`${metricPath(host.name, metric)}${query}`}>{spellSubject(host, metric) ?? name}</a>,
          kind,
          stateLabel(metric, value, model),
        ],
      })),
  )
}

/** `mssql$sqlexpress`, as an agent of the original spells it; null where nothing is spelled differently. */
function spellSubject({ spellings = {} }: Host, metric: string): string | null {
  return spellings[metric]?.replace(/^perf\.[^.]+\./, '').replace(/\.state$/, '') ?? null
}
