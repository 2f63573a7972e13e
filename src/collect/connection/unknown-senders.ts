import { networkOf } from '../../lib/address-range.ts'
import type { Reason } from '../rejections.ts'

/** A connection whose sender has not given the passphrase yet. */
export type UnknownSender = {
  /** The address that it comes from; if a trusted proxy names another, that one. */
  readonly address: string
  refuse(reason: Reason, detail: string): void
}

/**
 * Bounds the connections of unknown senders by the network they come from: one IPv4 address, or a /64 of
 * IPv6. When the bound is reached, the oldest of that network goes, because an honest agent needs only
 * moments to become known.
 */
export class UnknownSenders {
  readonly #mostPerNetwork: number
  /** In the order of their arrival. */
  readonly #all = new Map<UnknownSender, string>()
  readonly #byNetwork = new Map<string, Set<UnknownSender>>()

  constructor(mostPerNetwork: number) {
    this.#mostPerNetwork = mostPerNetwork
  }

  get size(): number {
    return this.#all.size
  }

  add(sender: UnknownSender): void {
    const network = networkOf(sender.address)
    const others = this.#byNetwork.get(network) ?? new Set()
    const [oldest] = others
    if (oldest !== undefined && others.size >= this.#mostPerNetwork) {
      this.remove(oldest)
      oldest.refuse('connections', `more than ${this.#mostPerNetwork} unknown senders from one address`)
    }
    this.#all.set(sender, network)
    // The set of the network is dropped when its last sender goes, also when that has just happened.
    this.#byNetwork.set(network, others.add(sender))
  }

  /** The sender has become known, or is gone. */
  remove(sender: UnknownSender): void {
    const network = this.#all.get(sender)
    if (network === undefined) return
    this.#all.delete(sender)
    const others = this.#byNetwork.get(network)
    others?.delete(sender)
    if (others?.size === 0) this.#byNetwork.delete(network)
  }

  /** Makes room for another connection; false when every sender is known. */
  refuseOldest(): boolean {
    const [oldest] = this.#all.keys()
    if (oldest === undefined) return false
    this.remove(oldest)
    oldest.refuse('connections', 'too many connections, and this one is the oldest of an unknown sender')
    return true
  }
}
