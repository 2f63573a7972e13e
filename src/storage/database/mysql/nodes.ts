import { describeError, type Log } from '../../../lib/log.ts'
import { connectMysql, type MysqlAccount, type MysqlConnection } from './connection.ts'
import { classifyMysqlError, DatabaseAwayError, DatabaseRefusedError } from './error.ts'
import { describeNode, type MysqlNode } from './url.ts'

/** Several nodes that are the same database: which of them is in use, and connections to it. */
export class MysqlNodes {
  readonly #nodes: readonly MysqlNode[]
  readonly #account: MysqlAccount
  readonly #log: Log
  /** The node in use. */
  #current = 0
  #isAway = false

  constructor(nodes: readonly MysqlNode[], account: MysqlAccount, log: Log) {
    this.#nodes = nodes
    this.#account = account
    this.#log = log
  }

  isCurrent(node: MysqlNode): boolean {
    return node === this.#nodes[this.#current]
  }

  /** Switches to the next node; with a single node this is the same one again. */
  leaveCurrent(): void {
    this.#current = (this.#current + 1) % this.#nodes.length
  }

  /**
   * Tries every node once, beginning with the current one; the node that answers becomes the current one.
   * `checkOpen` throws when the pool was closed. Rejects with `DatabaseAwayError` when no node answers, and
   * with `DatabaseRefusedError` when waiting does not help.
   */
  async open(checkOpen: () => void): Promise<MysqlConnection> {
    const tried: string[] = []
    let last: unknown
    for (let i = 0; i < this.#nodes.length; i++) {
      checkOpen()
      const place = (this.#current + i) % this.#nodes.length
      const node = this.#nodes[place]
      if (node === undefined) break
      try {
        const connection = await connectMysql(node, this.#account)
        this.#noteReached(place, node)
        return connection
      } catch (error) {
        // A wrong password or an unknown database is the same on every node, and no reason to wait.
        if (classifyMysqlError(error) !== 'lost')
          throw new DatabaseRefusedError(describeNode(node), error, { usesTls: this.#account.tls !== null })
        tried.push(`${describeNode(node)}: ${describeError(error)}`)
        last = error
      }
    }
    if (!this.#isAway) this.#log.warn('the database does not answer', { tried: tried.join('; ') })
    this.#isAway = true
    throw new DatabaseAwayError(tried, last)
  }

  #noteReached(place: number, node: MysqlNode): void {
    if (place !== this.#current)
      this.#log.warn('switched to another node of the database', { node: describeNode(node) })
    else if (this.#isAway) this.#log.info('the database answers again', { node: describeNode(node) })
    this.#isAway = false
    this.#current = place
  }
}
