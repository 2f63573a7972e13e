/** @jsxImportSource #markup */
import { SEVERITY_NAMES } from '../../../../domain/event.ts'
import { metricUnit, valueForm } from '../../../../domain/metrics/metric.ts'
import type { MetricFamily } from '../../../../domain/metrics/metric-family.ts'
import type { ValueForm } from '../../../../domain/metrics/unit.ts'
import { createThresholdTable, type Threshold } from '../../../../domain/thresholds/threshold.ts'
import { standardThresholds } from '../../../../domain/thresholds/threshold-standard.ts'
import { describeDuration } from '../../../../domain/time/duration.ts'
import { breakable, capitalize, spokenMark } from '../../../ui/components.tsx'
import { formatThreshold } from '../../../ui/format.ts'
import type { Html } from '../../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../../ui/table.tsx'

const COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Unit' },
  { name: 'What it is' },
  { name: 'On' },
]

/**
 * The description of each metric, the systems that have it, and the thresholds of an agent whose
 * configuration sets none.
 */
export function metricTable(metrics: readonly MetricFamily[]): Html {
  const standard = createThresholdTable([], standardThresholds({ processors: 1 }))
  const rows = metrics.map(({ name, doc, systems }) => {
    const unit = metricUnit(name)
    const thresholds = standard.of(name)
    return {
      cells: [
        <code>{breakable(name)}</code>,
        unit,
        <>
          {doc}
          {thresholds.length > 0 && standardView(thresholds, valueForm(name))}
        </>,
        systems ?? 'Linux, Windows',
      ],
    }
  })
  return listTable(COLUMNS, rows)
}

/** `▲ > 85% ◆ > 90% for 15 minutes`. */
function standardView(thresholds: readonly Threshold[], form: ValueForm): Html {
  const [first] = thresholds
  return (
    <p class="standard-thresholds">
      {thresholds.map(({ severity, compare, value }) => (
        <>
          <span class={`severity-word severity-${severity}`} title={capitalize(SEVERITY_NAMES[severity])}>
            {spokenMark(severity)}
            {compare} {formatThreshold(value, form)}
          </span>{' '}
        </>
      ))}
      {first !== undefined && first.duration > 0 && (
        <span class="soft">for {describeDuration(first.duration)}</span>
      )}
    </p>
  )
}
