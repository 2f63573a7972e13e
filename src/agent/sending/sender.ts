import type { EventReport } from '../../domain/event.ts'
import type { HostFacts } from '../../domain/hosts/host.ts'
import type { Clock, Timer } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { MAX_BATCH_EVENTS } from '../../protocol/message.ts'
import type { Queue } from '../queue/queue.ts'
import type { Item } from '../queue/queue-rows.ts'
import { BatchPicker } from './batch-picker.ts'
import { BatchSize } from './batch-size.ts'
import type { SessionNumbering } from './batch-writer.ts'
import { CollectorRotation } from './collector-rotation.ts'
import type { CollectorAddress } from './connect.ts'
import type { Deliveries } from './delivery-status.ts'
import { PathWidth } from './path-width.ts'
import { ProtocolSession } from './protocol-session.ts'
import { nameOf, SenderLog } from './sender-log.ts'
import { watchServerClock } from './server-clock.ts'
import { numberSession } from './session-numbering.ts'
import type { SessionEnd, StoredBatch } from './session-outcome.ts'
import { StuckWatch } from './stuck-watch.ts'

export type SenderOptions = {
  /** In the order of preference; at least one. */
  readonly servers: readonly CollectorAddress[]
  /** Null when the key alone lets us in. */
  readonly passphrase: string | null
  readonly key: string | null
  /** The host's name. */
  readonly host: string
  /** Names that the machine had before, the newest first. */
  readonly formerNames: readonly string[]
  readonly facts: HostFacts
  readonly queue: Queue
  /** See `CollectorRotation`. */
  readonly reconnectDelayMs: number
  /** The agent's open events, for the server to compare with its own; null when that is not known. */
  listOpenEvents(): readonly EventReport[] | null
  /** Called when `deliveries` may give another answer. */
  onDelivery?(): void
  readonly clock: Clock
  readonly log: Log
}

/**
 * Batches of the backlog that may wait for their answers at a time; a fresh one goes beside them. After an outage what
 * all agents have sent and not yet heard of lies before the fresh samples of each: with four batches of 250 frames of
 * 1000 agents these waited 51 s of 58 (busy machine), with one of 60 they wait 2 s, and all is over after 19.
 */
const MAX_OPEN_BATCHES = 1
/**
 * Sends the queue to the first server that takes it. Everything that is not acknowledged on one connection is
 * sent again on the next. New samples go first, then the backlog, oldest first.
 */
export class Sender {
  readonly #options: SenderOptions
  readonly #rotation: CollectorRotation
  readonly #picker: BatchPicker
  readonly #log: SenderLog
  readonly #batchSize: BatchSize
  readonly #pathWidth: PathWidth
  readonly #serverClock: ReturnType<typeof watchServerClock>
  readonly #stuckWatch: StuckWatch
  readonly #numbering: SessionNumbering
  #facts: HostFacts
  #session: ProtocolSession | null = null
  #pause: Timer | null = null
  #stopping: (() => void) | null = null
  #deliveries: Deliveries = { acknowledgedAtMs: null, failure: null }
  /** The open events were named on this connection; after a start it takes some cycles to know them. */
  #hasReconciled = false

  constructor(options: SenderOptions) {
    const { servers, reconnectDelayMs, queue, facts, clock, log } = options
    this.#options = options
    this.#facts = facts
    this.#rotation = new CollectorRotation(servers, reconnectDelayMs)
    this.#picker = new BatchPicker(queue)
    this.#log = new SenderLog({ clock, log, countWaiting: () => queue.figures.length })
    this.#batchSize = new BatchSize(clock)
    this.#pathWidth = new PathWidth(clock)
    this.#serverClock = watchServerClock(clock)
    this.#stuckWatch = new StuckWatch(clock)
    this.#numbering = numberSession(queue, clock, this.#batchSize)
  }

  /** Sends the queue; an empty batch if there is nothing. */
  wake(): void {
    if (this.#stopping !== null) return
    this.#picker.beginInterval()
    this.#restartWhenStuck()
    this.#retestPath()
    const session = this.#session
    if (session === null && this.#pause === null) {
      const delayMs = this.#rotation.takeReconnectDelayMs()
      if (delayMs > 0) this.#connectAfter(delayMs)
      else this.#connect()
    } else if (session?.isReady) {
      if (!this.#hasReconciled) this.#reconcile()
      this.#pump()
      if (session.isReady && session.openBatches === 0) session.send([])
    }
  }

  updateFacts(facts: HostFacts): void {
    this.#facts = facts
    this.#session?.updateFacts(facts)
  }

  /** A server has confirmed our clock and it has not jumped since: only then may anything be dropped for its age. */
  isClockConfirmed(): boolean {
    return this.#serverClock.isOursRight()
  }

  /** Packets of the usual size are lost on the way to the server; small ones get through. */
  get isPathNarrow(): boolean {
    return this.#pathWidth.isNarrow
  }

  /** A connection is being made. An answer that is due has a timer of the clock. */
  get isBusy(): boolean {
    return this.#session !== null && !this.#session.isReady
  }

  get deliveries(): Deliveries {
    return this.#deliveries
  }

  /** Sends nothing new, waits up to `withinMs` for answers that are due, and ends the connection. */
  async stop(withinMs: number): Promise<void> {
    this.#pause?.cancel()
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(withinMs, () => this.#stopping?.())
      this.#stopping = () => {
        timer.cancel()
        resolve()
      }
      if (this.#session === null || this.#session.openBatches === 0) this.#stopping()
    })
    this.#session?.close()
    this.#session = null
  }

  /** Nothing should ever make a sender wait for ever; if something does, it starts again. */
  #restartWhenStuck() {
    const idleMs = this.#stuckWatch.noteInterval()
    if (idleMs === null || this.#pause !== null || this.#options.queue.figures.length === 0) return
    this.#log.noteStuck(this.#rotation.current, idleMs)
    this.#session?.close()
    this.#session = null
    this.#rotation.moveOn()
  }

  /** A connection with small packets gives way to one with those of the usual size, to see whether they pass. */
  #retestPath() {
    if (this.#pause !== null || (this.#session?.openBatches ?? 0) > 0 || !this.#pathWidth.beginRetest())
      return
    this.#session?.close()
    this.#session = null
  }

  #connect() {
    const { passphrase, key, host, formerNames, clock, queue } = this.#options
    const server = this.#rotation.current
    this.#hasReconciled = false
    this.#stuckWatch.noteActivity()
    this.#picker.beginConnection()
    this.#session = new ProtocolSession({
      server,
      passphrase,
      key,
      host,
      formerNames,
      facts: this.#facts,
      clock,
      maxPayload: this.#pathWidth.maxPayload,
      metricsOf: (metricSet) => queue.metricsOf(metricSet),
      numbering: this.#numbering,
      mostBytes: () => (this.#batchSize.isLimited ? this.#batchSize.bytes : Number.POSITIVE_INFINITY),
      onReady: () => this.#begin(server),
      onClock: (serverTime) => this.#serverClock.note(serverTime),
      onStored: (stored) => this.#noteStored(server, stored),
      onRefused: (items, reason) => this.#noteRefused(server, items, reason),
      onEnded: (end) => this.#noteEnd(server, end),
    })
  }

  #begin(server: CollectorAddress) {
    this.#stuckWatch.noteActivity()
    this.#reconcile()
    this.#pump()
    if (this.#session?.openBatches === 0) this.#noteSuccess(server)
  }

  #noteStored(server: CollectorAddress, { items, bytes, lost, waiting, refused, reason }: StoredBatch) {
    const { queue } = this.#options
    this.#stuckWatch.noteActivity()
    if (waiting.length > 0) this.#picker.noteHeldBack()
    // The server said so of some, or its clock was known and they were not even sent.
    const { hasHeldBack } = this.#picker
    if (hasHeldBack) this.#log.noteFutureSamples(server, this.#serverClock.secondsAhead())
    if (items.length > 0) {
      this.#batchSize.noteStored()
      this.#pathWidth.noteStored(bytes)
      this.#log.notePath(server, this.#pathWidth.isNarrow)
    }
    this.#log.noteRefusedValues(server, refused, reason)
    queue.confirmLosses(lost)
    queue.remove(items)
    // Samples that wait for the server's clock are not delivered; an empty batch shows that the host lives.
    if (items.length > 0 || !hasHeldBack) this.#noteAcknowledgement()
    else this.#noteUndelivered(`${nameOf(server)}: samples are from the future by the clock of the server`)
    this.#pump()
    // A server that takes all but what is to be stored, its disk being full or a report odd, is no success: each
    // connection would begin with one, and the pause before the next would never grow.
    const isIdle = this.#session?.openBatches === 0
    if (items.length > 0 || waiting.length > 0 || isIdle) this.#noteSuccess(server)
  }

  #noteRefused(server: CollectorAddress, items: readonly Item[], reason: string) {
    this.#stuckWatch.noteActivity()
    this.#noteUndelivered(`${nameOf(server)} refused it: ${reason}`)
    const item = this.#picker.isolate(items)
    if (item !== null) {
      const { kind, time } = item
      this.#options.log.error('the server rejected this for good; it is dropped', { kind, time, reason })
      this.#options.queue.refuse([item])
    }
    this.#pump()
  }

  #noteEnd(server: CollectorAddress, { reason, isLasting, isClean, isStalled, unanswered }: SessionEnd) {
    this.#session = null
    this.#stuckWatch.noteActivity()
    if (isStalled) this.#pathWidth.noteStalled(unanswered?.bytes ?? 0)
    if (unanswered !== null && this.#batchSize.noteUnanswered(unanswered))
      this.#log.noteSmallerBatches(server, this.#batchSize.bytes)
    if (this.#stopping !== null) this.#stopping()
    else if (isClean) this.#rotation.noteClosed()
    else this.#noteFailure(server, reason, isLasting)
  }

  /**
   * Server and agent may have different open events after a host was deleted or a backup restored: the agent
   * lists its open events once a connection. While only small batches pass, a long list would end the
   * connection.
   */
  #reconcile() {
    const open = this.#options.listOpenEvents()
    if (open === null) return
    this.#hasReconciled = true
    if (open.length > MAX_BATCH_EVENTS) return
    if (this.#batchSize.isLimited && JSON.stringify(open).length > this.#batchSize.bytes) return
    this.#session?.sendOpenEvents(open)
  }

  #pump() {
    // A batch that can't be sent ends the session within this loop.
    for (let session = this.#session; session?.isReady && this.#stopping === null; session = this.#session) {
      const most = this.#picker.hasFresh ? MAX_OPEN_BATCHES + 1 : MAX_OPEN_BATCHES
      // Two small batches that wait on the line become one large packet.
      if (session.openBatches >= (this.#batchSize.isLimited ? 1 : most)) return
      const items = this.#picker.pick({
        bytes: this.#batchSize.bytes,
        latestTime: this.#serverClock.latestTime(),
        inFlight: session.inFlight,
      })
      if (items.length === 0) return
      session.send(items)
    }
    if (this.#session?.openBatches === 0) this.#stopping?.()
  }

  #noteAcknowledgement() {
    this.#deliveries = { acknowledgedAtMs: this.#options.clock.monotonicMs(), failure: null }
    this.#options.onDelivery?.()
  }

  #noteUndelivered(failure: string) {
    this.#deliveries = { ...this.#deliveries, failure }
    this.#options.onDelivery?.()
  }

  #noteSuccess(server: CollectorAddress) {
    this.#log.noteSuccess(server)
    this.#rotation.noteSuccess()
  }

  #noteFailure(server: CollectorAddress, reason: string, isLasting: boolean) {
    this.#log.noteFailure(server, reason)
    this.#noteUndelivered(`${nameOf(server)}: ${reason}`)
    this.#connectAfter(this.#rotation.noteFailure(isLasting))
  }

  #connectAfter(ms: number) {
    this.#pause = this.#options.clock.after(ms, () => {
      this.#pause = null
      this.#connect()
    })
  }
}
