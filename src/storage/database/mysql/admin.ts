import type { TableShape, Upkeep } from '../admin.ts'
import type { MysqlDatabase } from './mysql.ts'

type CheckRow = { Table: string; Msg_type: string; Msg_text: string }

export function createMysqlUpkeep(database: MysqlDatabase): Upkeep {
  return {
    checkFile() {},
    diskFailures: () => ({ count: 0, last: null, isOver: true }),
    async countBytes() {
      const [row] = await database.query<{ bytes: number | null }>(
        `SELECT SUM(data_length + index_length) AS bytes FROM information_schema.tables WHERE table_schema = DATABASE()`,
      )
      return Number(row?.bytes ?? 0)
    },
    findDamage: () => findDamage(database),
    listTables: () => listTables(database),
    async backUp() {
      throw new Error(
        'db backup copies SQLite alone: use mariadb-backup or `mariadb-dump --single-transaction` (MySQL: mysqldump) for this database',
      )
    },
    // InnoDB uses free pages again by itself; giving them back would rewrite whole tables.
    async reclaim() {},
  }
}

async function listTables(database: MysqlDatabase): Promise<TableShape[]> {
  const columns = await database.query<{ name: string; column: string }>(
    `SELECT table_name AS name, column_name AS \`column\` FROM information_schema.columns
      WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position`,
  )
  const keys = await database.query<{ name: string; column: string }>(
    `SELECT table_name AS name, column_name AS \`column\` FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND index_name = 'PRIMARY' ORDER BY table_name, seq_in_index`,
  )
  const pick = (rows: typeof keys, table: string) =>
    rows.filter(({ name }) => name === table).map(({ column }) => column)
  return [...new Set(columns.map(({ name }) => name))].map((name) => ({
    name,
    columns: pick(columns, name),
    key: pick(keys, name),
  }))
}

async function findDamage(database: MysqlDatabase): Promise<string[]> {
  const problems: string[] = []
  for (const { name } of await listTables(database)) {
    const quoted = `\`${name.replaceAll('`', '``')}\``
    const rows = (await database.withConnection((connection) =>
      connection.runLong(`CHECK TABLE ${quoted}`),
    )) as CheckRow[]
    for (const { Msg_type: kind, Msg_text: text } of rows)
      if (kind.toLowerCase() === 'error' || (kind === 'status' && text !== 'OK'))
        problems.push(`the table ${name} is damaged: ${text}`)
  }
  return problems
}
