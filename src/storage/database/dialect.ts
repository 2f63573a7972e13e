/** A condition with what it is bound to. */
export type Bound<V> = { readonly sql: string; readonly values: readonly V[] }

/**
 * All that differs between the databases. Everywhere else keeps to what both know: integer seconds, 0 and 1
 * for flags, VARCHAR for whatever is indexed, columns named one by one, `?` parameters, no RETURNING, no
 * reserved word as a name, CASE in place of two-argument MIN and MAX, and no reliance on the case rules of
 * LIKE.
 */
export type Dialect = {
  readonly name: 'sqlite' | 'mysql'
  /** Column types. `id` is a primary key that the database counts up and never gives twice. */
  readonly id: string
  readonly integer: string
  readonly blob: string
  readonly text: string
  /** Ends the CREATE TABLE of a table whose rows are stored in the order of its primary key. */
  readonly clustered: string
  /** Ends every other CREATE TABLE. */
  readonly plain: string
  /** Gives an index another name. `columns` are those that it has. */
  renameIndex(table: string, from: string, to: string, columns: readonly string[]): readonly string[]
  dropIndex(table: string, name: string): string
  /**
   * Lets an index hold only the rows of a condition, and then with these columns. Where the database has no such indexes,
   * it stays as it is. A statement uses it when it has the condition, or one that it contains, word for word.
   */
  narrowIndex(
    table: string,
    name: string,
    to: { readonly columns: readonly string[]; readonly where?: string },
  ): readonly string[]
  /**
   * Gives a small table another definition of the same columns, with its rows and the number that its ids have reached. Where
   * the database has no use for that, it stays as it is.
   */
  remakeTable(
    table: string,
    columns: Readonly<Record<string, string>>,
    more?: { readonly end: string; readonly indexes: readonly string[] },
  ): readonly string[]
  /**
   * Follows a SELECT of rows that are changed next; no other transaction changes them before the end of this
   * one.
   */
  readonly forUpdate: string
  /** Rows of one INSERT, greatest first; the last is 1. */
  readonly insertSizes: readonly number[]
  /**
   * Most rows of one INSERT that holds whole numbers and bytes alone, whatever their number; null where
   * `insertSizes` hold for these as well.
   */
  readonly plainRows: number | null
  /**
   * Most rows that one UPDATE takes from a list of its own, as `UPDATE (SELECT …) AS x STRAIGHT_JOIN`, where their values
   * are whole numbers and bytes alone; null where a statement for each row costs no more.
   */
  readonly joinedRows: number | null
  /**
   * Bytes of a page, where an append-only table fills each page with whole rows as far as they fit; null
   * where that is of no use.
   */
  readonly pageBytes: number | null
  /** Longest INSERT of several rows, in bytes of their values. */
  readonly insertBytes: number
  /**
   * The locks against other writers where a transaction alone does not exclude them: see `write-locks.ts`.
   * Null where it does.
   */
  readonly sharedLocks: { readonly pass: string; readonly close: string } | null
  /**
   * The distinct values of the first column of a table's key, as a WITH clause that names them `step
   * (value)`, without reading every row. Its parameters: the least, the greatest, and again the end that is
   * walked towards; with `limited`, the number of values.
   */
  stepThrough(table: string, column: string, walk?: { back?: boolean; limited?: boolean }): string
  /**
   * The ORDER BY that returns the rows of such a statement in the order of the steps, where the database does
   * not do so anyway.
   */
  stepOrder(back?: boolean): string
  /**
   * Joins to `step` the frames at its time of a range of hosts, nulls where there are none. Parameters:
   * behind which host, up to which.
   */
  readonly framesOfStep: string
  /**
   * The rows that come after the one with these values (before it, for `<`) in the order of the columns, found by one
   * look-up in an index that begins with them.
   */
  beyond<V>(sign: '<' | '>', columns: readonly string[], values: readonly V[]): Bound<V>
  /**
   * Inserts `rows` rows, leaving out those whose key exists; the count of changed rows is that of the
   * inserted ones. No value may be null where the column takes none: SQLite leaves out such a row too.
   */
  insertMissing(table: string, columns: readonly string[], rows: number): string
  /** Inserts one row, or updates all columns but `key` where the key is there. */
  upsert(table: string, key: readonly string[], columns: readonly string[]): string
}

/**
 * Page size of a new file; files of earlier builds keep their 8 KiB. Measured beside those, with 12, 70 and
 * 300 metrics a host: a frame takes 7 to 15 % less processor time and a third less is written to disk,
 * because a commit writes whole pages. Each table and each index has at least one, 85 in all, so that a small
 * database is 0.3 MB smaller. Chunks fill both alike, except of hosts that have a dozen metrics which all
 * vary: 5 % more. A frame of 1 to 2 KiB (400 to 800 metrics) has a page of its own, which costs 15 % more
 * processor time and twice the bytes; on pages of 8 KiB that is so from 2 KiB on, and costs twice as much.
 */
export const SQLITE_PAGE_BYTES = 4096

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  id: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  integer: 'INTEGER',
  blob: 'BLOB',
  text: 'TEXT',
  clustered: 'WITHOUT ROWID',
  plain: '',
  forUpdate: '',
  // SQLite can only make an index again.
  renameIndex: (table, from, to, columns) => [
    `DROP INDEX ${from}`,
    `CREATE INDEX ${to} ON ${table} (${columns.join(', ')})`,
  ],
  dropIndex: (_table, name) => `DROP INDEX ${name}`,
  narrowIndex: (table, name, { columns, where }) => [
    `DROP INDEX ${name}`,
    `CREATE INDEX ${name} ON ${table} (${columns.join(', ')})${where === undefined ? '' : ` WHERE ${where}`}`,
  ],
  remakeTable(table, columns, { end, indexes } = { end: '', indexes: [] }) {
    const names = Object.keys(columns).join(', ')
    const definitions = Object.entries(columns).map(([name, type]) => `${name} ${type}`)
    return [
      `CREATE TABLE ${table}_next (${definitions.join(', ')}) ${end}`,
      `INSERT INTO ${table}_next (${names}) SELECT ${names} FROM ${table}`,
      `DELETE FROM sqlite_sequence WHERE name = '${table}_next'`,
      `INSERT INTO sqlite_sequence (name, seq)
        SELECT '${table}_next', seq FROM sqlite_sequence WHERE name = '${table}'`,
      `DROP TABLE ${table}`,
      `ALTER TABLE ${table}_next RENAME TO ${table}`,
      ...indexes,
    ]
  },
  // More saves nothing measurable, and a statement should stay readable in a log.
  insertSizes: [50, 1],
  plainRows: null,
  joinedRows: null,
  pageBytes: SQLITE_PAGE_BYTES,
  insertBytes: Number.POSITIVE_INFINITY,
  sharedLocks: null,
  stepThrough(table, column, { back = false, limited = false } = {}) {
    const value = `${table}.${column}`
    const [next, beyond] = back
      ? [`MAX(${value})`, `${value} < step.value AND ${value} >= ?`]
      : [`MIN(${value})`, `${value} > step.value AND ${value} <= ?`]
    const [count, more, last] = limited ? [', 1', ', number + 1', ' AND number < ?'] : ['', '', '']
    return `WITH RECURSIVE step (value${limited ? ', number' : ''}) AS (
      SELECT ${next}${count} FROM ${table} WHERE ${value} >= ? AND ${value} <= ?
      UNION ALL
      SELECT (SELECT ${next} FROM ${table} WHERE ${beyond})${more} FROM step WHERE step.value IS NOT NULL${last}
    )`
  },
  stepOrder: () => '',
  framesOfStep: 'LEFT JOIN frame ON frame.time = step.value AND frame.host > ? AND frame.host <= ?',
  beyond: (sign, columns, values) => ({
    sql: `(${columns.join(', ')}) ${sign} (${placeValues(columns.length)})`,
    values,
  }),
  // Not `ON CONFLICT DO NOTHING`: a statement of several rows that a null may still end keeps a copy of each page that it
  // changes, in a temporary file beyond 64 KiB. These copies were more than half of what ingest wrote.
  insertMissing: (table, columns, rows) =>
    `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES ${placeRows(columns.length, rows)}`,
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
