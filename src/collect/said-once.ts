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
  readonly #hosts = new Map<string, SaidOfHost>()
  /** Nearly every connection is for one host. */
  #lastHost = ''
  #last = NOTHING

  /**
   * The facts that apply from now on; `seen` is the server's clock. The result contains the start of the
   * queue only when `queue` is given.
   */
  recall(host: string, key: string | null, queue: ReadQueueIdentity | null, seen: number): SaidOfHost {
    const known = host === this.#lastHost ? this.#last : (this.#hosts.get(host) ?? NOTHING)
    if (key === null && queue === null) return this.#note(host, known)
    const keyHash = key === null ? known.keyHash : new Bun.CryptoHasher('sha256').update(key).digest('hex')
    const { id, run } = queue ?? known.queue ?? { id: '', run: '' }
    const hasQueue = queue !== null || known.queue !== null
    const said = { keyHash, queue: hasQueue ? { id, run, started: null } : null }
    // An agent that reports for more hosts has to send keys and queues again.
    if (this.#hosts.size >= MAX_CONNECTION_HOSTS) this.#hosts.clear()
    this.#hosts.set(host, this.#note(host, said))
    if (queue === null) return said
    return { keyHash, queue: { id, run, started: seen - queue.uptime, known: queue.known } }
  }

  #note(host: string, said: SaidOfHost): SaidOfHost {
    this.#lastHost = host
    this.#last = said
    return said
  }
}
