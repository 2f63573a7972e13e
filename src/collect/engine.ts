import type { Socket } from 'bun'
import { type AddressRange, isWithin } from '../lib/address-range.ts'
import type { TlsFiles } from '../lib/certificate.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { NameLists } from '../protocol/names.ts'
import type { AdmissionStore, DataAuditStore, IngestStore } from '../storage/ports/store.ts'
import { Admission } from './connection/admission.ts'
import { Connection } from './connection/connection.ts'
import {
  type ConnectionContext,
  PAUSED_FOR_STOP,
  PAUSED_FOR_STORAGE,
  type SocketHandler,
} from './connection/connection-context.ts'
import { type CollectLimits, DEFAULT_LIMITS } from './connection/connection-limits.ts'
import { type Listener, listen } from './connection/listener.ts'
import { Opening, type PortPolicy } from './connection/opening.ts'
import { findTimedOut } from './connection/timeouts.ts'
import { UnknownSenders } from './connection/unknown-senders.ts'
import { Ingest, type IngestOptions } from './ingest.ts'
import { MemoryBudget } from './memory-budget.ts'
import { createPassphraseCheck } from './passphrase.ts'
import { Rejections } from './rejections.ts'

export type CollectEngineOptions = {
  readonly address: string
  /** For agents with TLS and without, told apart by the first byte; 0 takes a free one, null has none. */
  readonly port: number | null
  /** From where connections without TLS are taken; from everywhere when it is empty. */
  readonly plainFrom?: readonly AddressRange[]
  /** Whether agents that speak CSV are taken, which say no passphrase; from `plainFrom` alone. */
  readonly csvAgents?: boolean
  /** Balancers that tell by the PROXY protocol whom they speak for. */
  readonly trustedProxies?: readonly AddressRange[]
  /** `port` is for TLS alone; null has none, and TLS is spoken on the other port only. */
  readonly tls?: (TlsFiles & { readonly port: number | null }) | null
  /** Any of them lets an agent in; without one keys and enrolment codes alone do. */
  readonly passphrases: readonly string[]
  readonly store: IngestStore
  /** Keeps what was refused, by reason, host and minute; only counted unless given. */
  readonly dataAudit?: Pick<DataAuditStore, 'addRejections'>
  /** Knows the keys of hosts and the codes by which new ones join; without it the passphrase alone counts. */
  readonly admission?: AdmissionStore
  /** Called when a bound on growth has refused so many pieces of what a host sent. */
  readonly onBound?: IngestOptions['onBound']
  /** True while nothing is to be stored, because the disk is nearly full. */
  readonly isDiskFull?: () => boolean
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<CollectLimits>
}

/** Since the start, except `connections` and `held`, which are of now. */
export type CollectCounters = {
  readonly connections: number
  /** Bytes held in unfinished messages. */
  readonly held: number
  readonly accepted: number
  /** What was stored: reports, their frames and samples, in this many commits. */
  readonly packets: number
  readonly frames: number
  readonly samples: number
  readonly commits: number
  /** Bytes received. */
  readonly bytes: number
  readonly refused: Readonly<Record<string, number>>
}

export type CollectEngine = {
  /** Null when there is none. */
  readonly port: number | null
  readonly tlsPort: number | null
  counters(): CollectCounters
  /**
   * True while what agents send can't be stored; false again when it can, or when nobody has tried for two
   * minutes.
   */
  isStorageAway(): boolean
  /**
   * Gives new connections another certificate; those there are go on. Throws when it is no good: the old one
   * stays then.
   */
  renewTls(tls: TlsFiles): void
  /** In place of those of before, for connections that begin from now on. */
  renewPassphrases(passphrases: readonly string[]): void
  /** Accepts nothing more, stores and answers what is complete (3 s at most), then closes everything. */
  stop(): Promise<void>
}

const SWEEP_MS = 1000
/** What was refused is stored so often. */
const RECORD_MS = 60_000
/** After the last answers are written, agents have this long to hang up by themselves. */
const FINAL_REPLY_MS = 250

/**
 * Takes agents' packets, in both dialects of the wire, and answers each after the commit that holds it.
 * Rejects when a port can't be had. Never throws afterwards: what goes wrong on a connection ends that
 * connection.
 */
export async function startCollectEngine(options: CollectEngineOptions): Promise<CollectEngine> {
  const { store, clock, log } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const rejections = new Rejections(clock, log)
  const budget = new MemoryBudget(limits, () => clock.monotonicMs())
  const connections = new Set<Connection>()
  const openings = new Set<Opening>()
  const unknown = new UnknownSenders(limits.unknownPerAddress)
  const waiting = new Set<Connection>()
  const ingest = new Ingest({
    ...{ store, clock, log, rejections, limits, onRoom },
    onCommit: () => look(),
    onBound: options.onBound ?? (() => {}),
    isDiskFull: options.isDiskFull ?? (() => false),
  })
  let accepted = 0
  let bytes = 0
  let isStopping = false
  /** Set while stopping, to be called when there may be nothing left to wait for. */
  let look = () => {}

  let findPassphrase = createPassphraseCheck(options.passphrases)
  const shared: ConnectionContext<Connection> = {
    ingest,
    rejections,
    limits,
    nameLists: new NameLists(),
    findPassphrase: (said) => findPassphrase(said),
    admission: new Admission(options.admission ?? null, () => clock.now(), log),
    findCsvObstacle,
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    onHeld: noteHeld,
    onKnown: (connection) => unknown.remove(connection),
    onClosed(connection) {
      connections.delete(connection)
      waiting.delete(connection)
      unknown.remove(connection)
    },
    onWaiting: (connection) => waiting.add(connection),
  }

  function findCsvObstacle(address: string): string | null {
    const speaks = 'speaks the CSV of the original agents of before May 2019, which say no passphrase; '
    if (options.csvAgents !== true) return `${speaks}collect.csv_agents = true takes them`
    if (isWithin(address, options.plainFrom ?? [])) return null
    return `${speaks}collect.csv_agents takes them from collect.plain_from alone`
  }

  const events = {
    address: options.address,
    received(socket: Socket<SocketHandler | undefined>, chunk: Buffer) {
      bytes += chunk.length
      socket.data?.receive(chunk)
    },
    drained: (socket: Socket<SocketHandler | undefined>) => socket.data?.drain(),
    ended: (socket: Socket<SocketHandler | undefined>) => socket.data?.receiveEnd(),
    closed: forget,
    distrusted(socket: Socket<SocketHandler | undefined>, error: Error | null) {
      // Balancers look whether the port is open by opening and closing it.
      if (error === null || !('code' in error) || error.code !== 'ECONNRESET')
        rejections.note('tls', socket.remoteAddress, 'the TLS handshake failed')
    },
  }
  const listeners: Listener[] = []
  const trustedProxies = options.trustedProxies ?? []
  let tlsFiles: TlsFiles | null = options.tls ?? null
  const policy: PortPolicy = {
    plainFrom: options.plainFrom ?? [],
    trustedProxies,
    findTls: () => tlsFiles,
    onAddress(opening) {
      unknown.remove(opening)
      unknown.add(opening)
    },
    onOver(opening) {
      openings.delete(opening)
      unknown.remove(opening)
    },
    onOpened: register,
  }
  const plain =
    options.port === null ? null : open(options.port, null, (socket) => acceptOpening(socket, policy))
  const secure = openSecure()
  let sweeper: Timer = clock.after(SWEEP_MS, sweep)
  let recorder: Timer = clock.after(RECORD_MS, record)

  /** All or none: a port that can't be had closes the other. */
  function open(port: number, tls: TlsFiles | null, opened: typeof accept): Listener {
    try {
      const listener = listen({ ...events, port, tls, opened })
      listeners.push(listener)
      return listener
    } catch (error) {
      for (const listener of listeners) listener.close()
      const what = `can't listen on ${options.address}:${port} for agents${tls === null ? '' : ' over TLS'}`
      throw new Error(what, { cause: error })
    }
  }

  /** What comes through a balancer has a header before the handshake, which no listener for TLS can read. */
  function openSecure(): Listener | null {
    const { tls = null } = options
    if (tls === null || tls.port === null) return null
    if (trustedProxies.length === 0) return open(tls.port, tls, accept)
    const tlsAlone: PortPolicy = { ...policy, plainFrom: null }
    return open(tls.port, null, (socket) => acceptOpening(socket, tlsAlone))
  }

  function acceptOpening(socket: Socket<SocketHandler | undefined>, by: PortPolicy): void {
    if (!hasRoom(socket)) return
    const opening = new Opening(socket, by, shared)
    socket.data = opening
    openings.add(opening)
    unknown.add(opening)
  }

  function accept(socket: Socket<SocketHandler | undefined>): void {
    if (!hasRoom(socket)) return
    const connection = new Connection(socket, shared)
    socket.data = connection
    register(connection)
  }

  /** False when the socket was closed because there is no room for it. */
  function hasRoom(socket: Socket<SocketHandler | undefined>): boolean {
    const isFull = () => connections.size + openings.size >= limits.connections
    if (!isStopping && isFull()) unknown.refuseOldest()
    if (isStopping || isFull()) {
      if (!isStopping) rejections.note('connections', socket.remoteAddress, 'too many connections')
      socket.terminate()
      return false
    }
    accepted++
    return true
  }

  function register(connection: Connection): void {
    connections.add(connection)
    unknown.add(connection)
  }

  function forget(socket: Socket<SocketHandler | undefined>): void {
    socket.data?.close()
    look()
  }

  function noteHeld(connection: Connection, change: number): void {
    budget.note(connection, change)
    // While storage is behind, even small pieces of many senders would add up.
    if (change > 0 && budget.isExceeded && ingest.isSaturated) pauseAll()
  }

  function pauseAll(): void {
    for (const connection of connections) {
      connection.pause(PAUSED_FOR_STORAGE)
      waiting.add(connection)
    }
  }

  function onRoom(): void {
    for (const connection of [...waiting]) {
      if (ingest.isSaturated) return
      waiting.delete(connection)
      connection.resume(PAUSED_FOR_STORAGE)
    }
  }

  function sweep(): void {
    const now = clock.monotonicMs()
    for (const opening of openings)
      if (now - opening.since > limits.unknownMs) opening.refuse('silent', 'says nothing')
    for (const connection of connections) {
      connection.noteQuiet(now)
      const timeouts = findTimedOut(connection, now, limits)
      if (timeouts === null) continue
      if (timeouts.reason === null) connection.end()
      else connection.refuse(timeouts.reason, timeouts.detail)
    }
    sweeper = clock.after(SWEEP_MS, sweep)
  }

  function storeRejections(): Promise<void> {
    return rejections.store(async (counts) => options.dataAudit?.addRejections(counts))
  }

  function record(): void {
    void storeRejections()
    recorder = clock.after(RECORD_MS, record)
  }

  async function stop(): Promise<void> {
    if (isStopping) return
    isStopping = true
    sweeper.cancel()
    recorder.cancel()
    for (const listener of listeners) listener.stop()
    for (const connection of connections) if (!waiting.has(connection)) connection.pause(PAUSED_FOR_STOP)
    await waitUntil(limits.stopMs, () => ingest.isIdle && waiting.size === 0)
    for (const opening of openings) opening.receiveEnd()
    for (const connection of connections) connection.end()
    await waitUntil(FINAL_REPLY_MS, () => connections.size + openings.size === 0)
    for (const listener of listeners) listener.close()
    await storeRejections()
  }

  /** Resolves when `isDone`, or when the time is over. */
  function waitUntil(ms: number, isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.after(ms, resolve)
      look = () => {
        if (!isDone()) return
        timer.cancel()
        resolve()
      }
      look()
    })
  }

  return {
    port: plain?.port ?? null,
    tlsPort: secure?.port ?? null,
    counters: () => ({
      connections: connections.size + openings.size,
      held: budget.held,
      accepted,
      ...ingest.counters,
      bytes,
      refused: rejections.counts(),
    }),
    isStorageAway: () => ingest.isStorageAway,
    renewPassphrases(passphrases) {
      findPassphrase = createPassphraseCheck(passphrases)
    },
    renewTls(tls) {
      if (trustedProxies.length === 0) secure?.renew(tls)
      tlsFiles = tls
    },
    stop,
  }
}
