import type { Loss } from '../../domain/audit/loss.ts'
import { rangesOf } from '../../domain/audit/number-ranges.ts'
import type { KnownNumbers } from '../../domain/audit/received-numbers.ts'
import type { EventReport } from '../../domain/event.ts'
import type { HostFacts } from '../../domain/hosts/host.ts'
import type { Clock } from '../../lib/clock.ts'
import { encodeBatch, encodeFrames } from '../../protocol/encode.ts'
import type { Batch } from '../../protocol/message.ts'
import type { QueueIdentity } from '../../protocol/numbering.ts'
import type { Item } from '../queue/queue-rows.ts'
import { type ColumnRange, rowOfColumns } from './frame-parts.ts'

export type BatchWriterOptions = {
  /** The host's name. */
  readonly host: string
  readonly facts: HostFacts
  readonly clock: Clock
  /** The names of a layout of the queue. Throws when they are lost. */
  metricsOf(metricSet: number): readonly string[]
  /** A batch should not be longer, because the path does not let it pass. */
  mostBytes(): number
  /** The queue's numbering, and the part that has to be sent. */
  readonly numbering: SessionNumbering
}

export type SessionNumbering = {
  readonly generation: string
  /** Names this run of the agent. */
  readonly run: string
  /** Seconds since its start. */
  uptime(): number
  /** The state of all numbers up to now; null when it is not known. */
  readonly known: KnownNumbers | null
  /** The lowest number that may still come. */
  readonly lowestId: number
  /** Losses, as many as one batch may hold. */
  listLosses(): readonly Loss[]
}

/** The content of one batch. */
export type BatchContent = {
  readonly items: readonly Item[]
  /** Parts of some batches only. */
  readonly extra?: Pick<Batch, 'passphrase' | 'key' | 'was' | 'open'>
  /** Only these columns of a single frame, and how many parts of it are left with this one. */
  readonly columns?: ColumnRange
  readonly partsLeft?: number
  /** Called when the batch is stored, where it is a part of a frame and not the last one. */
  readonly next?: () => void
}

export type WrittenBatch = {
  readonly id: number
  /** As it goes on the wire. */
  readonly line: Uint8Array | string
  /** The losses in it. */
  readonly lost: readonly Loss[]
  /** Our time in it, in seconds since 1970. */
  readonly clock: number
}

/**
 * Lists of names that the server is asked to keep at a time: even the longest fit into the memory of a
 * connection.
 */
const MAX_OPEN_METRIC_SETS = 4
/** The same where a frame goes in parts, whose lists are short. */
const MAX_PART_LAYOUTS = 200

/** Writes the batches of one connection, and remembers what the server has received on it. */
export class BatchWriter {
  readonly #options: BatchWriterOptions
  /** Numbers under which the connection keeps lists of names. */
  readonly #layouts = new Map<string, number>()
  #unsentFacts: HostFacts | null
  /** The row of numbers that the server knows us by. */
  #saidQueue: string | null = null
  #lastId = 0

  constructor(options: BatchWriterOptions) {
    this.#options = options
    this.#unsentFacts = options.facts
  }

  /** They go with the next batch. */
  updateFacts(facts: HostFacts): void {
    this.#unsentFacts = facts
  }

  /** Throws when the names of a frame's columns are lost; nothing counts as sent then. */
  write(content: BatchContent, { isGreeting }: { readonly isGreeting: boolean }): WrittenBatch {
    const { items, columns, partsLeft = 1, next } = content
    const { clock, numbering, mostBytes } = this.#options
    this.#makeRoom(partsLeft, columns !== undefined)
    const layout = this.#findLayout(items, columns)
    const id = ++this.#lastId
    const now = clock.now()
    // The greeting is kept small: every path must let it pass.
    const lost = isGreeting || next !== undefined ? [] : numbering.listLosses()
    if (!isGreeting && lost.length === 0 && !layout.isNew && this.#isOfFramesAlone(content))
      return {
        id,
        line: this.#writeFrames(items, { id, clock: now, layout: layout.number }),
        lost,
        clock: now,
      }
    const batch: Batch = {
      ...this.#describe(content, { id, lost, isGreeting }),
      clock: now,
      metrics: layout.metrics,
      frames: items.flatMap((item) => (item.kind === 'frame' ? [rowOf(item, columns)] : [])),
      events: items.flatMap(({ kind, body }) => (kind === 'event' ? [JSON.parse(body) as EventReport] : [])),
    }
    const encode = (facts: HostFacts | null) =>
      encodeBatch({ ...batch, ...(facts !== null && { facts }) }, layout.number, layout.isNew)
    let line = encode(this.#unsentFacts)
    // The machine's facts can wait until the path lets longer batches pass.
    if (this.#unsentFacts !== null && line.length > mostBytes()) line = encode(null)
    else this.#unsentFacts = null
    if (layout.key !== null) this.#layouts.set(layout.key, layout.number)
    this.#saidQueue = numbering.generation
    return { id, line, lost, clock: now }
  }

  /** As nearly every batch is. */
  #isOfFramesAlone({ items, extra, columns }: BatchContent): boolean {
    return (
      items.length > 0 &&
      extra === undefined &&
      columns === undefined &&
      this.#unsentFacts === null &&
      this.#saidQueue === this.#options.numbering.generation &&
      items.every(({ kind }) => kind === 'frame')
    )
  }

  #writeFrames(
    items: readonly Item[],
    rest: { readonly id: number; readonly clock: number; readonly layout: number },
  ) {
    const { host, numbering } = this.#options
    return encodeFrames({
      ...rest,
      host,
      frames: items.map(({ body }) => body),
      numbers: numbersOf(items, 'frame'),
      waiting: numbering.lowestId,
    })
  }

  #makeRoom(partsLeft: number, isPart: boolean) {
    const isFull = isPart
      ? this.#layouts.size + partsLeft > MAX_PART_LAYOUTS
      : this.#layouts.size >= MAX_OPEN_METRIC_SETS
    if (isFull) this.#layouts.clear()
  }

  #describe(
    { items, extra = {}, next }: BatchContent,
    { id, lost, isGreeting }: { id: number; lost: readonly Loss[]; isGreeting: boolean },
  ) {
    const { host, numbering } = this.#options
    const { generation, lowestId } = numbering
    return {
      id,
      host,
      ...extra,
      ...(this.#saidQueue !== generation && { queue: describeQueue(numbering) }),
      // A frame that goes in parts is there when its last part is.
      ...(!isGreeting &&
        next === undefined && {
          numbers: {
            frames: numbersOf(items, 'frame'),
            events: numbersOf(items, 'event'),
            waiting: lowestId,
            lost,
          },
        }),
    }
  }

  /** The names of the frames' columns, and the number under which this connection keeps them. */
  #findLayout(items: readonly Item[], columns: ColumnRange | undefined) {
    const metricSet = items.find((item) => item.metricSet !== null)?.metricSet ?? null
    if (metricSet === null) return { metrics: [], number: 0, isNew: false, key: null }
    const all = this.#options.metricsOf(metricSet)
    const key = columns === undefined ? `${metricSet}` : `${metricSet} ${columns.from} ${columns.to}`
    const known = this.#layouts.get(key)
    const metrics = columns === undefined ? all : all.slice(columns.from, columns.to)
    return { metrics, number: known ?? this.#layouts.size, isNew: known === undefined, key }
  }
}

const rowOf = (item: Item, columns: ColumnRange | undefined) =>
  columns === undefined ? (JSON.parse(item.body) as (number | null)[]) : rowOfColumns(item, columns)

function describeQueue(numbering: SessionNumbering): QueueIdentity {
  const { generation: id, run, known } = numbering
  const identity = { id, run, uptime: numbering.uptime() }
  if (known === null) return identity
  const unconfirmed = known.unconfirmed.flatMap(({ first, last }) => [first, last])
  return { ...identity, newest: known.newest, unconfirmed }
}

/** The numbers of the items of a kind, as `[first, last, …]`. */
function numbersOf(items: readonly Item[], kind: Item['kind']): number[] {
  const ids = items.flatMap((item) => (item.kind === kind ? [item.id] : []))
  return rangesOf(ids).flatMap(({ first, last }) => [first, last])
}
