import type { EventReport } from '../../domain/event.ts'
import type { HostFacts } from '../../domain/hosts/host.ts'
import { createBackoff } from '../../lib/backoff.ts'
import type { Clock, Timer } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { MAX_BATCH_EVENTS } from '../../protocol/message.ts'
import { MAX_BATCH_LOSSES } from '../../protocol/numbering.ts'
import type { Queue } from '../queue/queue.ts'
import type { Item } from '../queue/queue-rows.ts'
import { BatchSize } from './batch-size.ts'
import type { ServerAddress } from './connect.ts'
import type { Deliveries } from './delivery-status.ts'
import { type ProtocolSession, type SessionNumbering, startSession } from './protocol-session.ts'
import { watchServerClock } from './server-clock.ts'

export type SenderOptions = {
  /** In the order of preference; at least one. */
  readonly servers: readonly ServerAddress[]
  /** Null when the key alone lets us in. */
  readonly passphrase: string | null
  readonly key: string | null
  /** The host's name. */
  readonly host: string
  readonly facts: HostFacts
  readonly queue: Queue
  /** The agent's open events, for the server to compare with its own; null when that is not known. */
  listOpenEvents(): readonly EventReport[] | null
  /** Called when `deliveries` may give another answer. */
  onDelivery?(): void
  readonly clock: Clock
  readonly log: Log
}

export type Sender = {
  /** Sends what is in the queue in `delayMs`, or says that the host lives if there is nothing. */
  wake(delayMs: number): void
  updateFacts(facts: HostFacts): void
  /**
   * True when a server has said that our clock is right and it has not jumped since. Only then may anything
   * be thrown away for its age.
   */
  isClockConfirmed(): boolean
  deliveries(): Deliveries
  /** Sends nothing new, waits up to `withinMs` for answers that are due, and ends the connection. */
  stop(withinMs: number): Promise<void>
}

const BATCH_ITEMS = 250
/** Batches that may wait for their answers at a time. */
const MAX_OPEN_BATCHES = 4
/** About the bytes of a loss on the wire, and what part of a batch all of them may take. */
const LOSS_BYTES = 60
const LOSS_SHARE = 0.25
/** A failure that lasts is logged again after so long, with what waits. */
const LOG_AGAIN_MS = 600_000
/**
 * A sender that has neither sent, received nor failed for three intervals, and for at least so long, is
 * stuck: every wait of a connection is shorter than this.
 */
const STUCK_MS = 120_000
const STUCK_INTERVALS = 3

/**
 * Sends the queue to the first server that takes it. Everything that is not acknowledged on one connection is
 * sent again on the next. New samples go first, then the backlog, oldest first.
 */
export function startSender(options: SenderOptions): Sender {
  const { servers, queue, clock, log } = options
  const away = createBackoff({ leastMs: 1000, mostMs: 60_000 })
  const refusing = createBackoff({ leastMs: 60_000, mostMs: 600_000 })
  const lastReasons = new Map<ServerAddress, string>()
  let facts = options.facts
  let turn = 0
  let failuresInRound = 0
  let rejectionsInRound = 0
  let talk: ProtocolSession | null = null
  let slot: Timer | null = null
  let pause: Timer | null = null
  let stopping: (() => void) | null = null
  /** Everything up to this id is due; what came later waits for its turn in the interval. */
  let dueId = 0
  let freshId = 0
  let backlogId = 0
  /** Pieces of refused batches, to find what exactly is refused. */
  let pieces: Item[][] = []
  const suspects = new Set<number>()
  let lastTaker: ServerAddress | null = null
  let deliveries: Deliveries = { acknowledgedAtMs: null, failure: null }
  const batchSize = new BatchSize(clock)
  const serverClock = watchServerClock(clock)
  /** Frames from the server's future were passed over; they are looked at again in the next interval. */
  let hasHeldBack = false
  /** When anything last happened to the connection. */
  let lastActivityMs = clock.monotonicMs()
  /** Calls of `sendDue` since then. */
  let idleIntervals = 0
  let lastLoggedMs = Number.NEGATIVE_INFINITY
  let lastFutureLoggedMs = Number.NEGATIVE_INFINITY
  let lastRefusal: { reason: string | undefined; loggedMs: number } = {
    reason: undefined,
    loggedMs: Number.NEGATIVE_INFINITY,
  }
  /** Since the last line about them. */
  let refusedValues = 0

  const run = crypto.randomUUID()
  const startedMs = clock.monotonicMs()
  const numbering: SessionNumbering = {
    get generation() {
      return queue.generation
    },
    run,
    uptime: () => Math.round((clock.monotonicMs() - startedMs) / 1000),
    get lowestId() {
      return queue.lowestId
    },
    listLosses: () =>
      queue.losses
        .slice(0, Math.floor((batchSize.bytes * LOSS_SHARE) / LOSS_BYTES))
        .slice(0, MAX_BATCH_LOSSES),
  }

  /** The open events were named on this connection; after a start it takes some cycles to know them. */
  let hasReconciled = false

  function noteActivity() {
    lastActivityMs = clock.monotonicMs()
    idleIntervals = 0
  }

  function connect() {
    hasReconciled = false
    const server = serverAt(turn)
    noteActivity()
    freshId = Math.max(0, dueId - 1)
    backlogId = 0
    pieces = []
    suspects.clear()
    talk = startSession({
      server,
      passphrase: options.passphrase,
      key: options.key,
      host: options.host,
      facts,
      clock,
      metricsOf: (metricSet) => queue.metricsOf(metricSet),
      numbering,
      mostBytes: () => (batchSize.isLimited ? batchSize.bytes : Number.POSITIVE_INFINITY),
      onReady() {
        noteActivity()
        reconcile()
        pump()
        if (talk?.openBatches === 0) noteSuccess(server)
      },
      onClock: (serverTime) => serverClock.note(serverTime),
      onStored({ items, lost, waiting, refused, reason }) {
        noteActivity()
        if (waiting.length > 0) noteWaiting(server)
        if (items.length > 0) batchSize.noteStored()
        noteRefusedValues(server, refused, reason)
        queue.confirmLosses(lost)
        queue.remove(items)
        // Samples that only wait at the server's word are no delivery; an empty batch says that the host lives.
        if (items.length > 0 || waiting.length === 0) noteAcknowledgement()
        else noteUndelivered(`${nameOf(server)}: samples are from the future by the clock of the server`)
        noteSuccess(server)
        pump()
      },
      onRefused(items, reason) {
        noteActivity()
        noteUndelivered(`${nameOf(server)} refused it: ${reason}`)
        refuse(items, reason)
        pump()
      },
      onEnded({ reason, isLasting, isClean, unanswered }) {
        talk = null
        noteActivity()
        if (unanswered > 0) shrinkBatches(server, unanswered)
        if (stopping !== null) stopping()
        else if (!isClean) noteFailure(server, reason, isLasting)
      },
    })
  }

  /**
   * Server and agent may differ in what is open after a host was deleted or a backup restored: the agent
   * names its open events once a connection. While only small batches get through, a long list would end the
   * connection.
   */
  function reconcile() {
    const open = options.listOpenEvents()
    if (open === null) return
    hasReconciled = true
    if (open.length > MAX_BATCH_EVENTS) return
    if (batchSize.isLimited && JSON.stringify(open).length > batchSize.bytes) return
    talk?.sendOpenEvents(open)
  }

  function shrinkBatches(server: ServerAddress, unanswered: number) {
    if (!batchSize.noteUnanswered(unanswered)) return
    log.warn('the connection stands and a batch is not answered; smaller batches are tried', {
      server: nameOf(server),
      bytes: batchSize.bytes,
      hint: 'does the path drop large packets (MTU)?',
    })
  }

  function noteAcknowledgement() {
    deliveries = { acknowledgedAtMs: clock.monotonicMs(), failure: null }
    options.onDelivery?.()
  }

  function noteUndelivered(failure: string) {
    deliveries = { ...deliveries, failure }
    options.onDelivery?.()
  }

  const serverAt = (index: number) => servers[index % servers.length] as ServerAddress

  /** A bound of the server refuses the same values with each sample: one line says so for a while. */
  function noteRefusedValues(server: ServerAddress, refused: number, reason: string | undefined) {
    refusedValues += refused
    const nowMs = clock.monotonicMs()
    if (refused === 0 || (reason === lastRefusal.reason && nowMs - lastRefusal.loggedMs < LOG_AGAIN_MS))
      return
    log.warn('the server refused values', { server: nameOf(server), refused: refusedValues, reason })
    lastRefusal = { reason, loggedMs: nowMs }
    refusedValues = 0
  }

  function noteWaiting(server: ServerAddress) {
    hasHeldBack = true
    const nowMs = clock.monotonicMs()
    if (nowMs - lastFutureLoggedMs < LOG_AGAIN_MS) return
    lastFutureLoggedMs = nowMs
    log.warn('samples are from the future by the clock of the server; they are kept until the clocks agree', {
      server: nameOf(server),
      seconds: serverClock.secondsAhead(),
      waiting: queue.figures.length,
    })
  }

  /** Halves what was refused until the item at fault stands alone: the others are not to go with it. */
  function refuse(items: readonly Item[], reason: string) {
    if (items.length > 1) {
      const middle = items.length >> 1
      pieces.push(items.slice(0, middle), items.slice(middle))
      for (const { id } of items) suspects.add(id)
      return
    }
    const [item] = items
    if (item === undefined) return
    log.error('the server refused this for good; it is dropped', { kind: item.kind, time: item.time, reason })
    queue.refuse(items)
  }

  function pump() {
    while (talk?.isReady && stopping === null) {
      const hasFresh = freshId < dueId
      // Two small batches that wait on the line become one large packet.
      const mostOpen = batchSize.isLimited ? 1 : hasFresh ? MAX_OPEN_BATCHES + 1 : MAX_OPEN_BATCHES
      if (talk.openBatches >= mostOpen) return
      const items = pick(talk.inFlight)
      if (items.length === 0) return
      talk.send(items)
    }
    if (talk?.openBatches === 0) stopping?.()
  }

  function pick(inFlight: ReadonlySet<number>): Item[] {
    const latest = serverClock.latestTime()
    const limits = {
      items: BATCH_ITEMS,
      bytes: batchSize.bytes,
      isExcluded(item: Item) {
        if (inFlight.has(item.id) || suspects.has(item.id)) return true
        if (item.kind !== 'frame' || item.time <= latest) return false
        hasHeldBack = true
        return true
      },
    }
    if (freshId < dueId) {
      const items = queue.takeNewest(freshId, dueId, limits)
      freshId = dueId
      if (items.length > 0) return items
    }
    const piece = pieces.shift()
    if (piece !== undefined) {
      for (const { id } of piece) suspects.delete(id)
      return piece
    }
    if (queue.figures.length <= inFlight.size) return []
    const items = queue.takeOldest(backlogId, dueId, limits)
    backlogId = items.at(-1)?.id ?? backlogId
    return items
  }

  function noteSuccess(server: ServerAddress) {
    if (lastReasons.size > 0 || lastTaker !== server)
      log.info('the server takes samples', { server: nameOf(server), waiting: queue.figures.length })
    lastTaker = server
    lastReasons.clear()
    failuresInRound = 0
    rejectionsInRound = 0
    away.reset()
    refusing.reset()
  }

  /** The next server at once; a pause when all of them have failed, a long one when all have refused us. */
  function noteFailure(server: ServerAddress, reason: string, isLasting: boolean) {
    const nowMs = clock.monotonicMs()
    if (lastReasons.get(server) !== reason || nowMs - lastLoggedMs >= LOG_AGAIN_MS) {
      log.warn('sending failed', { server: nameOf(server), reason, waiting: queue.figures.length })
      lastLoggedMs = nowMs
    }
    noteUndelivered(`${nameOf(server)}: ${reason}`)
    lastReasons.set(server, reason)
    turn = (turn + 1) % servers.length
    failuresInRound++
    if (isLasting) rejectionsInRound++
    let delayMs = 0
    if (failuresInRound >= servers.length) {
      delayMs = (rejectionsInRound >= servers.length ? refusing : away).nextMs()
      failuresInRound = 0
      rejectionsInRound = 0
    }
    pause = clock.after(delayMs, () => {
      pause = null
      connect()
    })
  }

  /**
   * Nothing should ever make a sender wait for ever; if something does, it starts again instead of keeping
   * silent.
   */
  function restartWhenStuck() {
    idleIntervals++
    const idleMs = clock.monotonicMs() - lastActivityMs
    if (pause !== null || queue.figures.length === 0) return
    if (idleIntervals <= STUCK_INTERVALS || idleMs < STUCK_MS) return
    log.error('sending is stuck; the connection is made anew', {
      server: nameOf(serverAt(turn)),
      seconds: Math.round(idleMs / 1000),
      waiting: queue.figures.length,
    })
    talk?.close()
    talk = null
    turn = (turn + 1) % servers.length
  }

  function sendDue() {
    slot = null
    dueId = queue.newestId
    restartWhenStuck()
    if (hasHeldBack) backlogId = 0
    hasHeldBack = false
    if (talk === null && pause === null) connect()
    else if (talk?.isReady) {
      if (!hasReconciled) reconcile()
      pump()
      if (talk?.isReady && talk.openBatches === 0) talk.send([])
    }
  }

  return {
    wake(delayMs) {
      if (stopping === null) slot ??= clock.after(delayMs, sendDue)
    },
    updateFacts(newFacts) {
      facts = newFacts
      talk?.updateFacts(newFacts)
    },
    isClockConfirmed: () => serverClock.isOursRight(),
    deliveries: () => deliveries,
    async stop(withinMs) {
      slot?.cancel()
      pause?.cancel()
      await new Promise<void>((resolve) => {
        const timer = clock.after(withinMs, () => stopping?.())
        stopping = () => {
          timer.cancel()
          resolve()
        }
        if (talk === null || talk.openBatches === 0) stopping()
      })
      talk?.close()
      talk = null
    },
  }
}

const nameOf = ({ host, port }: ServerAddress) => `${host}:${port}`
