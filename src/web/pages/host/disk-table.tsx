/** @jsxImportSource #markup */

import { describeFull, type Forecast } from '../../../domain/hosts/capacity.ts'
import type { Filesystem } from '../../../domain/hosts/filesystems.ts'
import type { SectionPlan } from '../../../domain/metrics/section-plan.ts'
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

/** The filesystems of the plan by where they are mounted, the fullest first, with when each will be full. */
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
  const rows = plan.rows.flatMap((row) => {
    const disk = disks.find(({ name }) => name === row.name)
    if (disk === undefined) return []
    const { name, title, metric, used, forecast } = disk
    return {
      key: `filesystem-${name}`,
      cells: [
        title,
        bar(used, severities.get(metric) ?? null),
        valueLink(metric, model),
        valueLink(`perf.filesystem.${name}.bytes.free`, model),
        forecast === null ? <span class="soft">–</span> : describeGrowth(forecast.growth.mid),
        forecast === null ? (
          <span class="soft">{used >= 100 ? 'now' : 'no forecast'}</span>
        ) : (
          describeEnd(forecast, now)
        ),
        ...others.map(({ i }) => valueLink(row.metrics[i] ?? null, model)),
      ],
    }
  })
  return listTable(heads, rows, { className: 'disks' })
}

/** `In 4 to 6 days`: the heading of the column names what happens then. */
const describeEnd = (forecast: Forecast, now: number) =>
  capitalize(describeFull(forecast, now).replace(/^full /, ''))
