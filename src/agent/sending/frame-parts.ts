import type { Item } from '../queue/queue-rows.ts'

/** About the bytes of a batch beside names and values: host, clock, numbers, the queue that is sent from. */
const OVERHEAD = 350
/** About the bytes of a value, and of what stands between a name and the next. */
const VALUE = 15
const BETWEEN = 3

/** Columns of a frame that go in a batch of their own. */
export type ColumnRange = { readonly from: number; readonly to: number }

/** As few ranges of columns as keep each batch, its names with it, below about `bytes`; one column at the least. */
export function splitColumns(metrics: readonly string[], bytes: number): ColumnRange[] {
  const ranges: ColumnRange[] = []
  let from = 0
  let size = OVERHEAD
  for (const [i, name] of metrics.entries()) {
    const cost = name.length + BETWEEN + VALUE
    if (i > from && size + cost > bytes) {
      ranges.push({ from, to: i })
      from = i
      size = OVERHEAD
    }
    size += cost
  }
  if (metrics.length > from) ranges.push({ from, to: metrics.length })
  return ranges
}

/** The row of a frame with these columns alone. */
export function rowOfColumns(frame: Item, { from, to }: ColumnRange): (number | null)[] {
  const [time, ...values] = JSON.parse(frame.body) as [number, ...(number | null)[]]
  return [time, ...values.slice(from, to)]
}
