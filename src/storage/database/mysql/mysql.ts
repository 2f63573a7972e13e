import { createBackoff } from '../../../lib/backoff.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { ValueRefusedError } from '../content-error.ts'
import type { Database, Transaction, Value } from '../database.ts'
import type { MysqlAccount, MysqlConnection, MysqlServer, Outcome } from './connection.ts'
import { createMysqlDialect } from './dialect.ts'
import { classifyMysqlError, DatabaseAwayError, UnknownOutcomeError } from './error.ts'
import { writePlainInsert } from './plain-insert.ts'
import { createMysqlPool } from './pool.ts'
import type { MysqlNode } from './url.ts'

export type MysqlOptions = {
  readonly nodes: readonly MysqlNode[]
  readonly account: MysqlAccount
  readonly clock: Clock
  readonly log: Log
}

/** The inside of the adapter that only the schema and the upkeep need. */
export type MysqlDatabase = Database & {
  readonly server: MysqlServer
  /** Runs `act` on a connection outside any transaction; nothing is tried again. */
  withConnection<T>(act: (connection: MysqlConnection) => Promise<T>): Promise<T>
}

/** How long a transaction is run again after conflicts … */
const CONFLICT_MS = 20_000
/** … and how often after a connection that broke: each time every node was asked. */
const MAX_LOST = 3
/** A key that is there already at each of these attempts is no coincidence. */
const MAX_DUPLICATES = 5
/** Share of the server's longest packet that rows of one INSERT may take. */
const PACKET_SHARE = 0.5

/** Connects, and finds out what the server is. Rejects with `DatabaseAwayError` when no node can be used. */
export async function openMysql({ nodes, account, clock, log }: MysqlOptions): Promise<MysqlDatabase> {
  const pool = createMysqlPool(nodes, account, { clock, log })
  const first = await pool.take()
  const { server } = first
  pool.giveBack(first)
  const dialect = createMysqlDialect({
    // Both compare by code points and pad nothing.
    collation: server.isMaria ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin',
    insertBytes: Math.floor(server.maxPacket * PACKET_SHARE),
  })
  let turn: Promise<unknown> = Promise.resolve()
  let isClosed = false

  const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve))

  /** Runs `act` on a connection that is then given back, or given up. */
  async function use<T>(act: (connection: MysqlConnection) => Promise<T>): Promise<T> {
    const connection = await pool.take()
    try {
      const result = await act(connection)
      pool.giveBack(connection)
      return result
    } catch (error) {
      if (!connection.isUsable() || classifyMysqlError(causeOf(error)) === 'lost') pool.abandon(connection)
      else pool.giveBack(connection)
      throw error
    }
  }

  /** Runs `act` again where that may help. */
  async function persist<T>(act: () => Promise<T>): Promise<T> {
    const start = clock.monotonicMs()
    const backoff = createBackoff({ leastMs: 5, mostMs: 500 })
    const failures = { conflict: 0, duplicate: 0, lost: 0 }
    for (;;) {
      try {
        return await act()
      } catch (error) {
        if (isClosed || error instanceof DatabaseAwayError || error instanceof UnknownOutcomeError)
          throw error
        const failure = classifyMysqlError(error)
        if (failure === 'wrong' || failure === 'denied' || failure === 'untrusted') throw error
        failures[failure]++
        if (failures.lost >= MAX_LOST || failures.duplicate >= MAX_DUPLICATES) throw error
        if (clock.monotonicMs() - start > CONFLICT_MS) throw error
      }
      await pause(backoff.nextMs())
    }
  }

  async function runTransaction<T>(
    connection: MysqlConnection,
    act: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    await connection.command('START TRANSACTION')
    let result: T
    try {
      result = await act(createTransaction(connection))
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

  function createTransaction(connection: MysqlConnection): Transaction {
    const run = async (sql: string, values: readonly Value[] = []) => {
      const plain = writePlainInsert(sql, values)
      const outcome = (await (plain === null
        ? connection.execute(sql, values)
        : connection.command(plain))) as Outcome
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

  /** One after the other, whatever became of the one before. */
  function takeLock<T>(act: () => Promise<T>): Promise<T> {
    if (isClosed) return Promise.reject(new Error('the database is closed'))
    const mine = turn.then(act, act)
    turn = mine
    return mine
  }

  return {
    dialect,
    server,
    query: <R extends object>(sql: string, values: readonly Value[] = []) =>
      persist(() => use((connection) => connection.execute(sql, values))) as Promise<R[]>,
    transaction: (act) => takeLock(() => persist(() => use((connection) => runTransaction(connection, act)))),
    withConnection: use,
    async close() {
      if (isClosed) return
      isClosed = true
      await turn.catch(() => {})
      pool.close()
    },
  }
}

/**
 * The server undoes what is left open when the connection ends, so a connection that can't be asked is
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

function causeOf(error: unknown): unknown {
  return error instanceof UnknownOutcomeError ? error.cause : error
}
