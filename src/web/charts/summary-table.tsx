/** @jsxImportSource #markup */
import type { ValueForm } from '../../domain/metrics/unit.ts'
import type { SeriesSummary } from '../../domain/series.ts'
import { formatValue } from '../ui/format.ts'
import type { Html } from '../ui/markup/html.ts'

/** A line without samples has no summary. */
export type TabledLine = {
  readonly name: string
  readonly summary: SeriesSummary | null
  readonly form: ValueForm
}

/** The figures of a graph as a table, for users who can't see the graph. */
export function figuresTable(title: string, lines: readonly TabledLine[]): Html {
  const rows = lines.map(({ name, summary, form }) => {
    const cells = summary === null ? ['–', '–', '–', '–'] : formatSummary(summary, form)
    return (
      <tr>
        <th scope="row">{name}</th>
        {cells.map((cell) => (
          <td>{cell}</td>
        ))}
      </tr>
    )
  })
  return (
    <div class="visually-hidden">
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Last</th>
            <th scope="col">Minimum</th>
            <th scope="col">Mean</th>
            <th scope="col">Maximum</th>
          </tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
    </div>
  )
}

/** Last, minimum, mean and maximum. Of a state the mean is the share of the time that it was good. */
export function formatSummary(
  { last, low, mean, high }: { last: number; low: number; mean: number; high: number },
  form: ValueForm,
): string[] {
  return [last, low, mean, high].map((value) => formatValue(value, form))
}
