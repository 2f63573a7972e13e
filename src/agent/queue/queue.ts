import type { Loss } from '../../domain/audit/loss.ts'
import { addRange, type NumberRanges } from '../../domain/audit/number-ranges.ts'
import type { KnownNumbers } from '../../domain/audit/received-numbers.ts'
import type { EventReport } from '../../domain/event.ts'
import type { Frame } from '../../domain/sample.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { BootClock } from '../../platform/boot.ts'
import { MAX_UNCONFIRMED_RANGES } from '../../protocol/numbering.ts'
import { type BatchLimits, collectBatch } from './batch-selection.ts'
import { FrameTimes } from './frame-times.ts'
import { KeptThresholds } from './kept-thresholds.ts'
import { MetricSetRegistry } from './metric-set-registry.ts'
import { QueueContents } from './queue-contents.ts'
import { QueueDisk } from './queue-disk.ts'
import { QueueLosses } from './queue-losses.ts'
import { QueueNumbering } from './queue-numbering.ts'
import type { Item, QueueTotals } from './queue-rows.ts'

export type QueueOptions = {
  readonly file: string
  /**
   * Bound on what waits, in bytes of the items. The file is about this large at most, and 2 MB for its log.
   */
  readonly bytes: number
  /** Seconds between two frames. */
  readonly interval: number
  readonly clock: Clock
  /** Left out or null where there is none. */
  readonly bootClock?: BootClock | null
  readonly log: Log
}

export type QueueEntries = {
  readonly frame: Frame | null
  readonly events: readonly EventReport[]
  /** The state of the thresholds after this frame, written in the same transaction; left out: unchanged. */
  readonly thresholds?: string
}

/** How many items wait, and what became of others. */
export type QueueFigures = QueueTotals & { readonly length: number }

/** Up to this many acknowledged items may stay on disk until the next commit. */
const KEPT_GONE = 16

/**
 * The agent's outbox: frames and events in the order of sending, in a SQLite file, bounded in age and bytes.
 * What is appended survives a crash of the process, and one of the machine but for the last ten seconds.
 * While the disk takes nothing (full, failing, read-only) items gather in a bounded memory and go to the disk
 * when it takes them again.
 */
export class Queue {
  readonly #options: QueueOptions
  readonly #contents = new QueueContents()
  readonly #metricSets = new MetricSetRegistry((id) => this.#contents.file?.readMetricSet(id) ?? null)
  readonly #numbering = new QueueNumbering()
  readonly #losses: QueueLosses
  readonly #times: FrameTimes
  readonly #thresholds = new KeptThresholds()
  readonly #disk: QueueDisk

  /**
   * Opens or creates the file, and its folder. A damaged file is moved aside and replaced. Throws when the
   * file can't be opened at all: it is in use by another agent, is not a queue, or may not be written.
   */
  constructor(options: QueueOptions) {
    this.#options = options
    const { interval, clock, bootClock = null, log } = options
    this.#losses = new QueueLosses(this.#numbering, clock, log)
    this.#times = new FrameTimes({
      interval,
      clock,
      bootClock,
      losses: () => this.#numbering.losses,
      onNoted: () => this.#numbering.noteLossesChanged(),
    })
    this.#disk = new QueueDisk(options, {
      contents: this.#contents,
      metricSets: this.#metricSets,
      numbering: this.#numbering,
      losses: this.#losses,
      times: this.#times,
      thresholds: this.#thresholds,
    })
  }

  /** The id of what was appended last; 0 when nothing ever was. */
  get newestId(): number {
    return this.#numbering.newest
  }

  /** Names the row of numbers that the ids are of; another one after the queue was lost. */
  get generation(): string {
    return this.#numbering.generation
  }

  /**
   * The highest id that was given, and those that no server has confirmed, in 24 ranges at most; null while the file
   * can't be read.
   */
  get known(): KnownNumbers | null {
    const waiting = this.#contents.findRanges(this.#disk.length)
    if (waiting === null) return null
    let unconfirmed: NumberRanges = waiting
    for (const { first, last } of this.losses)
      if (first > 0) unconfirmed = addRange(unconfirmed, { first, last })
    const surplus = unconfirmed.length - MAX_UNCONFIRMED_RANGES
    // More seems to wait than does: nothing that still comes may be taken for lost.
    const [lowest] = unconfirmed
    const end = unconfirmed[surplus]
    if (surplus > 0 && lowest !== undefined && end !== undefined)
      unconfirmed = [{ first: lowest.first, last: end.last }, ...unconfirmed.slice(surplus + 1)]
    return { newest: this.newestId, unconfirmed }
  }

  /** Losses that no server has noted yet. */
  get losses(): readonly Loss[] {
    return this.#numbering.losses.all
  }

  /** A server has noted these. */
  confirmLosses(losses: readonly Loss[]): void {
    if (losses.length === 0) return
    this.#numbering.losses.confirm(losses)
    this.#numbering.noteLossesChanged()
  }

  /**
   * The lowest id that may still be sent to a server: all below it were acknowledged, or are lost and noted.
   */
  get lowestId(): number {
    return this.#disk.lowestId
  }

  get figures(): QueueFigures {
    return { length: this.#disk.length, ...this.#losses.totals }
  }

  /** True when a frame of this time was appended before, sent or not; remembered over restarts. */
  hasTaken(time: number): boolean {
    return this.#times.isTaken(time)
  }

  /** A cycle was left out because its time has samples already. */
  noteTakenTime(time: number): void {
    this.#times.noteTaken(time)
  }

  /**
   * The state of the thresholds in the file, null in a new file: returned once after the file was opened,
   * which may be long after the start; otherwise null.
   */
  takeFoundThresholds(): { readonly kept: string | null } | null {
    return this.#thresholds.takeFound()
  }

  /**
   * Never throws because of the disk. Drops items older than `oldest` (seconds since 1970; null keeps all
   * ages).
   */
  append({ frame, events, thresholds }: QueueEntries, oldest: number | null): void {
    if (thresholds !== undefined) this.#thresholds.set(thresholds)
    if (frame !== null) {
      this.#times.add(frame.time)
      const metricSet = this.#metricSets.intern(frame.metrics)
      this.#push('frame', frame.time, metricSet, JSON.stringify([frame.time, ...frame.values]))
    }
    for (const event of events) this.#push('event', event.time, null, JSON.stringify(event))
    this.#disk.flush(oldest)
  }

  #push(kind: Item['kind'], time: number, metricSet: number | null, body: string) {
    this.#contents.push({ id: this.#numbering.take(), kind, time, metricSet, body })
  }

  /** The oldest items with `after < id <= through` that fit one batch. */
  takeOldest(after: number, through: number, limits: BatchLimits): Item[] {
    return this.#read(() => collectBatch(this.#contents.ascending(after + 1, through), limits))
  }

  /** The newest items with `after < id <= through` that fit one batch, oldest first. */
  takeNewest(after: number, through: number, limits: BatchLimits): Item[] {
    const contents = this.#contents
    return this.#read(() =>
      collectBatch(
        contents.listNewest(after + 1, through) ?? contents.descending(after + 1, through),
        limits,
      ).reverse(),
    )
  }

  /** The names of a frame's columns. Throws when they are lost. */
  metricsOf(metricSet: number): readonly string[] {
    const metrics = this.#metricSets.find(metricSet)
    if (metrics === null) throw new Error(`the queue has lost the names of layout ${metricSet}`)
    return metrics
  }

  /** Deletes exactly these: the server has them. */
  remove(items: readonly Item[]): void {
    this.#contents.remove(items)
    // A few are deleted with the commit of the next frame. Those that a crash brings back are sent twice,
    // which does no harm.
    if (this.#contents.gone.size > KEPT_GONE || this.#disk.isFailing) this.#disk.flush(null)
  }

  /** Deletes these, which the server will never have, and counts them. */
  refuse(items: readonly Item[]): void {
    this.#losses.addRefused(items)
    this.remove(items)
  }

  /** Items that come later (from a cycle that hung) are lost. */
  close(): void {
    this.#disk.close()
  }

  #read(read: () => Item[]): Item[] {
    try {
      const items = read()
      // Reads the names now: a disk that fails here must not look like a frame that can't be sent.
      for (const { metricSet } of items) if (metricSet !== null) this.#metricSets.find(metricSet)
      this.#dropDamaged()
      return items
    } catch (error) {
      this.#disk.recover(error)
      return []
    }
  }

  /** Rows that are not what was written go with the next commit, and are counted. */
  #dropDamaged() {
    const { file, gone } = this.#contents
    const damaged = file?.takeDamaged().filter((id) => !gone.has(id)) ?? []
    if (damaged.length === 0) return
    for (const id of damaged) gone.add(id)
    this.#losses.addDamaged(damaged)
    this.#options.log.error('damaged rows of the queue were dropped', {
      file: this.#options.file,
      count: damaged.length,
    })
  }
}
