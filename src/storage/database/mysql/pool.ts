import type { Clock } from '../../../lib/clock.ts'
import type { MysqlConnection } from './connection.ts'
import type { MysqlNodes } from './nodes.ts'

/** Connections to the node in use. One is for writing; pages and the event engine read beside it. */
const MAX_CONNECTIONS = 10
/** Longest wait for a free connection. */
const WAIT_MS = 10_000

type Waiter = PromiseWithResolvers<MysqlConnection>

/**
 * Connections to one of several nodes that are the same database. All are to the same node, until that fails.
 */
export class MysqlPool {
  readonly #nodes: MysqlNodes
  readonly #clock: Clock
  readonly #idle: MysqlConnection[] = []
  readonly #taken = new Set<MysqlConnection>()
  readonly #waiters: Waiter[] = []
  #opening = 0
  #isClosed = false

  constructor(nodes: MysqlNodes, clock: Clock) {
    this.#nodes = nodes
    this.#clock = clock
  }

  /**
   * A connection for the caller alone, until it is given back. Rejects with `DatabaseAwayError` when no node
   * can be used.
   */
  async take(): Promise<MysqlConnection> {
    this.#checkOpen()
    const connection = this.#takeIdle()
    if (connection) return connection
    return this.#hasRoom ? this.#open() : this.#wait()
  }

  giveBack(connection: MysqlConnection): void {
    this.#taken.delete(connection)
    const isWanted = !this.#isClosed && this.#nodes.isCurrent(connection.node) && connection.isUsable()
    if (isWanted) this.#idle.push(connection)
    else connection.close()
    this.#serve()
  }

  /**
   * Called after a failure that shows that the node can't be used: the next connection is to another node, if
   * there is one.
   */
  abandon(connection: MysqlConnection): void {
    this.#taken.delete(connection)
    connection.destroy()
    if (this.#nodes.isCurrent(connection.node)) {
      this.#dropIdle()
      this.#nodes.leaveCurrent()
    }
    this.#serve()
  }

  /** Rejects all waiting requests; connections in use are closed when they are returned. */
  close(): void {
    this.#isClosed = true
    this.#dropIdle()
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new Error('the database is closed'))
  }

  get #hasRoom(): boolean {
    return this.#taken.size + this.#opening < MAX_CONNECTIONS
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Error('the database is closed')
  }

  #takeIdle(): MysqlConnection | null {
    const connection = this.#idle.pop()
    if (connection === undefined) return null
    this.#taken.add(connection)
    return connection
  }

  async #open(): Promise<MysqlConnection> {
    this.#opening++
    try {
      const connection = await this.#nodes.open(() => this.#checkOpen())
      connection.onEnd(() => this.#forget(connection))
      this.#dropOthers()
      this.#taken.add(connection)
      return connection
    } finally {
      this.#opening--
    }
  }

  #wait(): Promise<MysqlConnection> {
    const waiter = Promise.withResolvers<MysqlConnection>()
    this.#waiters.push(waiter)
    const timer = this.#clock.after(WAIT_MS, () => {
      const at = this.#waiters.indexOf(waiter)
      if (at < 0) return
      this.#waiters.splice(at, 1)
      waiter.reject(new Error(`no connection to the database came free within ${WAIT_MS / 1000} s`))
    })
    return waiter.promise.finally(() => timer.cancel())
  }

  /** Gives a free connection to the request that has waited longest. */
  #serve(): void {
    while (this.#waiters.length > 0) {
      const connection = this.#takeIdle()
      if (connection === null && !this.#hasRoom) return
      const waiter = this.#waiters.shift()
      if (connection !== null) waiter?.resolve(connection)
      else if (waiter) this.#open().then(waiter.resolve, waiter.reject)
    }
  }

  #dropIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.close()
  }

  /** After another node was taken into use. */
  #dropOthers(): void {
    const others = this.#idle.filter(({ node }) => !this.#nodes.isCurrent(node))
    for (const connection of others) {
      this.#forget(connection)
      connection.close()
    }
  }

  /** Closed by the server while it was idle. */
  #forget(connection: MysqlConnection): void {
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
  }
}
