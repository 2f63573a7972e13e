import { type Dialect, placeRows } from '../dialect.ts'

/** Statements of an engine's widths and numbers of rows are few. */
const MAX_REMEMBERED = 200

/**
 * MariaDB or MySQL with InnoDB. `collation` compares texts by their code points, with case, accents and
 * spaces at the end, as SQLite does; the two servers have different names for it. `insertBytes` follows
 * `max_allowed_packet`.
 */
export function createMysqlDialect({
  collation,
  insertBytes,
}: {
  collation: string
  insertBytes: number
}): Dialect {
  const plain = `ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = ${collation}`
  const inserts = new Map<string, string>()
  return {
    name: 'mysql',
    id: 'BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT',
    integer: 'BIGINT',
    blob: 'LONGBLOB',
    text: 'MEDIUMTEXT',
    // InnoDB lays every table out in the order of its primary key.
    clustered: plain,
    plain,
    forUpdate: 'FOR UPDATE',
    renameIndex: (table, from, to) => [`ALTER TABLE ${table} RENAME INDEX ${from} TO ${to}`],
    dropIndex: (table, name) => `DROP INDEX ${name} ON ${table}`,
    narrowIndex: () => [],
    // Several write at once: there the database itself keeps names unique.
    remakeTable: () => [],
    insertSizes: [500, 50, 5, 1],
    plainRows: 500,
    joinedRows: 100,
    pageBytes: null,
    insertBytes,
    sharedLocks: {
      pass: 'UPDATE write_lock SET passes = passes + 1 WHERE id = ?',
      // In the order of the key, so that two of these never wait for each other in a circle.
      close: 'UPDATE write_lock SET passes = passes + 1 ORDER BY id',
    },
    stepThrough(table, column, { back = false, limited = false } = {}) {
      // Both servers jump from one value to the next in the key ("Using index for group-by"). A recursive
      // walk as on SQLite would read the key from its beginning for each step.
      const again = back ? '>=' : '<='
      const limit = limited ? ` ORDER BY ${column}${back ? ' DESC' : ''} LIMIT ?` : ''
      return `WITH step (value) AS (SELECT DISTINCT ${column} FROM ${table}
        WHERE ${column} >= ? AND ${column} <= ? AND ${column} ${again} ?${limit})`
    },
    stepOrder: (back = false) => `ORDER BY step.value${back ? ' DESC' : ''}`,
    // Host by host: a range behind a joined column would be read as all the frames of that time.
    framesOfStep: `JOIN host ON host.id > ? AND host.id <= ?
      LEFT JOIN frame ON frame.time = step.value AND frame.host = host.id`,
    // Written out, because of these servers only the newest find their way to a comparison of rows in an index.
    beyond(sign, columns, values) {
      const parts = columns.map((column, i) =>
        [...columns.slice(0, i).map((before) => `${before} = ?`), `${column} ${sign} ?`].join(' AND '),
      )
      return {
        sql: `(${parts.map((part) => `(${part})`).join(' OR ')})`,
        values: columns.flatMap((_, i) => values.slice(0, i + 1)),
      }
    },
    insertMissing(table, columns, rows) {
      const key = `${table} ${rows} ${columns.length}`
      const known = inserts.get(key)
      if (known) return known
      if (inserts.size >= MAX_REMEMBERED) inserts.clear()
      // The adapter sees to it that nothing but duplicates is ignored.
      const sql = `INSERT IGNORE INTO ${table} (${columns.join(', ')}) VALUES ${placeRows(columns.length, rows)}`
      inserts.set(key, sql)
      return sql
    },
    upsert(table, key, columns) {
      const updates = columns
        .filter((column) => !key.includes(column))
        .map((name) => `${name} = VALUES(${name})`)
      return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${placeRows(columns.length, 1)}
        ON DUPLICATE KEY UPDATE ${updates.join(', ')}`
    },
  }
}
