import { EngineConnection } from './engine-connection.ts'

type PooledConnection = {
  readonly connection: EngineConnection
  isBusy: boolean
  /** Since the run before. */
  isUsed: boolean
}

/** Connections to the local socket of an engine, each for one request at a time. */
export class ConnectionPool {
  readonly #socket: string
  #entries: PooledConnection[] = []
  /** Those that are not needed now are closed. */
  #isOver = false

  /** @param socket its path */
  constructor(socket: string) {
    this.#socket = socket
  }

  /** One that waits for nothing, the oldest first. It is busy until it is given back. */
  take(): EngineConnection {
    const idle = this.#entries.find(({ isBusy }) => !isBusy)
    if (idle !== undefined) {
      idle.isBusy = true
      idle.isUsed = true
      return idle.connection
    }
    const connection = new EngineConnection(this.#socket)
    this.#entries.push({ connection, isBusy: true, isUsed: true })
    return connection
  }

  giveBack(connection: EngineConnection): void {
    const entry = this.#entries.find((one) => one.connection === connection)
    if (entry !== undefined) entry.isBusy = false
    if (this.#isOver) this.#drop(({ isBusy }) => !isBusy)
  }

  beginRun(): void {
    this.#isOver = false
  }

  /** Closes what the run did not use, or all where the next run is too far away to keep a connection for it. */
  endRun(isNextSoon: boolean): void {
    this.#isOver = !isNextSoon
    this.#drop(({ isBusy, isUsed }) => !isBusy && !(isUsed && isNextSoon))
    for (const entry of this.#entries) entry.isUsed = entry.isBusy
  }

  /** Ends what waits for an answer. */
  close(reason: Error): void {
    this.#isOver = true
    for (const { connection } of this.#entries) connection.close(reason)
  }

  #drop(isToDrop: (entry: PooledConnection) => boolean): void {
    for (const entry of this.#entries)
      if (isToDrop(entry)) entry.connection.close(new Error('not used any more'))
    this.#entries = this.#entries.filter((entry) => !isToDrop(entry))
  }
}
