import type { Loss } from '../../domain/audit/loss.ts'
import { rangesOf } from '../../domain/audit/number-ranges.ts'
import type { EventReport } from '../../domain/event.ts'
import type { HostFacts } from '../../domain/hosts/host.ts'
import type { Clock, Timer } from '../../lib/clock.ts'
import { encodeBatch, parseReply } from '../../protocol/encode.ts'
import { MAX_TIME_AHEAD } from '../../protocol/field.ts'
import type { Batch, Reply } from '../../protocol/message.ts'
import type { Item } from '../queue/queue-rows.ts'
import { type Connection, connect, type ServerAddress } from './connect.ts'

export type ProtocolSessionOptions = {
  readonly server: ServerAddress
  /** Null when the key alone lets us in. */
  readonly passphrase: string | null
  readonly key: string | null
  /** The host's name. */
  readonly host: string
  readonly facts: HostFacts
  readonly clock: Clock
  /** The names of a layout of the queue. Throws when they are lost. */
  metricsOf(metricSet: number): readonly string[]
  /** The queue's row of numbers, and what of it has to be said. */
  readonly numbering: SessionNumbering
  /** The server has taken our greeting; from now on batches can be sent. */
  onReady(): void
  /**
   * The server's clock, as an answer told it; it comes before `onReady` or `onStored` for the same answer.
   */
  onClock(serverTime: number): void
  /** What has become of a batch. */
  onStored(answer: StoredBatch): void
  /** The server will never take these. */
  onRefused(items: readonly Item[], reason: string): void
  /**
   * The session is over; nothing comes after it. `isLasting` when the server refused us as such (a wrong
   * passphrase), which trying again soon won't change; `isClean` when it closed an idle connection, which is
   * no fault; `isUnanswered` when it took the greeting and then left a batch with rows without an answer for
   * the whole time.
   */
  onEnded(end: { reason: string; isLasting: boolean; isClean: boolean; isUnanswered: boolean }): void
}

/**
 * The server has `items` on disk, but for `refused` values of them. `waiting` are still to be sent: they are
 * from its future.
 */
export type StoredBatch = {
  readonly items: readonly Item[]
  /** What the server knows now to be lost. */
  readonly lost: readonly Loss[]
  readonly waiting: readonly Item[]
  readonly refused: number
  readonly reason: string | undefined
}

export type SessionNumbering = {
  readonly generation: string
  /** Names this run of the agent. */
  readonly run: string
  /** Seconds since its start. */
  uptime(): number
  /** The lowest number that may still come. */
  readonly lowestId: number
  /** What never comes, as much as a batch of now may hold. */
  listLosses(): readonly Loss[]
}

export type ProtocolSession = {
  readonly isReady: boolean
  /** Ids of items that were sent and not answered. */
  readonly inFlight: ReadonlySet<number>
  /** Batches that were sent and not answered. */
  readonly openBatches: number
  /** Sends one batch; an empty one tells the server that we live. All frames are of one layout. */
  send(items: readonly Item[]): void
  /**
   * Names all events that are open, so that the server opens those that it lacks and closes those that are
   * over.
   */
  sendOpenEvents(open: readonly EventReport[]): void
  /** Go with the next batch. */
  updateFacts(facts: HostFacts): void
  close(): void
}

/**
 * Silence for so long, while an answer is due, ends the session: the connection is dead, or the server stuck.
 */
const SILENCE_MS = 60_000
/**
 * A server that answers others but not this batch is given longer: it may be slow, and asking again would not
 * make it faster.
 */
const ANSWER_MS = 300_000

/**
 * Lists of names that the server is asked to keep at a time: even the longest fit what it grants a
 * connection.
 */
const MAX_OPEN_METRIC_SETS = 4

/** What goes with some batches only. */
type Extra = Pick<Batch, 'passphrase' | 'key' | 'open'>

type SentBatch = {
  readonly items: readonly Item[]
  readonly lost: readonly Loss[]
  readonly sentAtMs: number
  readonly clock: number
}

/**
 * One connection, from connecting to its end. It begins with a greeting: a batch with passphrase, key and
 * facts and no rows. So a refusal of us as such is told from that of a batch, and a batch is never thrown
 * away for a wrong passphrase.
 */
export function startSession(options: ProtocolSessionOptions): ProtocolSession {
  const { clock, host, passphrase, key } = options
  const batches = new Map<number, SentBatch>()
  const inFlight = new Set<number>()
  const metricSets = new Map<number, number>()
  const { numbering } = options
  let unsentFacts: HostFacts | null = options.facts
  /** The row of numbers that the server knows us by on this connection. */
  let saidQueue: string | null = null
  let lastBatchId = 0
  let greeting: number | null = null
  let isReady = false
  let isOver = false
  let lastSeenMs = Number.NEGATIVE_INFINITY
  let timer: Timer | null = null

  const connection: Connection = connect(options.server, clock, {
    opened() {
      greeting = transmit([], { ...(passphrase !== null && { passphrase }), ...(key !== null && { key }) })
    },
    received: (line) => {
      try {
        take(parseReply(line))
      } catch (error) {
        end(`the server's answer is not ours: ${error instanceof Error ? error.message : error}`)
      }
    },
    closed: (reason) => end(reason, { isClean: isReady && batches.size === 0 }),
  })

  function end(reason: string, { isLasting = false, isClean = false, isUnanswered = false } = {}) {
    if (isOver) return
    close()
    options.onEnded({ reason, isLasting, isClean, isUnanswered })
  }

  function close() {
    isOver = true
    isReady = false
    timer?.cancel()
    connection.close()
  }

  function transmit(items: readonly Item[], extra: Extra = {}): number {
    const id = ++lastBatchId
    const metricSet = items.find((item) => item.metricSet !== null)?.metricSet ?? null
    const now = clock.now()
    // The greeting is kept small: every path must let it pass.
    const isGreeting = greeting === null
    const lost = isGreeting ? [] : numbering.listLosses()
    const batch: Batch = {
      id,
      host,
      ...extra,
      ...(saidQueue !== numbering.generation && {
        queue: { id: numbering.generation, run: numbering.run, uptime: numbering.uptime() },
      }),
      ...(!isGreeting && {
        numbers: {
          frames: numbersOf(items, 'frame'),
          events: numbersOf(items, 'event'),
          waiting: numbering.lowestId,
          lost,
        },
      }),
      clock: now,
      ...(unsentFacts !== null && { facts: unsentFacts }),
      metrics: metricSet === null ? [] : options.metricsOf(metricSet),
      frames: items.flatMap(({ kind, body }) =>
        kind === 'frame' ? [JSON.parse(body) as (number | null)[]] : [],
      ),
      events: items.flatMap(({ kind, body }) => (kind === 'event' ? [JSON.parse(body) as EventReport] : [])),
    }
    const known = metricSet === null ? 0 : metricSets.get(metricSet)
    const number = known ?? metricSets.size
    const line = encodeBatch(batch, number, known === undefined)
    if (metricSet !== null) metricSets.set(metricSet, number)
    unsentFacts = null
    saidQueue = numbering.generation
    connection.write(line)
    batches.set(id, { items, lost, sentAtMs: clock.monotonicMs(), clock: now })
    for (const item of items) inFlight.add(item.id)
    watch()
    return id
  }

  /**
   * One timer, left alone by what is sent and answered: patience only grows by that, so it is looked at when
   * the timer ends.
   */
  function watch() {
    const oldest = batches.values().next()
    if (timer !== null || oldest.done || isOver) return
    const { sentAtMs } = oldest.value
    const untilMs = Math.min(Math.max(lastSeenMs, sentAtMs) + SILENCE_MS, sentAtMs + ANSWER_MS)
    const leftMs = untilMs - clock.monotonicMs()
    if (leftMs <= 0)
      return end(`no answer within ${Math.round((untilMs - sentAtMs) / 1000)} s`, {
        isUnanswered: isReady && oldest.value.items.length > 0,
      })
    timer = clock.after(leftMs, () => {
      timer = null
      watch()
    })
  }

  function take(reply: Reply) {
    const batch = reply.id === null ? undefined : batches.get(reply.id)
    if ('error' in reply && (reply.retry || batch === undefined || reply.id === greeting))
      return end(reply.error, { isLasting: !reply.retry })
    if (batch === undefined) return end('the server answered a batch that was not sent')
    lastSeenMs = clock.monotonicMs()
    batches.delete(reply.id as number)
    for (const item of batch.items) inFlight.delete(item.id)
    if ('error' in reply) return options.onRefused(batch.items, reply.error)
    const serverTime = reply.clock ?? batch.clock
    options.onClock(serverTime)
    if (reply.id === greeting) {
      isReady = true
      return options.onReady()
    }
    const mayWait = (reply.later ?? 0) > 0
    const isWaiting = ({ kind, time }: Item) =>
      mayWait && kind === 'frame' && time > serverTime + MAX_TIME_AHEAD
    options.onStored({
      items: batch.items.filter((item) => !isWaiting(item)),
      lost: batch.lost,
      waiting: batch.items.filter(isWaiting),
      refused: reply.refused ?? 0,
      reason: reply.reason,
    })
  }

  return {
    get isReady() {
      return isReady
    },
    inFlight,
    get openBatches() {
      return batches.size
    },
    send(items) {
      if (metricSets.size >= MAX_OPEN_METRIC_SETS) metricSets.clear()
      try {
        transmit(items)
      } catch (error) {
        options.onRefused(items, error instanceof Error ? error.message : String(error))
      }
    },
    sendOpenEvents(open) {
      transmit([], { open })
    },
    updateFacts(facts) {
      unsentFacts = facts
    },
    close,
  }
}

/** The numbers of the items of a kind, as `[first, last, …]`. */
function numbersOf(items: readonly Item[], kind: Item['kind']): number[] {
  const ids = items.flatMap((item) => (item.kind === kind ? [item.id] : []))
  return rangesOf(ids).flatMap(({ first, last }) => [first, last])
}
