import { ValueRefusedError } from '../content-error.ts'
import type { Transaction, Value } from '../database.ts'
import type { Dialect } from '../dialect.ts'
import type { MysqlConnection, StatementOutcome } from './connection.ts'
import { classifyMysqlError, UnknownOutcomeError } from './error.ts'
import { writePlainStatement } from './plain-statement.ts'

/**
 * Runs `act` in a transaction of the connection. Rejects with `UnknownOutcomeError` when the connection broke
 * during the commit; after every other failure nothing of it is stored.
 */
export async function runTransaction<T>(
  connection: MysqlConnection,
  dialect: Dialect,
  act: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  await connection.command('START TRANSACTION')
  let result: T
  try {
    result = await act(createTransaction(connection, dialect))
  } catch (error) {
    await rollBack(connection)
    throw error
  }
  try {
    await connection.command('COMMIT')
  } catch (error) {
    if (classifyMysqlError(error) === 'lost') throw new UnknownOutcomeError(error)
    await rollBack(connection)
    throw error
  }
  return result
}

function createTransaction(connection: MysqlConnection, dialect: Dialect): Transaction {
  const run = async (sql: string, values: readonly Value[] = []) => {
    const plain = writePlainStatement(sql, values)
    const outcome = (await (plain === null
      ? connection.execute(sql, values)
      : connection.command(plain))) as StatementOutcome
    if (outcome.warningStatus > 0 && sql.startsWith('INSERT IGNORE')) await checkIgnored(connection)
    return outcome
  }
  return {
    dialect,
    query: <R extends object>(sql: string, values: readonly Value[] = []) =>
      connection.execute(sql, values) as Promise<R[]>,
    run: async (sql, values) => (await run(sql, values)).affectedRows,
    insert: async (sql, values) => (await run(sql, values)).insertId,
  }
}

/**
 * The server rolls back an open transaction when its connection ends, so an unresponsive connection is
 * closed.
 */
async function rollBack(connection: MysqlConnection) {
  if (!connection.isUsable()) return
  try {
    await connection.command('ROLLBACK')
  } catch {
    connection.destroy()
  }
}

/** INSERT IGNORE ignores more than duplicates: a value that was cut, for one. That must not pass. */
async function checkIgnored(connection: MysqlConnection) {
  const warnings = (await connection.command('SHOW WARNINGS')) as { Code: number; Message: string }[]
  const other = warnings.find(({ Code }) => Code !== 1062)
  if (other) throw new ValueRefusedError(other.Message)
}
