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
import { type ColumnRange, rowOfColumns, splitColumns } from './frame-parts.ts'

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
  /** A batch should not be longer, because the path does not let it pass. */
  mostBytes(): number
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
   * no fault; `unanswered` are the bytes of the greeting or of a batch with rows that it left without an
   * answer for the whole time, else 0.
   */
  onEnded(end: { reason: string; isLasting: boolean; isClean: boolean; unanswered: number }): void
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
/** The same where a frame goes in parts, whose lists are short. */
const MAX_PART_LAYOUTS = 200

/** What goes with some batches only. */
type Extra = Pick<Batch, 'passphrase' | 'key' | 'open'>

type SentBatch = {
  readonly items: readonly Item[]
  readonly lost: readonly Loss[]
  readonly bytes: number
  readonly sentAtMs: number
  readonly clock: number
  /** Called when it is stored, where it is a part of a frame and not the last one. */
  readonly next: (() => void) | null
}

/** What one batch holds. */
type Content = {
  readonly items: readonly Item[]
  readonly extra?: Extra
  /** Only these columns of a single frame. */
  readonly columns?: ColumnRange
  readonly next?: () => void
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
  const metricSets = new Map<string, number>()
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
      greeting = transmit({
        items: [],
        extra: { ...(passphrase !== null && { passphrase }), ...(key !== null && { key }) },
      })
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

  function end(reason: string, { isLasting = false, isClean = false, unanswered = 0 } = {}) {
    if (isOver) return
    close()
    options.onEnded({ reason, isLasting, isClean, unanswered })
  }

  function close() {
    isOver = true
    isReady = false
    timer?.cancel()
    connection.close()
  }

  function transmit(content: Content): number {
    const { items, columns, next } = content
    const id = ++lastBatchId
    const now = clock.now()
    const isGreeting = greeting === null
    // The greeting is kept small: every path must let it pass.
    const lost = isGreeting || next !== undefined ? [] : numbering.listLosses()
    const layout = findLayout(items, columns)
    const batch: Batch = {
      ...describeBatch(content, id, now, lost, isGreeting),
      metrics: layout.metrics,
      frames: items.flatMap((item) => (item.kind === 'frame' ? [rowOf(item, columns)] : [])),
      events: items.flatMap(({ kind, body }) => (kind === 'event' ? [JSON.parse(body) as EventReport] : [])),
    }
    const encode = (facts: HostFacts | null) =>
      encodeBatch({ ...batch, ...(facts !== null && { facts }) }, layout.number, layout.isNew)
    let line = encode(unsentFacts)
    // What a machine says of itself can wait until the path takes longer batches.
    if (unsentFacts !== null && line.length > options.mostBytes()) line = encode(null)
    else unsentFacts = null
    layout.note()
    saidQueue = numbering.generation
    connection.write(line)
    batches.set(id, {
      items,
      lost,
      bytes: line.length,
      sentAtMs: clock.monotonicMs(),
      clock: now,
      next: next ?? null,
    })
    for (const item of items) inFlight.add(item.id)
    watch()
    return id
  }

  function describeBatch(
    content: Content,
    id: number,
    now: number,
    lost: readonly Loss[],
    isGreeting: boolean,
  ) {
    const { items, extra = {}, next } = content
    return {
      id,
      host,
      ...extra,
      ...(saidQueue !== numbering.generation && {
        queue: { id: numbering.generation, run: numbering.run, uptime: numbering.uptime() },
      }),
      // A frame that goes in parts is there when its last part is.
      ...(!isGreeting &&
        next === undefined && {
          numbers: {
            frames: numbersOf(items, 'frame'),
            events: numbersOf(items, 'event'),
            waiting: numbering.lowestId,
            lost,
          },
        }),
      clock: now,
    }
  }

  /** The names of the frames' columns, and the number under which this connection keeps them. */
  function findLayout(items: readonly Item[], columns: ColumnRange | undefined) {
    const metricSet = items.find((item) => item.metricSet !== null)?.metricSet ?? null
    if (metricSet === null) return { metrics: [], number: 0, isNew: false, note() {} }
    const all = options.metricsOf(metricSet)
    const key = columns === undefined ? `${metricSet}` : `${metricSet} ${columns.from} ${columns.to}`
    const known = metricSets.get(key)
    const number = known ?? metricSets.size
    const metrics = columns === undefined ? all : all.slice(columns.from, columns.to)
    return { metrics, number, isNew: known === undefined, note: () => void metricSets.set(key, number) }
  }

  /** A frame that is too long for the path goes column by column, each part when the one before is stored. */
  function sendParts(item: Item, parts: readonly ColumnRange[], at: number) {
    const columns = parts[at]
    if (columns === undefined) return
    const isLast = at === parts.length - 1
    transmit({ items: [item], columns, ...(!isLast && { next: () => sendParts(item, parts, at + 1) }) })
  }

  function send(items: readonly Item[]) {
    const [only] = items
    const mostBytes = options.mostBytes()
    if (items.length === 1 && only !== undefined && only.metricSet !== null) {
      const parts = splitColumns(options.metricsOf(only.metricSet), mostBytes)
      if (parts.length > 1) {
        if (metricSets.size + parts.length > MAX_PART_LAYOUTS) metricSets.clear()
        return sendParts(only, parts, 0)
      }
    }
    if (metricSets.size >= MAX_OPEN_METRIC_SETS) metricSets.clear()
    transmit({ items })
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
        unanswered: !isReady || oldest.value.items.length > 0 ? oldest.value.bytes : 0,
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
    if (batch.next !== null && !('error' in reply)) {
      options.onClock(reply.clock ?? batch.clock)
      return batch.next()
    }
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
      try {
        send(items)
      } catch (error) {
        options.onRefused(items, error instanceof Error ? error.message : String(error))
      }
    },
    sendOpenEvents(open) {
      transmit({ items: [], extra: { open } })
    },
    updateFacts(facts) {
      unsentFacts = facts
    },
    close,
  }
}

const rowOf = (item: Item, columns: ColumnRange | undefined) =>
  columns === undefined ? (JSON.parse(item.body) as (number | null)[]) : rowOfColumns(item, columns)

/** The numbers of the items of a kind, as `[first, last, …]`. */
function numbersOf(items: readonly Item[], kind: Item['kind']): number[] {
  const ids = items.flatMap((item) => (item.kind === kind ? [item.id] : []))
  return rangesOf(ids).flatMap(({ first, last }) => [first, last])
}
