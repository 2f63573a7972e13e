import type { Socket } from 'bun'
import type { Clock, Timer } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { NameLists } from '../protocol/names.ts'
import type { IngestStore } from '../storage/store.ts'
import { Connection } from './connection.ts'
import { Ingest } from './ingest.ts'
import { type CollectLimits, DEFAULT_LIMITS } from './limits.ts'
import { MemoryBudget } from './memory-budget.ts'
import { findOverdue } from './overdue.ts'
import { createPassphraseCheck } from './passphrase.ts'
import { Refusals } from './refusals.ts'
import { PAUSED_FOR_STOP, PAUSED_FOR_STORAGE, type Surroundings } from './surroundings.ts'

export type CollectEngineOptions = {
  readonly address: string
  /** 0 takes a free one. */
  readonly port: number
  /** Any of them lets an agent in; none lets nobody in. */
  readonly passphrases: readonly string[]
  readonly store: IngestStore
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<CollectLimits>
}

/** Since the start, but for `connections` and the two after it, which are of now. */
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
  readonly port: number
  counters(): CollectCounters
  /** Accepts nothing more, stores and answers what is complete (3 s at most), then closes everything. */
  stop(): Promise<void>
}

const SWEEP_MS = 1000
/** After the last answers are written, agents have this long to hang up by themselves. */
const FAREWELL_MS = 250

/**
 * Takes agents' packets, in both dialects of the wire, and answers each after the commit that holds it. Rejects when the port can't be
 * had. Never throws afterwards: what goes wrong on a connection ends that connection.
 */
export async function startCollectEngine(options: CollectEngineOptions): Promise<CollectEngine> {
  const { store, clock, log } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const refusals = new Refusals(clock, log)
  const budget = new MemoryBudget(limits, () => clock.monotonicMs())
  const connections = new Set<Connection>()
  const waiting = new Set<Connection>()
  const ingest = new Ingest({ store, clock, log, refusals, limits, onRoom, onCommit: () => look() })
  let accepted = 0
  let bytes = 0
  let isStopping = false
  /** Set while stopping, to be called when there may be nothing left to wait for. */
  let look = () => {}

  const shared: Surroundings<Connection> = {
    ingest,
    refusals,
    limits,
    nameLists: new NameLists(),
    isPassphrase: createPassphraseCheck(options.passphrases),
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    onHeld: noteHeld,
    onWaiting: (connection) => waiting.add(connection),
  }

  const listener = Bun.listen<Connection | undefined>({
    hostname: options.address,
    port: options.port,
    allowHalfOpen: true,
    socket: {
      open: accept,
      data(socket, chunk) {
        bytes += chunk.length
        socket.data?.receive(chunk)
      },
      drain: (socket) => socket.data?.drain(),
      end: (socket) => socket.data?.receiveEnd(),
      error: forget,
      close: forget,
    },
  })
  let sweeper: Timer = clock.after(SWEEP_MS, sweep)

  function accept(socket: Socket<Connection | undefined>): void {
    if (isStopping || connections.size >= limits.connections) {
      if (!isStopping) refusals.note('connections', socket.remoteAddress, 'too many connections')
      socket.terminate()
      return
    }
    accepted++
    const connection = new Connection(socket, shared)
    socket.data = connection
    connections.add(connection)
  }

  function forget(socket: Socket<Connection | undefined>): void {
    const connection = socket.data
    if (connection === undefined) return
    connections.delete(connection)
    waiting.delete(connection)
    connection.close()
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
    for (const connection of connections) {
      const overdue = findOverdue(connection, now, limits)
      if (overdue === null) continue
      if (overdue.reason === null) connection.end()
      else connection.refuse(overdue.reason, overdue.detail)
      if (connection.isClosed) connections.delete(connection)
    }
    sweeper = clock.after(SWEEP_MS, sweep)
  }

  async function stop(): Promise<void> {
    if (isStopping) return
    isStopping = true
    sweeper.cancel()
    listener.stop()
    for (const connection of connections) if (!waiting.has(connection)) connection.pause(PAUSED_FOR_STOP)
    await waitUntil(limits.stopMs, () => ingest.isIdle && waiting.size === 0)
    for (const connection of connections) connection.end()
    await waitUntil(FAREWELL_MS, () => connections.size === 0)
    listener.stop(true)
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
    port: listener.port,
    counters: () => ({
      connections: connections.size,
      held: budget.held,
      accepted,
      ...ingest.counters,
      bytes,
      refused: refusals.counts(),
    }),
    stop,
  }
}
