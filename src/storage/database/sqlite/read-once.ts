import type { Database as Connection } from 'bun:sqlite'

/** The rows of one statement that is not needed again, each as an array. */
export function readOnce(connection: Connection, sql: string): unknown[][] {
  const statement = connection.prepare(sql)
  try {
    return statement.values()
  } finally {
    statement.finalize()
  }
}
