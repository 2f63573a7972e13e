/** @jsxImportSource #markup */
import type { Host } from '../../../domain/hosts/host.ts'
import { metricUnit, stateWords } from '../../../domain/metrics/metric.ts'
import { planSections, type SectionPlan } from '../../../domain/metrics/section-plan.ts'
import { bar } from '../../ui/bar.tsx'
import { metricPath } from '../../ui/components.tsx'
import { formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/html.ts'
import { statusMark } from '../../ui/icons.tsx'
import { type ListColumn, listTable } from '../../ui/table.tsx'

/** What a host's newest values are, in a table for each kind of thing, as metrics declare it. */
export function metricSections(host: Host): Html[] {
  return planSections(Object.keys(host.latest)).map((plan) =>
    plan.name === 'states' ? stateSection(host, plan) : valueSection(host, plan),
  )
}

function valueSection(host: Host, plan: SectionPlan): Html {
  const { name, title, subject, columns, rows } = plan
  const barAt = name === 'filesystems' ? columns.indexOf('Used') : -1
  const valueColumns = columns.map((column): ListColumn => ({ name: column || 'Value', isNumber: true }))
  const heads: ListColumn[] = [
    { name: subject ?? 'Metric', breaks: true },
    ...(barAt < 0 ? [] : [{ name: 'Bar', isPlain: true, className: 'grows' }]),
    ...valueColumns,
  ]
  const table = rows.map((row) => {
    const used = host.latest[row.metrics[barAt] ?? '']
    return {
      key: `${name}-${row.name}`,
      cells: [
        row.name,
        ...(barAt < 0 ? [] : [used !== undefined && bar(used)]),
        ...row.metrics.map((metric) => valueLink(host, metric)),
      ],
    }
  })
  return (
    <section class="section" id={`section-${name}`}>
      <h2>{title}</h2>
      {listTable(heads, table)}
    </section>
  )
}

/** A value of the newest frame as a link to its graph; a dash where it has none. */
function valueLink({ name, latest }: Host, metric: string | null): Html {
  const value = metric === null ? undefined : latest[metric]
  if (metric === null || value === undefined) return <span class="soft">–</span>
  const unit = metricUnit(metric)
  return (
    <a class="plain" href={metricPath(name, metric)}>
      {unit === 'state' ? stateMark(metric, value) : formatValue(value, unit)}
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

/** `mssql$sqlexpress`, as an agent of the original spells it; null where nothing is spelled differently. */
function spellSubject({ spellings = {} }: Host, metric: string): string | null {
  return spellings[metric]?.replace(/^perf\.[^.]+\./, '').replace(/\.state$/, '') ?? null
}

/** Things of several kinds that have a state each; a column of the plan is a kind. */
function stateSection(host: Host, { name, title, columns, rows }: SectionPlan): Html {
  const table = columns.flatMap((kind, i) =>
    rows.flatMap((row) => {
      const metric = row.metrics[i] ?? null
      if (metric === null) return []
      return [
        {
          key: metric,
          cells: [
            <a href={metricPath(host.name, metric)}>{spellSubject(host, metric) ?? row.name}</a>,
            kind,
            stateMark(metric, host.latest[metric] ?? 0),
          ],
        },
      ]
    }),
  )
  const isPlain = columns.every((kind) => kind === 'service' || kind === 'process')
  return (
    <section class="section" id={`section-${name}`}>
      <h2>{isPlain ? 'Services and processes' : title}</h2>
      {listTable(STATE_COLUMNS, table)}
    </section>
  )
}
