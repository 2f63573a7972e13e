/** @jsxImportSource #markup */

import { describeFull, type Forecast } from '../../../domain/hosts/capacity.ts'
import { type Filesystem, filesystemTitle } from '../../../domain/hosts/filesystems.ts'
import type { SectionPlan, SectionRow } from '../../../domain/metrics/section-plan.ts'
import { describeGrowth } from '../../forecasts/describe-growth.ts'
import { bar } from '../../ui/bar.tsx'
import { capitalize } from '../../ui/components.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'
import { type TableModel, valueLink } from './metric-tables.tsx'

export type DiskRow = Filesystem & { readonly forecast: Forecast | null }

/** Columns that this table places itself. */
const OWN: readonly string[] = ['Used', 'Free']

export type DiskTableModel = TableModel & {
  readonly disks: readonly DiskRow[]
  readonly now: number
}

/**
 * The filesystems of the plan by where they are mounted, the fullest first, with when each will be full. Of one
 * that sends no use, as a read-only one may, what it does send is shown.
 */
export function diskTable(plan: SectionPlan, model: DiskTableModel): Html {
  const { disks, severities, now } = model
  const others = plan.columns.flatMap((column, i) => (OWN.includes(column) ? [] : [{ column, i }]))
  const heads: readonly ListColumn[] = [
    { name: plan.subject ?? '', breaks: true },
    { name: 'Bar', isPlain: true, className: 'disk-bar' },
    { name: 'Used', isNumber: true },
    { name: 'Free', isNumber: true },
    { name: 'Growth per day', isNumber: true },
    { name: 'Full by', className: 'disk-full' },
    ...others.map(({ column }) => ({ name: column, isNumber: true })),
  ]
  const useOf = (row: SectionRow): readonly (Html | string)[] | null => {
    const disk = disks.find(({ name }) => name === row.name)
    if (disk === undefined) return null
    const { metric, used, forecast } = disk
    return [
      bar(used, severities.get(metric) ?? null),
      valueLink(metric, model),
      valueLink(freeOf(row), model),
      forecast === null ? dash : describeGrowth(forecast.growth.mid),
      forecast === null ? (
        <span class="soft">{used >= 100 ? 'now' : 'no forecast'}</span>
      ) : (
        describeEnd(forecast, now)
      ),
    ]
  }
  const rows = plan.rows.map((row) => ({
    key: `filesystem-${row.name}`,
    cells: [
      disks.find(({ name }) => name === row.name)?.title ?? titleOf(row, model),
      ...(useOf(row) ?? ['', dash, valueLink(freeOf(row), model), dash, dash]),
      ...others.map(({ i }) => valueLink(row.metrics[i] ?? null, model)),
    ],
  }))
  return listTable(heads, rows, { className: 'disks' })
}

const dash: Html = <span class="soft">–</span>

const freeOf = ({ name }: SectionRow) => `perf.filesystem.${name}.bytes.free`

const titleOf = ({ name }: SectionRow, { host }: TableModel) => host.mounts?.[name] ?? filesystemTitle(name)

/** `In 4 to 6 days`: the heading of the column names what happens then. */
const describeEnd = (forecast: Forecast, now: number) =>
  capitalize(describeFull(forecast, now).replace(/^full /, ''))
