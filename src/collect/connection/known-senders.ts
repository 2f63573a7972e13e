import { networkOf } from '../../lib/address-range.ts'
import type { Reason } from '../rejections.ts'
import type { CollectLimits } from './connection-limits.ts'

/** A connection whose sender has given the passphrase or proved a key. */
export type KnownSender = {
  readonly address: string
  /** The host that it reports for; null while it has reported nothing. */
  readonly host: string | null
  refuse(reason: Reason, detail: string): void
}

/** A network may hold this part of all connections before it has to make room for others. */
const SHARE = 4

/**
 * Bounds the connections of known senders by their host: an agent needs one or two, and a few more after its
 * connection broke. An address is not bounded, since a whole fleet may be behind it; only when there is no
 * room left, the oldest connection of the address with the most connections is closed, so that one agent
 * can't keep others out.
 */
export class KnownSenders {
  readonly #limits: Pick<CollectLimits, 'connections' | 'knownPerHost'>
  readonly #groups = new Map<KnownSender, { readonly host: string | null; readonly network: string }>()
  /** In the order of their arrival. */
  readonly #byHost = new Map<string, Set<KnownSender>>()
  readonly #byNetwork = new Map<string, Set<KnownSender>>()

  constructor(limits: Pick<CollectLimits, 'connections' | 'knownPerHost'>) {
    this.#limits = limits
  }

  add(sender: KnownSender): void {
    const { knownPerHost } = this.#limits
    const { host } = sender
    const network = networkOf(sender.address)
    this.#groups.set(sender, { host, network })
    addTo(this.#byNetwork, network, sender)
    if (host === null) return
    const ofHost = addTo(this.#byHost, host, sender)
    const [oldest] = ofHost
    if (oldest === undefined || ofHost.size <= knownPerHost) return
    oldest.refuse('connections', `more than ${knownPerHost} connections of one host`)
    this.remove(oldest)
  }

  /**
   * The party that the sender's memory is counted for: its host, else the network that it comes from. Null
   * when the sender is not registered here.
   */
  partyOf(sender: KnownSender): string | null {
    const group = this.#groups.get(sender)
    return group === undefined ? null : (group.host ?? group.network)
  }

  /** The sender is gone. */
  remove(sender: KnownSender): void {
    const group = this.#groups.get(sender)
    if (group === undefined) return
    this.#groups.delete(sender)
    removeFrom(this.#byNetwork, group.network, sender)
    if (group.host !== null) removeFrom(this.#byHost, group.host, sender)
  }

  /**
   * Makes room for another connection; false when no network has enough connections to have to give one up.
   */
  refuseOldest(): boolean {
    let largest: Set<KnownSender> = new Set()
    for (const senders of this.#byNetwork.values()) if (senders.size > largest.size) largest = senders
    const [oldest] = largest
    if (oldest === undefined || largest.size * SHARE <= this.#limits.connections) return false
    oldest.refuse(
      'connections',
      'too many connections, and this one is the oldest of the address with the most',
    )
    this.remove(oldest)
    return true
  }
}

function addTo(groups: Map<string, Set<KnownSender>>, name: string, sender: KnownSender): Set<KnownSender> {
  const group = groups.get(name) ?? new Set()
  groups.set(name, group.add(sender))
  return group
}

function removeFrom(groups: Map<string, Set<KnownSender>>, name: string, sender: KnownSender): void {
  const group = groups.get(name)
  group?.delete(sender)
  if (group?.size === 0) groups.delete(name)
}
