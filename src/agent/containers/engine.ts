import { describeError } from '../../lib/log.ts'
import { ConnectionPool } from './connection-pool.ts'
import { type ListedContainer, readListed } from './container.ts'
import type { EngineConnection } from './engine-connection.ts'
import type { RequestDeadlines } from './request-deadlines.ts'

/** So many containers are asked about at a time, each on a connection of its own. */
const AT_ONCE = 4
/** The list of a busy engine with many containers takes seconds. */
const LIST_MS = 8000
const MAX_LIST_BYTES = 8 * 1024 * 1024
const MAX_ANSWER_BYTES = 1024 * 1024

/** A request about one container. */
export type Ask = {
  /** There was no answer about it the last time. */
  readonly isSilent: boolean
  /** Never rejects, and ends within a bounded time. */
  act(connection: EngineConnection): Promise<void>
}

type WaitingAsk = Ask & { resolve(): void }

/** Docker or Podman, behind its local socket. What it is asked may go on when a run of the job is over. */
export class Engine {
  readonly socket: string
  readonly #deadlines: RequestDeadlines
  readonly #pool: ConnectionPool
  #list: { readonly body: Buffer; readonly containers: readonly ListedContainer[] } | null = null
  #isListing = false
  #failure: string | null = null
  readonly #waiting: WaitingAsk[] = []
  /** How many are asked about now. */
  #asked = 0
  #isSilentAsked = false

  constructor(socket: string, deadlines: RequestDeadlines) {
    this.socket = socket
    this.#deadlines = deadlines
    this.#pool = new ConnectionPool(socket)
  }

  /**
   * All containers, as the list had them that was read last, but those that somebody started for one command; empty when
   * none ever was. The same array as before where the engine says the same as before.
   */
  get latest(): readonly ListedContainer[] {
    return this.#list?.containers ?? []
  }

  /** Why it gave no list the last time: a sentence that names the socket. Null when it did, or was not asked yet. */
  get failure(): string | null {
    return this.#failure
  }

  /** The list is that of the last time that it was asked. */
  get hasAnswered(): boolean {
    return this.#list !== null && this.#failure === null
  }

  /** It is being asked for its list. */
  get isListing(): boolean {
    return this.#isListing
  }

  /** Asks for the list, of which `failure` and `latest` tell then. Only while it is not asked for; never rejects. */
  async refresh(): Promise<void> {
    this.#isListing = true
    const connection = this.#pool.take()
    try {
      const body = await this.#deadlines.within(connection, LIST_MS, () =>
        connection.get('/containers/json?all=1', MAX_LIST_BYTES),
      )
      if (this.#list?.body.equals(body) !== true) this.#list = { body, containers: readList(body) }
      this.#failure = null
    } catch (error) {
      this.#failure = `${this.socket}: ${describeFailure(error)}`
    }
    this.#pool.giveBack(connection)
    this.#isListing = false
  }

  /**
   * Asks about one container after the other, a few at a time; those that were silent come one by one behind the others,
   * so that they hold up none. Resolves when all have been asked about.
   */
  async askAll(asks: readonly Ask[]): Promise<void> {
    const ended = asks.map((ask) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.push({ ...ask, resolve })
      return promise
    })
    this.#askNext()
    await Promise.all(ended)
  }

  beginRun(): void {
    this.#pool.beginRun()
  }

  /** Closes the connections that the run did not use, or all where the next run is far away. */
  endRun(isNextSoon: boolean): void {
    this.#pool.endRun(isNextSoon)
  }

  /** Ends what waits for an answer; nothing is asked any more. */
  close(reason: Error): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve()
    this.#pool.close(reason)
  }

  #askNext(): void {
    while (this.#asked < AT_ONCE) {
      const quick = this.#waiting.findIndex(({ isSilent }) => !isSilent)
      const at = quick >= 0 || this.#isSilentAsked ? quick : 0
      const [next] = at < 0 ? [] : this.#waiting.splice(at, 1)
      if (next === undefined) return
      this.#ask(next)
    }
  }

  async #ask({ isSilent, act, resolve }: WaitingAsk): Promise<void> {
    this.#asked++
    this.#isSilentAsked ||= isSilent
    const connection = this.#pool.take()
    await act(connection)
    this.#pool.giveBack(connection)
    this.#asked--
    if (isSilent) this.#isSilentAsked = false
    resolve()
    this.#askNext()
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
