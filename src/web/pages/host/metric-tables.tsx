/** @jsxImportSource #markup */
import type { Host, HostStatus } from '../../../domain/hosts/host.ts'
import { metricUnit, stateWords } from '../../../domain/metrics/metric.ts'
import type { SectionPlan } from '../../../domain/metrics/section-plan.ts'
import { metricPath } from '../../ui/components.tsx'
import { formatValue } from '../../ui/format.ts'
import { statusMark } from '../../ui/icons.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'

/** Whose values a table shows. */
export type TableModel = {
  readonly host: Host
  readonly status: HostStatus
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

/** A value of the newest frame as a link to its graph; a dash where it has none. */
export function valueLink(metric: string | null, { host, status, query }: TableModel): Html {
  const value = metric === null ? undefined : host.latest[metric]
  if (metric === null || value === undefined) return <span class="soft">–</span>
  const unit = metricUnit(metric)
  return (
    <a class="plain" href={`${metricPath(host.name, metric)}${query}`}>
      {unit !== 'state'
        ? formatValue(value, unit)
        : status === 'down'
          ? oldState(metric, value)
          : stateMark(metric, value)}
    </a>
  )
}

function stateMark(metric: string, value: number): Html {
  const status = value >= 0.5 ? 'up' : 'down'
  const { good, bad } = stateWords(metric)
  return (
    <span class={`status ${status}`}>
      {statusMark(status)}
      {status === 'up' ? good : bad}
    </span>
  )
}

const STATE_COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Kind', className: 'soft' },
  { name: 'State' },
]

/** Things of several kinds that have a state each; a column of the plan is a kind. What is wrong comes first. */
function stateTable({ columns, rows }: SectionPlan, { host, status, query }: TableModel): Html {
  const things = columns.flatMap((kind, i) =>
    rows.flatMap((row) => {
      const metric = row.metrics[i] ?? null
      return metric === null ? [] : [{ metric, kind, name: row.name, value: host.latest[metric] ?? 0 }]
    }),
  )
  return listTable(
    STATE_COLUMNS,
    things
      .toSorted((a, b) => Number(a.value >= 0.5) - Number(b.value >= 0.5))
      .map(({ metric, kind, name, value }) => ({
        key: metric,
        cells: [
          <a href={`${metricPath(host.name, metric)}${query}`}>{spellSubject(host, metric) ?? name}</a>,
          kind,
          status === 'down' ? oldState(metric, value) : stateMark(metric, value),
        ],
      })),
  )
}

/** `mssql$sqlexpress`, as an agent of the original spells it; null where nothing is spelled differently. */
function spellSubject({ spellings = {} }: Host, metric: string): string | null {
  return spellings[metric]?.replace(/^perf\.[^.]+\./, '').replace(/\.state$/, '') ?? null
}

function oldState(metric: string, value: number): Html {
  const { good, bad } = stateWords(metric)
  return <span class="soft">Unknown, last {(value >= 0.5 ? good : bad).toLowerCase()}</span>
}
