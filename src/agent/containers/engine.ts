import { describeError } from '../../lib/log.ts'
import { type ListedContainer, readListed } from './container.ts'
import { EngineConnection } from './engine-connection.ts'
import type { RequestDeadlines } from './request-deadlines.ts'

/** So many requests run at a time, each on a connection of its own. */
const AT_ONCE = 4
const MAX_LIST_BYTES = 8 * 1024 * 1024
const MAX_ANSWER_BYTES = 1024 * 1024

/** Docker or Podman, behind its local socket. */
export class Engine {
  readonly socket: string
  readonly #connections: EngineConnection[] = []
  /** How many of them this run has used. */
  #used = 0
  #list: { readonly body: Buffer; readonly containers: readonly ListedContainer[] } | null = null

  constructor(socket: string) {
    this.socket = socket
  }

  /** What the list had when it was read last; empty when it never was. */
  get latest(): readonly ListedContainer[] {
    return this.#list?.containers ?? []
  }

  /**
   * All containers but those that somebody started for one command. The same array as before when the engine says the
   * same as before. Rejects with a sentence that names the socket.
   *
   * @param ms how long it may take
   */
  async list(deadlines: RequestDeadlines, ms: number): Promise<readonly ListedContainer[]> {
    const connection = this.#connection(0)
    try {
      const body = await deadlines.within(connection, ms, () =>
        connection.get('/containers/json?all=1', MAX_LIST_BYTES),
      )
      if (this.#list?.body.equals(body) !== true) this.#list = { body, containers: readList(body) }
      return this.#list.containers
    } catch (error) {
      throw new Error(`${this.socket}: ${describeFailure(error)}`)
    }
  }

  /** Asks about one container after the other, a few at a time. `act` never rejects. */
  async forEach<T>(items: readonly T[], act: (item: T, connection: EngineConnection) => Promise<void>) {
    const rest = [...items]
    const work = async (_: unknown, i: number) => {
      const connection = this.#connection(i)
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await act(item, connection)
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work))
  }

  /** Ends what waits for an answer. */
  close(reason: Error): void {
    for (const connection of this.#connections) connection.close(reason)
    this.#connections.length = 0
  }

  /** Closes what the run did not use, or all where the next run is too far away to keep a connection for it. */
  endRun(isNextSoon: boolean): void {
    const unused = this.#connections.splice(isNextSoon ? this.#used : 0)
    for (const connection of unused) connection.close(new Error('not used any more'))
    this.#used = 0
  }

  #connection(place: number): EngineConnection {
    this.#used = Math.max(this.#used, place + 1)
    const kept = this.#connections[place]
    if (kept !== undefined) return kept
    const connection = new EngineConnection(this.socket)
    this.#connections[place] = connection
    return connection
  }
}

/** Rejects with a sentence when the engine gives none. */
export const inspect = async (connection: EngineConnection, id: string): Promise<unknown> =>
  parse(await connection.get(`/containers/${id}/json`, MAX_ANSWER_BYTES))

export const readStats = async (connection: EngineConnection, id: string): Promise<unknown> =>
  parse(await connection.get(`/containers/${id}/stats?stream=false&one-shot=true`, MAX_ANSWER_BYTES))

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new Error('the answer is something else than JSON')
  }
}

function readList(body: Buffer): readonly ListedContainer[] {
  const list = parse(body)
  if (!Array.isArray(list)) throw new Error('the answer is no list of containers')
  return list.flatMap((entry: unknown) => {
    const found = readListed(entry)
    return found === null || found.isOneOff ? [] : [found]
  })
}

/** The runtime's own words for a socket that refuses speak of addresses and ports. */
function describeFailure(error: unknown): string {
  const text = describeError(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/ECONNREFUSED|ENOTSOCK|ENOENT/.test(`${code} ${text}`)) return 'nothing listens there'
  return /EACCES|EPERM/.test(`${code} ${text}`) ? `${text}${FORBIDDEN}` : text
}

const FORBIDDEN = '; may the user of the agent read and write that socket?'
