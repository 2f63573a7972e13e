import { createBackoff } from '../../../lib/backoff.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Database, Value } from '../database.ts'
import type { MysqlAccount, MysqlConnection, MysqlServer } from './connection.ts'
import { createMysqlDialect } from './dialect.ts'
import { classifyMysqlError, DatabaseAwayError, UnknownOutcomeError } from './error.ts'
import { MysqlNodes } from './nodes.ts'
import { MysqlPool } from './pool.ts'
import { runTransaction } from './transaction.ts'
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
/** After this many attempts, a duplicate key is not a coincidence. */
const MAX_DUPLICATES = 5
/** Share of the server's longest packet that rows of one INSERT may take. */
const PACKET_SHARE = 0.5

/** Connects, and finds out what the server is. Rejects with `DatabaseAwayError` when no node can be used. */
export async function openMysql({ nodes, account, clock, log }: MysqlOptions): Promise<MysqlDatabase> {
  const pool = new MysqlPool(new MysqlNodes(nodes, account, log), clock)
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
    transaction: (act) =>
      takeLock(() => persist(() => use((connection) => runTransaction(connection, dialect, act)))),
    withConnection: use,
    async close() {
      if (isClosed) return
      isClosed = true
      await turn.catch(() => {})
      pool.close()
    },
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof UnknownOutcomeError ? error.cause : error
}
