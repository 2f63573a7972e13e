/** @jsxImportSource #markup */
import { phraseMetric } from '../../../domain/events/metric-phrase.ts'
import { metricUnit, valueForm } from '../../../domain/metrics/metric.ts'
import { isNumberForm, type ValueForm } from '../../../domain/metrics/unit.ts'
import { mergeRows, type SeriesSummary } from '../../../domain/series.ts'
import { NO_ROWS, type SeriesRef, writeRef } from '../../charts/series-ref.ts'
import { formatSummary } from '../../charts/summary-table.tsx'
import { breakable, capitalize, hostPath, metricPath, stampLabel } from '../../ui/components.tsx'
import { formatFigure, formatValue, writeForm } from '../../ui/format.ts'
import { icon } from '../../ui/icons.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'
import { graphAddress } from './graph-address.ts'
import type { GraphModel } from './graph-model.ts'

/** The large figures of a single line. */
export function figures(summary: SeriesSummary | null, form: ValueForm): Html {
  const figure = (name: string, value: number | undefined, of: ValueForm = form) => {
    const { number, unit: word } = value === undefined ? { number: '–', unit: '' } : formatFigure(value, of)
    return (
      <div>
        <span class="name">{name}</span>
        <b class={!isNumberForm(of) && 'word'}>
          {number}
          {word !== '' && <small>{word}</small>}
        </b>
      </div>
    )
  }
  const middle = isNumberForm(form) ? (
    <>
      {figure('Minimum', summary?.low)}
      {figure('Mean', summary?.mean)}
      {figure('Maximum', summary?.high)}
    </>
  ) : (
    // The mean of a state is the share of the time that it was good; that of many words has no meaning.
    form.length === 2 && figure(capitalize(form[1] ?? ''), summary ? summary.mean * 100 : undefined, '%')
  )
  return (
    <div class="figures">
      {figure('Last', summary?.last)}
      {middle}
      {figure('Samples', summary?.count ?? 0, '')}
    </div>
  )
}

/** The lines of a graph of several, each with its figures and the way to take it out. */
export function lineTable(model: GraphModel): Html {
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
            {['Minimum', 'Mean', 'Maximum'].map((name) => (
              <th scope="col" class="number phone-hidden">
                {name}
              </th>
            ))}
            <th scope="col">
              <span class="visually-hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>{model.plan.lines.map((line, i) => lineRow(model, line, i))}</tbody>
      </table>
    </div>
  )
}

function lineRow(model: GraphModel, line: SeriesRef, index: number): Html {
  const { plan, drawn } = model
  const unit = metricUnit(line.metric)
  const form = valueForm(line.metric)
  const summary = drawn[index]?.summary ?? null
  const [last, ...rest] = summary ? formatSummary(summary, form) : ['–', '–', '–', '–']
  const others = plan.lines.filter((other) => other !== line)
  const side = plan.rightUnit === null ? null : unit === plan.rightUnit ? 'right' : 'left'
  const metric = (
    <>
      <a class="plain" href={metricPath(line.host, line.metric)}>
        {phraseMetric(line.metric, model.hosts.get(line.host)).noun}
      </a>{' '}
      <code class="soft">{breakable(line.metric)}</code>
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
        <span class={`swatch line-${index + 1}`} />
        <a href={hostPath(line.host)}>{line.host}</a>
        <span class="sub">{metric}</span>
      </th>
      <td class="anywhere phone-hidden">{metric}</td>
      <td class="number" data-cursor-value={writeRef(line)} data-form={writeForm(form)}>
        <b>{last}</b>
      </td>
      {rest.map((cell) => (
        <td class="number phone-hidden">{cell}</td>
      ))}
      <td class="number">
        <a
          class="button small icon-only"
          href={graphAddress(model, { lines: others })}
          aria-label={`Remove ${line.metric} of ${line.host}`}
        >
          {icon('close')}
        </a>
      </td>
    </tr>
  )
}

/** Rows of the table of values. */
const TABLED = 24
const COLUMNS: readonly ListColumn[] = [
  { name: 'Time' },
  { name: 'Minimum', isNumber: true },
  { name: 'Mean', isNumber: true },
  { name: 'Maximum', isNumber: true },
]

export function valueTable({ plan, drawn, timeRange }: GraphModel): Html {
  const form = plan.leftForm
  const [line = NO_ROWS] = drawn
  if (line.summary === null) return <p class="soft">No samples in this time.</p>
  const { times, low, mean, high } = mergeRows(line, timeRange.from, timeRange.to, TABLED)
  const rows = Array.from(times, (time, i) => ({
    cells: [stampLabel(time), ...[low, mean, high].map((column) => formatValue(column[i] ?? 0, form))],
  }))
  return listTable(COLUMNS, rows, { stacks: false })
}
