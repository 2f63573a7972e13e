import type { Socket } from 'bun'
import { type AddressRange, networkOf } from '../lib/address-range.ts'
import { BufferPool } from '../lib/buffer-pool.ts'
import type { TlsFiles } from '../lib/tls/certificate.ts'
import { PlainBatchReader } from '../protocol/plain-batch.ts'
import { Connection } from './connection/connection.ts'
import type { ConnectionContext, SocketHandler } from './connection/connection-context.ts'
import { KnownSenders } from './connection/known-senders.ts'
import { Opening, type OpeningSocket, type PortPolicy } from './connection/opening.ts'
import { PAUSED_FOR_STOP, PAUSED_FOR_STORAGE } from './connection/pause-reasons.ts'
import { findTimedOut } from './connection/timeouts.ts'
import { UnknownSenders } from './connection/unknown-senders.ts'
import { MemoryBudget } from './memory-budget.ts'

export type AgentSocket = Socket<SocketHandler | undefined>

/** Buffers that are kept to be used again. */
const POOL_BYTES = 2 * 1024 * 1024

/** The context that the connections share, without the callbacks by which they affect each other. */
export type SharedContext = Omit<
  ConnectionContext<Connection>,
  'plainBatches' | 'buffers' | 'onHeld' | 'onKnown' | 'onClosed' | 'hasRoomFor'
>

/** The connections of a collect engine: their number, their memory, and their timeouts. */
export class Connections {
  /** Since the start. */
  accepted = 0
  readonly #context: ConnectionContext<Connection>
  /** For known senders; unknown ones have a budget of their own and don't reduce this one. */
  readonly #budget: MemoryBudget
  readonly #unknownBudget: MemoryBudget
  readonly #all = new Set<Connection>()
  readonly #openings = new Set<Opening>()
  readonly #unknown: UnknownSenders
  readonly #known: KnownSenders
  /** Connections that wait because storage is behind. */
  readonly #waiting = new Set<Connection>()
  #isStopping = false

  constructor(shared: SharedContext) {
    const { limits, monotonicMs } = shared
    this.#budget = new MemoryBudget(limits, monotonicMs)
    this.#unknownBudget = new MemoryBudget({ ...limits, heldBytes: limits.unknownHeldBytes }, monotonicMs)
    this.#unknown = new UnknownSenders(limits.unknownPerAddress)
    this.#known = new KnownSenders(limits)
    this.#context = {
      ...shared,
      plainBatches: new PlainBatchReader(shared.nameLists.hosts),
      buffers: new BufferPool(POOL_BYTES),
      onHeld: (connection, change) => this.#noteHeld(connection, change),
      onKnown: (connection) => this.#noteKnown(connection),
      onClosed: (connection) => {
        this.#all.delete(connection)
        this.#waiting.delete(connection)
        this.#unknown.remove(connection)
        this.#known.remove(connection)
      },
      hasRoomFor: (connection) => this.#hasRoomFor(connection),
    }
  }

  get size(): number {
    return this.#all.size + this.#openings.size
  }

  /** Bytes held in unfinished messages. */
  get held(): number {
    return this.#budget.held + this.#unknownBudget.held
  }

  get hasWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** The policy of a port on which the first bytes of a connection show the kind of sender. */
  createPolicy(rules: {
    readonly plainFrom: readonly AddressRange[] | null
    readonly trustedProxies: readonly AddressRange[]
    readonly findTls: () => TlsFiles | null
  }): PortPolicy {
    return {
      ...rules,
      onAddress: (opening) => {
        this.#unknown.remove(opening)
        this.#unknown.add(opening)
      },
      onOver: (opening) => {
        this.#openings.delete(opening)
        this.#unknown.remove(opening)
      },
      onOpened: (connection) => this.#register(connection),
    }
  }

  acceptOpening(socket: OpeningSocket, policy: PortPolicy): void {
    if (!this.#hasRoom(socket)) return
    const opening = new Opening(socket, policy, this.#context)
    socket.data = opening
    this.#openings.add(opening)
    this.#unknown.add(opening)
  }

  accept(socket: OpeningSocket): void {
    if (!this.#hasRoom(socket)) return
    const connection = new Connection(socket, this.#context)
    socket.data = connection
    this.#register(connection)
  }

  /** To be called when storage takes more again. */
  resumeWaiting(): void {
    for (const connection of [...this.#waiting]) {
      if (this.#context.ingest.isSaturated) return
      this.#waiting.delete(connection)
      connection.resume(PAUSED_FOR_STORAGE)
    }
  }

  /** Ends those that have had their time; to be called every second or so. */
  sweep(): void {
    const { limits } = this.#context
    const now = this.#context.monotonicMs()
    for (const opening of this.#openings)
      if (now - opening.since > limits.unknownMs) opening.refuse('silent', 'says nothing')
    for (const connection of this.#all) {
      connection.noteQuiet(now)
      const timedOut = findTimedOut(connection, now, limits)
      if (timedOut === null) continue
      if (timedOut.reason === null) connection.end()
      else connection.refuse(timedOut.reason, timedOut.detail)
    }
    this.#budget.sweep()
  }

  /** Takes no more connections, and reads no more from those that wait for nothing. */
  beginStop(): void {
    this.#isStopping = true
    for (const connection of this.#all) if (!this.#waiting.has(connection)) connection.pause(PAUSED_FOR_STOP)
  }

  /** Ends all connections after the answers that are due. */
  end(): void {
    for (const opening of this.#openings) opening.receiveEnd()
    for (const connection of this.#all) connection.end()
  }

  /** False when the socket was closed because there is no room for it. */
  #hasRoom(socket: OpeningSocket): boolean {
    const { limits, rejections } = this.#context
    const isFull = () => this.size >= limits.connections
    if (!this.#isStopping && isFull()) this.#unknown.refuseOldest() || this.#known.refuseOldest()
    if (this.#isStopping || isFull()) {
      if (!this.#isStopping) rejections.note('connections', socket.remoteAddress, 'too many connections')
      socket.terminate()
      return false
    }
    this.accepted++
    return true
  }

  #register(connection: Connection): void {
    this.#all.add(connection)
    this.#unknown.add(connection)
  }

  /** From now on its memory counts in the budget of known senders, and no longer in that of unknown ones. */
  #noteKnown(connection: Connection): void {
    this.#unknown.remove(connection)
    this.#unknownBudget.leave(connection)
    this.#known.add(connection)
    this.#noteHeld(connection, connection.held)
  }

  #noteHeld(connection: Connection, change: number): void {
    const party = this.#known.partyOf(connection)
    if (party === null) this.#unknownBudget.note(connection, networkOf(connection.address))
    else this.#budget.note(connection, party)
    // While storage is behind, even small pieces of many senders would add up.
    if (change > 0 && this.#budget.isExceeded && this.#context.ingest.isSaturated) this.#pauseAll()
  }

  #hasRoomFor(connection: Connection): boolean {
    if (!this.#context.ingest.isSaturated) return true
    connection.pause(PAUSED_FOR_STORAGE)
    this.#waiting.add(connection)
    return false
  }

  #pauseAll(): void {
    for (const connection of this.#all) {
      connection.pause(PAUSED_FOR_STORAGE)
      this.#waiting.add(connection)
    }
  }
}
