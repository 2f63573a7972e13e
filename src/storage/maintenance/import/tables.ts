import { Database as SqliteFile } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import type { MysqlDatabase } from '../../database/mysql/mysql.ts'

/**
 * Columns of the original product's tables by what we call them. Its versions named some of them differently.
 */
const TABLES = {
  agentsystem: {
    name: ['name'],
    time: ['timestamp', 'time'],
    ip: ['ip', 'ipaddress'],
    platform: ['platform'],
    build: ['build', 'buildnumber'],
    architecture: ['arch', 'architecture'],
    domain: ['domain'],
    processors: ['procs', 'processors'],
    memoryMb: ['memory'],
  },
  agentdata: {
    name: ['name'],
    time: ['timestamp', 'time'],
    monitor: ['monitor'],
    value: ['value'],
  },
  agentevents: {
    id: ['id'],
    name: ['name'],
    time: ['timestamp', 'time'],
    monitor: ['monitor'],
    message: ['message'],
    status: ['status'],
    severity: ['severity'],
  },
  notifyrule: {
    id: ['id'],
    name: ['name', 'notify_name'],
    email: ['email', 'notify_email'],
    host: ['host', 'agent_name', 'agent'],
    monitor: ['monitor', 'agent_monitor'],
    status: ['status', 'agent_status'],
    severity: ['severity', 'agent_severity'],
    enabled: ['enabled', 'notify_enabled'],
  },
  users: { name: ['username', 'name', 'user'], role: ['role'], password: ['password'] },
} as const

export type OriginalTable = keyof typeof TABLES
export type OriginalRow<T extends OriginalTable> = Readonly<Record<keyof (typeof TABLES)[T], unknown>>

export type OriginalReader = {
  count(table: OriginalTable): Promise<number>
  /** Gives rows as they come, in the order of their id where that costs nothing. */
  read<T extends OriginalTable>(table: T, onRow: (row: OriginalRow<T>) => Promise<void>): Promise<void>
}

type ColumnOf = { readonly table: string; readonly column: string; readonly type: string }

/**
 * The SELECT of each table with the column names of the original. Throws, with everything that is missing,
 * when it is not a database of the original.
 */
function describeSelects(columns: readonly ColumnOf[]): ReadonlyMap<OriginalTable, string> {
  const missing: string[] = []
  const selects = new Map<OriginalTable, string>()
  for (const table of Object.keys(TABLES) as OriginalTable[]) {
    const there = new Map(columns.filter((row) => row.table === table).map((row) => [row.column, row.type]))
    const parts: string[] = []
    for (const [name, aliases] of Object.entries<readonly string[]>(TABLES[table])) {
      const found = aliases.find((alias) => there.has(alias))
      if (found === undefined) missing.push(`${table}.${aliases[0]}`)
      else parts.push(`${readColumn(found, there.get(found) ?? '')} AS \`${name}\``)
    }
    const order = there.has('id') && table !== 'agentdata' ? ' ORDER BY id' : ''
    selects.set(table, `SELECT ${parts.join(', ')} FROM \`${table}\`${order}`)
  }
  if (missing.length > 0)
    throw new Error(`this is no database of the original product: it lacks ${missing.join(', ')}`)
  return selects
}

/** Opens the MySQL or MariaDB database of a release up to 0.04b. */
export async function openOriginal(database: MysqlDatabase): Promise<OriginalReader> {
  const selects = describeSelects(
    await database.query<ColumnOf>(
      `SELECT LOWER(table_name) AS \`table\`, LOWER(column_name) AS \`column\`, LOWER(data_type) AS type
        FROM information_schema.columns WHERE table_schema = DATABASE()`,
    ),
  )
  return {
    async count(table) {
      const [row] = await database.query<{ total: number }>(`SELECT COUNT(*) AS total FROM \`${table}\``)
      return row?.total ?? 0
    },
    read: <T extends OriginalTable>(table: T, onRow: (row: OriginalRow<T>) => Promise<void>) =>
      database.withConnection(async (connection) => {
        for await (const row of connection.stream(selects.get(table) ?? ''))
          await onRow(row as OriginalRow<T>)
      }),
  }
}

function listColumns(database: SqliteFile, file: string): ColumnOf[] {
  try {
    return database
      .query<ColumnOf, []>(
        `SELECT LOWER(m.name) AS "table", LOWER(c.name) AS "column", LOWER(c.type) AS type
          FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`,
      )
      .all()
  } catch (cause) {
    database.close()
    throw new Error(`${file} is damaged, or no database of SQLite`, { cause })
  }
}

/**
 * Opens `database/flask.db` of 0.05b, for reading alone. Throws when the file is not there or is none of the
 * original's.
 */
export function openOriginalFile(file: string): OriginalReader & { close(): void } {
  if (!existsSync(file)) throw new Error(`there is no file ${file}`)
  const database = new SqliteFile(file, { readonly: true, strict: true })
  const columns = listColumns(database, file)
    // Times are numbers there, whatever the declared type of their column.
    .map((column) => ({ ...column, type: 'int' }))
  const selects = describeSelects(columns)
  return {
    count: async (table) =>
      database.query<{ total: number }, []>(`SELECT COUNT(*) AS total FROM "${table}"`).get()?.total ?? 0,
    async read<T extends OriginalTable>(table: T, onRow: (row: OriginalRow<T>) => Promise<void>) {
      for (const row of database.query<OriginalRow<T>, []>(selects.get(table) ?? '').iterate())
        await onRow(row)
    },
    close: () => database.close(),
  }
}

/** Times as seconds since 1970, whatever the column's type. */
function readColumn(column: string, type: string): string {
  return type === 'datetime' || type === 'timestamp' ? `UNIX_TIMESTAMP(\`${column}\`)` : `\`${column}\``
}
