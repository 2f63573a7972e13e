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
  /** By sender who answers for it: its host when it became known, else its network. */
  readonly #parties = new Map<KnownSender, string>()
  readonly #byHost: SenderGroups = new Map()
  readonly #byNetwork: SenderGroups = new Map()

  constructor(limits: Pick<CollectLimits, 'connections' | 'knownPerHost'>) {
    this.#limits = limits
  }

  add(sender: KnownSender): void {
    const { knownPerHost } = this.#limits
    const { host } = sender
    const network = networkOf(sender.address)
    this.#parties.set(sender, host ?? network)
    addTo(this.#byNetwork, network, sender)
    if (host === null) return
    const ofHost = addTo(this.#byHost, host, sender)
    if (!(ofHost instanceof Set) || ofHost.size <= knownPerHost) return
    const [oldest] = ofHost
    if (oldest === undefined) return
    oldest.refuse('connections', `more than ${knownPerHost} connections of one host`)
    this.remove(oldest)
  }

  /**
   * The party that the sender's memory is counted for: its host, else the network that it comes from. Null
   * when the sender is not registered here.
   */
  partyOf(sender: KnownSender): string | null {
    return this.#parties.get(sender) ?? null
  }

  /** The sender is gone. */
  remove(sender: KnownSender): void {
    const party = this.#parties.get(sender)
    if (party === undefined) return
    this.#parties.delete(sender)
    removeFrom(this.#byNetwork, networkOf(sender.address), sender)
    // Without a host the party is a network; then no group of hosts has the sender.
    removeFrom(this.#byHost, party, sender)
  }

  /**
   * Makes room for another connection; false when no network has enough connections to have to give one up.
   */
  refuseOldest(): boolean {
    let largest: SenderGroup | undefined
    for (const group of this.#byNetwork.values())
      if (largest === undefined || sizeOf(group) > sizeOf(largest)) largest = group
    if (largest === undefined || sizeOf(largest) * SHARE <= this.#limits.connections) return false
    const [oldest] = largest instanceof Set ? largest : [largest]
    if (oldest === undefined) return false
    oldest.refuse(
      'connections',
      'too many connections, and this one is the oldest of the address with the most',
    )
    this.remove(oldest)
    return true
  }
}

/** A sender that is alone in its group, as nearly all are by their hosts, or the senders in the order of their arrival. */
type SenderGroup = KnownSender | Set<KnownSender>
type SenderGroups = Map<string, SenderGroup>

const sizeOf = (group: SenderGroup) => (group instanceof Set ? group.size : 1)

function addTo(groups: SenderGroups, name: string, sender: KnownSender): SenderGroup {
  const others = groups.get(name)
  const group = others === undefined ? sender : others instanceof Set ? others : new Set([others])
  if (group instanceof Set) group.add(sender)
  groups.set(name, group)
  return group
}

function removeFrom(groups: SenderGroups, name: string, sender: KnownSender): void {
  const group = groups.get(name)
  if (group === sender) groups.delete(name)
  else if (group instanceof Set && group.delete(sender) && group.size === 0) groups.delete(name)
}
