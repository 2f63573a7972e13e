import type { ReportedQueue } from '../domain/audit/received-numbers.ts'
import { MAX_CONNECTION_HOSTS } from '../protocol/message.ts'
import type { ReadQueueIdentity } from '../protocol/numbering.ts'

/** The key and the queue that apply to a host's batches. */
export type SaidOfHost = {
  /** SHA-256 of the key, in hexadecimal; null when none was given. */
  readonly keyHash: string | null
  /** The queue that its agent sends from; null for agents that number nothing. */
  readonly queue: ReportedQueue | null
}

const NOTHING: SaidOfHost = { keyHash: null, queue: null }

/**
 * The facts that the agents on one connection send once per host and not with each batch: a key is hashed
 * once, and a batch without new facts costs one look-up.
 */
export class SaidOnce {
  /** Of hosts other than the last; null as long as there is one host, as on nearly every connection. */
  #others: Map<string, SaidOfHost> | null = null
  #lastHost = ''
  #last = NOTHING

  /**
   * The facts that apply from now on; `seen` is the server's clock. The result contains the start of the
   * queue only when `queue` is given.
   */
  recall(host: string, key: string | null, queue: ReadQueueIdentity | null, seen: number): SaidOfHost {
    const known = host === this.#lastHost ? this.#last : (this.#others?.get(host) ?? NOTHING)
    if (key === null && queue === null) return this.#note(host, known)
    const keyHash = key === null ? known.keyHash : new Bun.CryptoHasher('sha256').update(key).digest('hex')
    const { id, run } = queue ?? known.queue ?? { id: '', run: '' }
    const hasQueue = queue !== null || known.queue !== null
    const said = { keyHash, queue: hasQueue ? { id, run, started: null } : null }
    this.#note(host, said)
    if (queue === null) return said
    return { keyHash, queue: { id, run, started: seen - queue.uptime, known: queue.known } }
  }

  #note(host: string, said: SaidOfHost): SaidOfHost {
    if (host !== this.#lastHost && this.#last !== NOTHING) this.#putAside(this.#lastHost, this.#last)
    this.#lastHost = host
    this.#last = said
    return said
  }

  #putAside(host: string, said: SaidOfHost): void {
    this.#others ??= new Map()
    // An agent that reports for more hosts has to send keys and queues again.
    if (this.#others.size >= MAX_CONNECTION_HOSTS && !this.#others.has(host)) this.#others.clear()
    this.#others.set(host, said)
  }
}
