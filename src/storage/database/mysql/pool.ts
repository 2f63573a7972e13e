import type { Clock } from '../../../lib/clock.ts'
import { describeError, type Log } from '../../../lib/log.ts'
import { connectMysql, type MysqlAccount, type MysqlConnection } from './connection.ts'
import { classifyMysqlError, DatabaseAwayError, DatabaseRefusedError } from './error.ts'
import { describeNode, type MysqlNode } from './url.ts'

/** Connections to the node in use. One is for writing; pages and the event engine read beside it. */
const MAX_CONNECTIONS = 10
/** Longest wait for one of them to come free. */
const WAIT_MS = 10_000

export type MysqlPool = {
  /**
   * A connection for the caller alone, until it is given back. Rejects with `DatabaseAwayError` when no node
   * can be used.
   */
  take(): Promise<MysqlConnection>
  giveBack(connection: MysqlConnection): void
  /**
   * To be called after a failure that says that the node can't be used: the next connection is to another
   * one, if there is one.
   */
  abandon(connection: MysqlConnection): void
  /** Rejects what waits; connections that are taken are closed when they come back. */
  close(): void
}

type Waiter = { resolve(connection: MysqlConnection): void; reject(error: unknown): void }

/**
 * Connections to one of several nodes that are the same database. All are to the same node, until that fails.
 */
export function createMysqlPool(
  nodes: readonly MysqlNode[],
  account: MysqlAccount,
  { clock, log }: { clock: Clock; log: Log },
): MysqlPool {
  const idle: MysqlConnection[] = []
  const taken = new Set<MysqlConnection>()
  const waiters: Waiter[] = []
  /** The node in use. */
  let current = 0
  let opening = 0
  let isClosed = false
  let isAway = false

  function checkOpen() {
    if (isClosed) throw new Error('the database is closed')
  }

  /** Tries every node once, beginning with the one in use. */
  async function open(): Promise<MysqlConnection> {
    const tried: string[] = []
    let last: unknown
    for (let i = 0; i < nodes.length; i++) {
      checkOpen()
      const place = (current + i) % nodes.length
      const node = nodes[place]
      if (node === undefined) break
      try {
        const connection = await connectMysql(node, account)
        noteReached(place)
        connection.onEnd(() => forget(connection))
        return connection
      } catch (error) {
        // A wrong password or an unknown database is the same on every node, and no reason to wait.
        if (classifyMysqlError(error) !== 'lost')
          throw new DatabaseRefusedError(describeNode(node), error, { usesTls: account.tls !== null })
        tried.push(`${describeNode(node)}: ${describeError(error)}`)
        last = error
      }
    }
    if (!isAway) log.warn('the database does not respond', { tried: tried.join('; ') })
    isAway = true
    throw new DatabaseAwayError(tried, last)
  }

  function noteReached(place: number) {
    if (place !== current) log.warn('switched to another database node', { node: describePlace(place) })
    else if (isAway) log.info('the database responds again', { node: describePlace(place) })
    isAway = false
    if (place === current) return
    current = place
    dropIdle()
  }

  function describePlace(place: number): string {
    const node = nodes[place]
    return node ? describeNode(node) : ''
  }

  function dropIdle() {
    for (const connection of idle.splice(0)) connection.close()
  }

  /** Ended by itself while nobody used it. */
  function forget(connection: MysqlConnection) {
    const at = idle.indexOf(connection)
    if (at >= 0) idle.splice(at, 1)
  }

  /** Gives what came free to who has waited longest. */
  function serve() {
    while (waiters.length > 0) {
      const connection = idle.pop()
      if (connection) {
        taken.add(connection)
        waiters.shift()?.resolve(connection)
      } else if (taken.size + opening < MAX_CONNECTIONS) {
        const waiter = waiters.shift()
        if (waiter) openNew().then(waiter.resolve, waiter.reject)
      } else return
    }
  }

  async function openNew(): Promise<MysqlConnection> {
    opening++
    try {
      const connection = await open()
      taken.add(connection)
      return connection
    } finally {
      opening--
    }
  }

  function wait(): Promise<MysqlConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<MysqlConnection>()
    const waiter = { resolve, reject }
    waiters.push(waiter)
    const timer = clock.after(WAIT_MS, () => {
      const at = waiters.indexOf(waiter)
      if (at < 0) return
      waiters.splice(at, 1)
      reject(new Error(`no connection to the database came free within ${WAIT_MS / 1000} s`))
    })
    return promise.finally(() => timer.cancel())
  }

  return {
    async take() {
      checkOpen()
      const connection = idle.pop()
      if (connection) {
        taken.add(connection)
        return connection
      }
      return taken.size + opening < MAX_CONNECTIONS ? openNew() : wait()
    },
    giveBack(connection) {
      taken.delete(connection)
      const isCurrent = connection.node === nodes[current]
      if (isClosed || !isCurrent || !connection.isUsable()) connection.close()
      else idle.push(connection)
      serve()
    },
    abandon(connection) {
      taken.delete(connection)
      connection.destroy()
      if (connection.node === nodes[current]) {
        dropIdle()
        // Where there is no other node this is the same one again.
        current = (current + 1) % nodes.length
      }
      serve()
    },
    close() {
      isClosed = true
      dropIdle()
      for (const waiter of waiters.splice(0)) waiter.reject(new Error('the database is closed'))
    },
  }
}
