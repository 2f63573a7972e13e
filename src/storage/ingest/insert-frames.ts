import { insertInPieces } from '../database/batch-insert.ts'
import type { Transaction, Value } from '../database/database.ts'
import type { Dialect } from '../database/dialect.ts'
import type { FrameTable } from '../timeseries/frames.ts'
import { mergeFrame } from '../timeseries/merge-frame.ts'
import type { MetricSetReader, MetricSetWriter } from '../timeseries/metric-sets.ts'
import { FRAME_COLUMNS, orderRows } from './order-rows.ts'

export type FrameMerging = {
  readonly writer: MetricSetWriter
  readonly reader: MetricSetReader
  /**
   * Called for each frame that was merged with a stored one; `replaced` is the number of values that both
   * had.
   */
  readonly onMerged: (host: number, time: number, replaced: number) => void
}

/**
 * Inserts packed frames, the values of `FRAME_COLUMNS` one row after the other. A frame whose time and host
 * are stored already is merged with the stored one.
 */
export async function insertFrames(
  transaction: Transaction,
  table: FrameTable,
  rows: readonly Value[],
  merging: FrameMerging,
): Promise<void> {
  if (rows.length === 0) return
  await insertInPieces(transaction, FRAME_COLUMNS.length, orderRows(table, rows), async (count, values) => {
    const statement = findStatement(transaction.dialect, table, count)
    const inserted = await transaction.run(statement, values)
    if (inserted < count) await mergeRows(transaction, table, values, merging)
  })
}

const statements = new WeakMap<Dialect, Map<string, string>>()

/** The text of an insert is long, and the same in each commit. */
function findStatement(dialect: Dialect, table: FrameTable, count: number): string {
  const known = statements.get(dialect) ?? new Map<string, string>()
  const key = `${table} ${count}`
  const text = known.get(key) ?? dialect.insertMissing(table, FRAME_COLUMNS, count)
  statements.set(dialect, known.set(key, text))
  return text
}

/** For rows of which some existed before: those with a different content are merged in, in their order. */
async function mergeRows(
  transaction: Transaction,
  table: FrameTable,
  rows: readonly Value[],
  { writer, reader, onMerged }: FrameMerging,
) {
  for (let at = 0; at < rows.length; at += FRAME_COLUMNS.length) {
    const time = rows[at] as number
    const host = rows[at + 1] as number
    const packed = rows[at + 3] as Uint8Array
    const replaced = await mergeFrame(transaction, table, { time, host, packed, writer, reader })
    if (replaced !== null) onMerged(host, time, replaced)
  }
}
