/** @jsxImportSource #markup */
import type { Html, HtmlValue } from './markup/html.ts'

export type ListColumn = {
  readonly name: string
  readonly isNumber?: boolean
  /** Its cells are self-explanatory (a button, a bar): its name is for screen readers only. */
  readonly isPlain?: boolean
  /** Names the row; the first column unless another does. */
  readonly namesRow?: boolean
  /** May be broken anywhere: for names and addresses. */
  readonly breaks?: boolean
  readonly className?: string
}

export type ListRow = {
  /** In the order of the columns. */
  readonly cells: readonly HtmlValue[]
  /** Tells the row from the others when the page is refreshed. */
  readonly key?: string
  /** It counts less: switched off, over. */
  readonly isSoft?: boolean
}

/**
 * A table that suits phones: there each row is a block, in which each value follows the name of its column. A
 * table with few figures that are compared by column remains one with `stacks: false`.
 */
export function listTable(
  columns: readonly ListColumn[],
  rows: readonly ListRow[],
  { stacks = true, className }: { readonly stacks?: boolean; readonly className?: string } = {},
): Html {
  const naming = Math.max(
    0,
    columns.findIndex(({ namesRow }) => namesRow),
  )
  const heads = columns.map((column) => (
    <th scope="col" class={classOf(column)}>
      {column.isPlain ? <span class="visually-hidden">{column.name}</span> : column.name}
    </th>
  ))
  const cell = (value: HtmlValue, index: number) => {
    const column = columns[index]
    if (column === undefined) return null
    return index === naming ? (
      <th scope="row" class={classOf(column)}>
        {value}
      </th>
    ) : (
      <td class={classOf(column)} data-label={!column.isPlain && column.name}>
        {value}
      </td>
    )
  }
  return (
    <div class="scroller">
      <table class={['table', stacks && 'stacks', className]}>
        <thead>
          <tr>{heads}</tr>
        </thead>
        <tbody>
          {rows.map(({ cells, key, isSoft = false }) => (
            <tr data-key={key} class={isSoft && 'soft'}>
              {cells.map(cell)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const classOf = ({ isNumber, breaks, className }: ListColumn) => [
  isNumber && 'number',
  breaks && 'anywhere',
  className,
]
