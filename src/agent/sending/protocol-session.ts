import type { Loss } from '../../domain/audit/loss.ts'
import type { EventReport } from '../../domain/event.ts'
import type { HostFacts } from '../../domain/hosts/host.ts'
import type { Clock, Timer } from '../../lib/clock.ts'
import { parseReply } from '../../protocol/encode.ts'
import { MAX_TIME_AHEAD } from '../../protocol/field.ts'
import type { Reply } from '../../protocol/message.ts'
import type { Item } from '../queue/queue-rows.ts'
import type { Unanswered } from './batch-size.ts'
import { type BatchContent, BatchWriter, type SessionNumbering } from './batch-writer.ts'
import { type CollectorAddress, type ConnectionEvents, connect, type ServerConnection } from './connect.ts'
import { type ColumnRange, splitColumns } from './frame-parts.ts'
import type { SessionEnd, StoredBatch } from './session-outcome.ts'

export type ProtocolSessionOptions = {
  readonly server: CollectorAddress
  /** Null when the key alone lets us in. */
  readonly passphrase: string | null
  readonly key: string | null
  /** The host's name. */
  readonly host: string
  /** Names that the machine had before, the newest first. */
  readonly formerNames: readonly string[]
  readonly facts: HostFacts
  readonly clock: Clock
  /** Bytes of a packet beside its headers; null leaves it to the system. */
  readonly maxPayload: number | null
  /** The names of a layout of the queue. Throws when they are lost. */
  metricsOf(metricSet: number): readonly string[]
  /** A batch should not be longer, because the path does not let it pass. */
  mostBytes(): number
  /** The queue's numbering, and the part that has to be sent. */
  readonly numbering: SessionNumbering
  /** The server has taken our greeting; from now on batches can be sent. */
  onReady(): void
  /** The server's clock in an answer; called before `onReady` or `onStored` for the same answer. */
  onClock(serverTime: number): void
  /** The outcome of a batch. */
  onStored(answer: StoredBatch): void
  /** The server will never take these. */
  onRefused(items: readonly Item[], reason: string): void
  /** The session is over; nothing comes after it. */
  onEnded(end: SessionEnd): void
}

/**
 * Silence for this long, while an answer is due, ends the session: the connection is dead, or the server
 * stuck.
 */
const SILENCE_MS = 60_000
/**
 * A server that answers others but not this batch is given longer: it may be slow, and asking again would not
 * make it faster.
 */
const ANSWER_MS = 300_000

/** A connection that ends after such a long silence has probably lost what was sent on it. */
const STALLED_MS = 10_000

type SentBatch = {
  readonly items: readonly Item[]
  readonly lost: readonly Loss[]
  readonly bytes: number
  readonly sentAtMs: number
  readonly clock: number
  /** Called when it is stored, where it is a part of a frame and not the last one. */
  readonly next: (() => void) | null
}

/**
 * One connection, from connecting to its end. It begins with a greeting: a batch with passphrase, key and
 * facts and no rows. So a refusal of the agent is distinguished from that of a batch, and a batch is never
 * dropped because of a wrong passphrase.
 */
export class ProtocolSession {
  readonly #options: ProtocolSessionOptions
  readonly #writer: BatchWriter
  readonly #connection: ServerConnection
  /** Batches that were sent and not answered, by id. */
  readonly #batches = new Map<number, SentBatch>()
  readonly #inFlight = new Set<number>()
  /** The id of the greeting; null before it was sent. */
  #greeting: number | null = null
  #isReady = false
  #isOver = false
  #lastSeenMs = Number.NEGATIVE_INFINITY
  #timer: Timer | null = null

  /** No callback comes before the constructor has returned. */
  constructor(options: ProtocolSessionOptions) {
    const { server, passphrase, key, formerNames, clock, maxPayload } = options
    this.#options = options
    this.#writer = new BatchWriter(options)
    const events: ConnectionEvents = {
      opened: () => {
        this.#greeting = this.#transmit({
          items: [],
          extra: {
            ...(passphrase !== null && { passphrase }),
            ...(key !== null && { key, was: formerNames }),
          },
        })
      },
      received: (line) => {
        try {
          this.#take(parseReply(line))
        } catch (error) {
          this.#end(`the server's answer is not ours: ${error instanceof Error ? error.message : error}`)
        }
      },
      closed: (reason, isStalled) =>
        this.#end(reason, {
          isClean: this.#isReady && this.#batches.size === 0,
          isStalled,
          unanswered: isStalled || this.#isKeptWaiting() ? this.#measureUnanswered() : null,
        }),
    }
    this.#connection = connect({ server, maxPayload, clock, events })
  }

  /** The server has taken the greeting. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** Ids of items that were sent and not answered. */
  get inFlight(): ReadonlySet<number> {
    return this.#inFlight
  }

  /** How many batches were sent and not answered. */
  get openBatches(): number {
    return this.#batches.size
  }

  /**
   * Sends one batch; an empty one shows the server that we live. All frames have one metric set. A frame that
   * is too long for the path is sent column by column.
   */
  send(items: readonly Item[]): void {
    try {
      const parts = this.#split(items)
      if (parts.length > 1) this.#sendParts(items, parts, 0)
      else this.#transmit({ items })
    } catch (error) {
      this.#options.onRefused(items, error instanceof Error ? error.message : String(error))
    }
  }

  /**
   * Names all events that are open, so that the server opens those that it lacks and closes those that are
   * over.
   */
  sendOpenEvents(open: readonly EventReport[]): void {
    this.#transmit({ items: [], extra: { open } })
  }

  /** They go with the next batch. */
  updateFacts(facts: HostFacts): void {
    this.#writer.updateFacts(facts)
  }

  /** Ends the session; no callback comes any more. */
  close(): void {
    this.#isOver = true
    this.#isReady = false
    this.#unwatch()
    this.#connection.close()
  }

  #end(reason: string, end: Partial<Omit<SessionEnd, 'reason'>> = {}) {
    if (this.#isOver) return
    this.close()
    const { isLasting = false, isClean = false, unanswered = null } = end
    const isStalled = end.isStalled === true || unanswered !== null
    this.#options.onEnded({ reason, isLasting, isClean, isStalled, unanswered })
  }

  /** Several ranges of columns for a single frame that is too long for the path; empty for anything else. */
  #split(items: readonly Item[]): readonly ColumnRange[] {
    const [only] = items
    const mostBytes = this.#options.mostBytes()
    if (mostBytes === Number.POSITIVE_INFINITY) return []
    if (items.length !== 1 || only === undefined || only.metricSet === null) return []
    return splitColumns(this.#options.metricsOf(only.metricSet), mostBytes)
  }

  /** Each part goes when the one before is stored. */
  #sendParts(items: readonly Item[], parts: readonly ColumnRange[], at: number) {
    const columns = parts[at]
    if (columns === undefined) return
    const next = at === parts.length - 1 ? {} : { next: () => this.#sendParts(items, parts, at + 1) }
    this.#transmit({ items, columns, partsLeft: parts.length - at, ...next })
  }

  #transmit(content: BatchContent): number {
    const { items, next = null } = content
    const { id, line, lost, clock } = this.#writer.write(content, { isGreeting: this.#greeting === null })
    this.#connection.write(line)
    const sentAtMs = this.#options.clock.monotonicMs()
    this.#batches.set(id, { items, lost, bytes: line.length, sentAtMs, clock, next })
    for (const item of items) this.#inFlight.add(item.id)
    this.#watch()
    return id
  }

  /** One timer while anything waits for its answer. What is sent and answered meanwhile does not move it. */
  #watch() {
    const oldest = this.#batches.values().next()
    if (this.#timer !== null || oldest.done || this.#isOver) return
    const { clock } = this.#options
    const { sentAtMs } = oldest.value
    const untilMs = Math.min(Math.max(this.#lastSeenMs, sentAtMs) + SILENCE_MS, sentAtMs + ANSWER_MS)
    const leftMs = untilMs - clock.monotonicMs()
    if (leftMs <= 0) {
      const unanswered = this.#measureUnanswered()
      return this.#end(`no answer within ${Math.round((untilMs - sentAtMs) / 1000)} s`, { unanswered })
    }
    this.#timer = clock.after(leftMs, () => {
      this.#timer = null
      this.#watch()
    })
  }

  #unwatch() {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** A server gives up earlier than we do where nothing, or half a message, has reached it. */
  #isKeptWaiting(): boolean {
    const oldest = this.#batches.values().next().value
    if (oldest === undefined) return false
    return this.#options.clock.monotonicMs() - Math.max(this.#lastSeenMs, oldest.sentAtMs) >= STALLED_MS
  }

  /** The oldest batch without an answer, unless it is an empty one. */
  #measureUnanswered(): Unanswered | null {
    const oldest = this.#batches.values().next().value
    if (oldest === undefined || (this.#isReady && oldest.items.length === 0)) return null
    return { bytes: oldest.bytes, rows: oldest.items.length }
  }

  #take(reply: Reply) {
    const batch = reply.id === null ? undefined : this.#batches.get(reply.id)
    if ('error' in reply && (reply.retry || batch === undefined || reply.id === this.#greeting))
      return this.#end(reply.error, { isLasting: !reply.retry })
    if (batch === undefined || reply.id === null)
      return this.#end('the server answered a batch that was not sent')
    this.#lastSeenMs = this.#options.clock.monotonicMs()
    this.#batches.delete(reply.id)
    if (this.#batches.size === 0) this.#unwatch()
    if (batch.next !== null && !('error' in reply)) {
      this.#options.onClock(reply.clock ?? batch.clock)
      return batch.next()
    }
    for (const item of batch.items) this.#inFlight.delete(item.id)
    if ('error' in reply) return this.#options.onRefused(batch.items, reply.error)
    const serverTime = reply.clock ?? batch.clock
    this.#options.onClock(serverTime)
    if (reply.id === this.#greeting) {
      this.#isReady = true
      return this.#options.onReady()
    }
    const mayWait = (reply.later ?? 0) > 0
    const isWaiting = ({ kind, time }: Item) =>
      mayWait && kind === 'frame' && time > serverTime + MAX_TIME_AHEAD
    this.#options.onStored({
      items: batch.items.filter((item) => !isWaiting(item)),
      bytes: batch.bytes,
      lost: batch.lost,
      waiting: batch.items.filter(isWaiting),
      refused: reply.refused ?? 0,
      reason: reply.reason,
    })
  }
}
