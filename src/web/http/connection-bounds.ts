import { type AddressRange, isWithin, networkOf, readAddress } from '../../lib/address-range.ts'
import type { Clock, Timer } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { OwnConnection, OwnSockets } from '../../platform/sockets/own-sockets.ts'

/** The number of connections that browsers may have, and the time that one may stay silent. */
export type WebConnectionLimits = {
  /** On which no whole request has come yet, from one address (a /64 of IPv6). */
  readonly silentPerAddress: number
  readonly silent: number
  /** A request has to be complete within this time of the opening of its connection. */
  readonly silentMs: number
  /** Of one address, proxies of ours let off. */
  readonly perAddress: number
  readonly all: number
}

const DEFAULT_LIMITS: WebConnectionLimits = {
  silentPerAddress: 64,
  silent: 512,
  silentMs: 30_000,
  perAddress: 512,
  all: 4096,
}
/** The website takes no more than this part of what the process may open: the rest is for agents. */
const SHARE = 4
const LOOK_MS = 1000
/** With at most this many open descriptors no connection is closed. */
const FEW = 96
/** Connections that are remembered before it is looked which of them are gone. */
const MAX_NOTED = 4096
/** All connections are checked when this many more are open, or after this time. */
const GROWTH = 32
const FULL_LOOK_MS = 15_000

type KnownConnection = {
  since: number
  /** When the last request came; null while none has. */
  asked: number | null
  isLive: boolean
}
type ConnectionEntry = OwnConnection & KnownConnection & { readonly network: string }

export type ConnectionBoundsOptions = {
  readonly sockets: OwnSockets
  readonly ports: () => ReadonlySet<number>
  readonly trustedProxies: readonly AddressRange[]
  readonly limits?: Partial<WebConnectionLimits>
  readonly clock: Clock
  readonly log: Log
}

/**
 * Limits the connections to the website, which the runtime's server does not: without it a client that sends
 * incomplete requests on many connections uses up the descriptors that agents need. Connections without a
 * complete request are closed first, the oldest before the others.
 */
export class ConnectionBounds {
  readonly #options: ConnectionBoundsOptions
  readonly #limits: WebConnectionLimits
  #known = new Map<string, KnownConnection>()
  #timer: Timer
  #lastCount = 0
  #lastLook = Number.NEGATIVE_INFINITY

  constructor(options: ConnectionBoundsOptions) {
    this.#options = options
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    const share = Math.floor(options.sockets.limit / SHARE)
    this.#limits = {
      ...limits,
      all: Math.min(limits.all, share),
      silent: Math.min(limits.silent, share >> 1),
    }
    this.#timer = options.clock.after(LOOK_MS, () => this.#look())
  }

  /** A complete request was received; `isLive` means that its response is a stream without an end. */
  noteRequest(from: { readonly address: string; readonly port: number } | null, isLive: boolean): void {
    if (from === null) return
    const now = this.#options.clock.monotonicMs()
    const key = keyOf(from)
    const known = this.#known.get(key)
    if (known === undefined) this.#known.set(key, { since: now, asked: now, isLive })
    else {
      known.asked = now
      known.isLive = isLive
    }
  }

  stop(): void {
    this.#timer.cancel()
  }

  #look(): void {
    this.#timer = this.#options.clock.after(LOOK_MS, () => this.#look())
    const now = this.#options.clock.monotonicMs()
    const count = this.#options.sockets.count()
    // Requests are noted in any case, and forgotten when their connections are closed.
    if (count <= FEW && this.#known.size <= MAX_NOTED) return
    if (count - this.#lastCount < GROWTH && now - this.#lastLook < FULL_LOOK_MS) return
    this.#lastCount = count - this.#close(this.#list(now), now)
    this.#lastLook = now
  }

  #list(now: number): ConnectionEntry[] {
    const { sockets, ports } = this.#options
    const known = new Map<string, KnownConnection>()
    const entries = sockets.list(ports()).map((connection) => {
      const key = keyOf(connection)
      const about = this.#known.get(key) ?? { since: now, asked: null, isLive: false }
      known.set(key, about)
      return { ...connection, ...about, network: networkOf(connection.address) }
    })
    this.#known = known
    return entries
  }

  /** How many were closed. */
  #close(entries: readonly ConnectionEntry[], now: number): number {
    const closing = new Set<ConnectionEntry>()
    const isSilent = ({ asked }: ConnectionEntry) => asked === null
    const silent = entries.filter(isSilent)
    for (const entry of silent) if (now - entry.since > this.#limits.silentMs) closing.add(entry)
    const isProxy = ({ address }: ConnectionEntry) => isWithin(address, this.#options.trustedProxies)
    const strangers = entries.filter((entry) => !isProxy(entry))
    for (const group of groupByNetwork(strangers)) {
      closeOldest(group.filter(isSilent), this.#limits.silentPerAddress, closing)
      closeOldest(group, this.#limits.perAddress, closing)
    }
    closeOldest(silent, this.#limits.silent, closing)
    closeOldest(entries, this.#limits.all, closing)
    for (const { fd } of closing) this.#options.sockets.shutDown(fd)
    if (closing.size > 0)
      this.#options.log.warn('too many or silent connections to the website were closed', {
        closed: closing.size,
        of: entries.length,
        from: [...new Set([...closing].map(({ network }) => network))].slice(0, 3).join(' '),
      })
    return closing.size
  }
}

/**
 * Adds connections beyond `most` to `closing`: silent ones first, live ones last, the oldest of each kind
 * first.
 */
function closeOldest(entries: readonly ConnectionEntry[], most: number, closing: Set<ConnectionEntry>): void {
  const left = entries.filter((entry) => !closing.has(entry))
  if (left.length <= most) return
  const rank = ({ asked, isLive }: ConnectionEntry) => (asked === null ? 0 : isLive ? 2 : 1)
  const time = ({ asked, since }: ConnectionEntry) => asked ?? since
  left.sort((a, b) => rank(a) - rank(b) || time(a) - time(b))
  for (const entry of left.slice(0, left.length - most)) closing.add(entry)
}

function groupByNetwork(entries: readonly ConnectionEntry[]): Iterable<ConnectionEntry[]> {
  const groups = new Map<string, ConnectionEntry[]>()
  for (const entry of entries) {
    const group = groups.get(entry.network)
    if (group === undefined) groups.set(entry.network, [entry])
    else group.push(entry)
  }
  return groups.values()
}

/** IPv6 is written in more than one way. */
const keyOf = ({ address, port }: { readonly address: string; readonly port: number }) =>
  `${address.includes(':') ? readAddress(address) : address}#${port}`
