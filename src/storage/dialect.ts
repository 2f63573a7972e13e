/**
 * All that differs between the databases. Everywhere else keeps to what both know: integer seconds, 0 and 1 for flags,
 * VARCHAR for whatever is indexed, columns named one by one, `?` parameters, no RETURNING, no reserved word as a name,
 * CASE in place of two-argument MIN and MAX, and no reliance on the case rules of LIKE.
 */
export type Dialect = {
  readonly name: 'sqlite'
  /** Column types. `id` is a primary key that the database counts up and never gives twice. */
  readonly id: string
  readonly integer: string
  readonly blob: string
  readonly text: string
  /** Ends the CREATE TABLE of a table whose rows lie in the order of its primary key. */
  readonly clustered: string
  /** Ends every other CREATE TABLE. */
  readonly plain: string
  /** Inserts `rows` rows, leaving out those whose key is there; the rows changed are those that went in. */
  insertMissing(table: string, columns: readonly string[], rows: number): string
  /** Inserts one row, or updates all columns but `key` where the key is there. */
  upsert(table: string, key: readonly string[], columns: readonly string[]): string
}

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  id: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  integer: 'INTEGER',
  blob: 'BLOB',
  text: 'TEXT',
  clustered: 'WITHOUT ROWID',
  plain: '',
  insertMissing: (table, columns, rows) =>
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${placeRows(columns.length, rows)} ON CONFLICT DO NOTHING`,
  upsert(table, key, columns) {
    const updates = columns
      .filter((column) => !key.includes(column))
      .map((name) => `${name} = excluded.${name}`)
    return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${placeRows(columns.length, 1)}
      ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updates.join(', ')}`
  },
}

/** `(?, ?), (?, ?)` for two columns and two rows. */
export function placeRows(columns: number, rows: number): string {
  const row = `(${placeValues(columns)})`
  return new Array(rows).fill(row).join(', ')
}

/** `?, ?, ?` for three values. */
export function placeValues(count: number): string {
  return new Array(count).fill('?').join(', ')
}
