import type { TableShape } from '../database/admin.ts'
import { insertInPieces } from '../database/batch-insert.ts'
import { addToCounter, readCounters } from '../database/counters.ts'
import type { Database, Reader, Row, Transaction, Value } from '../database/database.ts'
import type { OpenDatabase } from '../database/open.ts'
import { isCopied } from '../database/tables.ts'
import { createMetricSetReader } from '../timeseries/metric-sets.ts'
import { countSamples } from '../timeseries/repeated-samples.ts'

/** How far a copy is. Rows that a run before this one has copied count too. */
export type CopyProgress = { readonly table: string; readonly rows: number; readonly total: number }

export type CopiedTable = { readonly table: string; readonly from: number; readonly to: number }

export type CopyResult = {
  /** Rows of each table on both sides. */
  readonly tables: readonly CopiedTable[]
  readonly samples: { readonly from: number; readonly to: number }
}

/** `counter` with this name: a copy into this database has begun and is not whole. */
const UNFINISHED = 'unfinished_copy'
/** Rows read in one statement; those of some tables hold some kilobytes. */
const PIECE_ROWS = 1000

/**
 * Copies everything into a database that is empty, or that holds the beginning of the same copy: every table
 * is copied in the order of its key, so the existing rows show where to continue. No other process may write
 * to either database meanwhile. Throws when the target holds something else.
 */
export async function copyDatabase(
  from: OpenDatabase,
  to: OpenDatabase,
  onProgress: (progress: CopyProgress) => void,
): Promise<CopyResult> {
  const tables = (await from.upkeep.listTables()).filter(({ name }) => isCopied(name))
  await begin(to.database, tables)
  const totals = new Map<string, number>()
  let total = 0
  for (const { name } of tables) {
    const count = await countRows(from.database, name)
    totals.set(name, count)
    total += count
  }
  let rows = 0
  for (const table of tables) {
    const before = rows
    rows += await countRows(to.database, table.name)
    onProgress({ table: table.name, rows, total })
    await copyTable(from.database, to.database, table, (copied) => {
      rows += copied
      onProgress({ table: table.name, rows, total })
    })
    rows = before + (totals.get(table.name) ?? 0)
  }
  const result = await compare(from.database, to.database, tables)
  if (isWhole(result)) await finish(from.database, to.database)
  return result
}

/** True when both sides have the same number of rows in every table, and of samples. */
export function isWhole({ tables, samples }: CopyResult): boolean {
  return samples.from === samples.to && tables.every((table) => table.from === table.to)
}

/**
 * Throws when a copy into the database was interrupted: a server on half of the data would make the other
 * half impossible to add.
 */
export async function refuseUnfinished(database: Database) {
  const [unfinished] = await database.query('SELECT value FROM counter WHERE name = ?', [UNFINISHED])
  if (unfinished)
    throw new Error('a copy into this database was interrupted: run the same `monitor db copy` again first')
}

async function begin(target: Database, tables: readonly TableShape[]) {
  const [unfinished] = await target.query('SELECT value FROM counter WHERE name = ?', [UNFINISHED])
  if (unfinished) return
  for (const { name } of tables)
    if ((await countRows(target, name)) > 0)
      throw new Error(`the database to copy to is not empty: its table ${name} has rows`)
  await target.transaction((transaction) =>
    transaction.run('INSERT INTO counter (name, value) VALUES (?, 1)', [UNFINISHED]),
  )
}

async function finish(source: Database, target: Database) {
  const rows = await source.query<{ name: string; value: number }>('SELECT name, value FROM counter')
  await target.transaction(async (transaction) => {
    const upsert = target.dialect.upsert('counter', ['name'], ['name', 'value'])
    for (const { name, value } of rows) if (name !== UNFINISHED) await transaction.run(upsert, [name, value])
    // Whoever has the target open forgets what it remembers of it.
    await addToCounter(transaction, 'removed', 1)
    await addToCounter(transaction, 'revision', 1)
    await transaction.run('DELETE FROM counter WHERE name = ?', [UNFINISHED])
  })
}

async function copyTable(
  source: Database,
  target: Database,
  table: TableShape,
  onCopied: (rows: number) => void,
) {
  let last = await findLast(target, table)
  for (;;) {
    const rows = await readPiece(source, table, last)
    if (rows.length > 0) await target.transaction((transaction) => insertRows(transaction, table, rows))
    onCopied(rows.length)
    const end = rows.at(-1)
    if (rows.length < PIECE_ROWS || end === undefined) return
    last = keyOf(table, end)
  }
}

const keyOf = ({ key }: TableShape, row: Row): Value[] => key.map((column) => row[column] ?? null)

/** The key of the last existing row; null when there is none. */
async function findLast(reader: Reader, table: TableShape): Promise<Value[] | null> {
  const order = table.key.map((column) => `${column} DESC`).join(', ')
  const [row] = await reader.query(
    `SELECT ${table.key.join(', ')} FROM ${table.name} ORDER BY ${order} LIMIT 1`,
  )
  return row ? keyOf(table, row) : null
}

function readPiece(reader: Reader, { name, columns, key }: TableShape, last: readonly Value[] | null) {
  const behind = last && reader.dialect.beyond('>', key, last)
  return reader.query(
    `SELECT ${columns.join(', ')} FROM ${name} ${behind ? `WHERE ${behind.sql}` : ''} ORDER BY ${key.join(', ')} LIMIT ?`,
    [...(behind?.values ?? []), PIECE_ROWS],
  )
}

async function insertRows(transaction: Transaction, { name, columns }: TableShape, rows: readonly Row[]) {
  const values = rows.flatMap((row) => columns.map((column) => row[column] ?? null))
  await insertInPieces(transaction, columns.length, values, async (count, piece) => {
    await transaction.run(transaction.dialect.insertMissing(name, columns, count), piece)
  })
}

async function countRows(reader: Reader, table: string): Promise<number> {
  const [row] = await reader.query<{ total: number }>(`SELECT COUNT(*) AS total FROM ${table}`)
  return row?.total ?? 0
}

async function compare(
  source: Database,
  target: Database,
  tables: readonly TableShape[],
): Promise<CopyResult> {
  const compared: CopiedTable[] = []
  for (const { name } of tables)
    compared.push({ table: name, from: await countRows(source, name), to: await countRows(target, name) })
  // The target has the counters only when it is whole.
  const { compact_before: before, compact_host: host } = await readCounters(source)
  const count = (database: Database) => countSamples(database, createMetricSetReader(), { before, host })
  return { tables: compared, samples: { from: await count(source), to: await count(target) } }
}
