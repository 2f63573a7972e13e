/** @jsxImportSource #markup */
import { describeFull, type Forecast } from '../../../domain/hosts/capacity.ts'
import type { Filesystem } from '../../../domain/hosts/filesystems.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import type { SectionPlan } from '../../../domain/metrics/section-plan.ts'
import { bar } from '../../ui/bar.tsx'
import { capitalize } from '../../ui/components.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'
import { valueLink } from './metric-tables.tsx'

export type DiskRow = Filesystem & { readonly forecast: Forecast | null }

/** Columns that this table places itself. */
const OWN: readonly string[] = ['Used', 'Free']

/** Filesystems by where they are mounted, the fullest first, with when each will be full. */
export function diskTable(host: Host, plan: SectionPlan, disks: readonly DiskRow[], now: number): Html {
  const others = plan.columns.flatMap((column, i) => (OWN.includes(column) ? [] : [{ column, i }]))
  const heads: readonly ListColumn[] = [
    { name: plan.subject ?? '', breaks: true },
    { name: 'Bar', isPlain: true, className: 'disk-bar' },
    { name: 'Used', isNumber: true },
    { name: 'Free', isNumber: true },
    { name: 'Growth a day', isNumber: true },
    { name: 'Full', className: 'disk-full' },
    ...others.map(({ column }) => ({ name: column, isNumber: true })),
  ]
  const rows = disks.map(({ name, title, metric, used, forecast }) => {
    const row = plan.rows.find((one) => one.name === name)
    return {
      key: `filesystem-${name}`,
      cells: [
        title,
        bar(used),
        valueLink(host, metric),
        valueLink(host, `perf.filesystem.${name}.bytes.free`),
        forecast === null ? <span class="soft">–</span> : describeGrowth(forecast),
        forecast === null ? (
          <span class="soft">{used >= 100 ? 'now' : '–'}</span>
        ) : (
          describeEnd(forecast, now)
        ),
        ...others.map(({ i }) => valueLink(host, row?.metrics[i] ?? null)),
      ],
    }
  })
  return listTable(heads, rows, { className: 'disks' })
}

const describeGrowth = ({ growth: { mid } }: Forecast) => `${mid >= 0.1 ? mid.toFixed(1) : mid.toFixed(2)}%`

/** `In 4 to 6 days`: the head of the column says of what. */
const describeEnd = (forecast: Forecast, now: number) =>
  capitalize(describeFull(forecast, now).replace(/^full /, ''))
