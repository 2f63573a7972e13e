import { MAX_CONNECTION_HOSTS } from '../protocol/message.ts'

/**
 * The keys that one connection has said for hosts, as SHA-256 in hexadecimal: a key is hashed once, not with
 * each batch.
 */
export class HostKeys {
  readonly #hashes = new Map<string, string>()

  /** The hash of the key that holds for a host from now on; null when none was said. */
  recall(host: string, said: string | null): string | null {
    if (said === null) return this.#hashes.get(host) ?? null
    // An agent that speaks for more hosts has to say the keys again.
    if (this.#hashes.size >= MAX_CONNECTION_HOSTS) this.#hashes.clear()
    const hash = new Bun.CryptoHasher('sha256').update(said).digest('hex')
    this.#hashes.set(host, hash)
    return hash
  }
}
