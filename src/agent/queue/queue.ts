import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { EventReport } from '../../domain/event.ts'
import type { Frame } from '../../domain/sample.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { type BatchLimits, collectBatch, runsOf } from './batch-selection.ts'
import { MetricSetRegistry } from './metric-set-registry.ts'
import { isDiskTrouble, isUnusable, type OpenQueue, openQueueFile, replaceDamaged } from './queue-damage.ts'
import { type Item, type QueueFile, sizeOf } from './queue-file.ts'
import { addTime, isTaken, type TimeRange } from './sampled-ranges.ts'

export type QueueOptions = {
  readonly file: string
  /**
   * Bound on what waits, in bytes of the items. The file is about this large at most, and 2 MB for its log.
   */
  readonly bytes: number
  /** Seconds between two frames. */
  readonly interval: number
  readonly clock: Clock
  readonly log: Log
}

export type QueueEntries = {
  readonly frame: Frame | null
  readonly events: readonly EventReport[]
  /** What the thresholds remember after this frame, kept in the same transaction; left out: as before. */
  readonly thresholds?: string
}

export type QueueFigures = {
  /** Items that wait. */
  readonly length: number
  /** Items thrown away for want of room or for their age, since the queue was made. */
  readonly dropped: number
  /** Items that the server would not have, since the queue was made. */
  readonly refused: number
  /** Items that were lost because the file was damaged, since the queue was made. */
  readonly damaged: number
}

/** Commits that are forced onto the disk are at least so far apart; what a power cut may cost. */
const DURABLE_EVERY_MS = 10_000

/** Items that were acknowledged may stay on disk until the next commit, if they are no more. */
const KEPT_GONE = 16

/** A queue that stays full says so this often. */
const TELL_DROPS_EVERY_MS = 3_600_000

/** Bound on what is kept in memory while the disk takes nothing. */
const MAX_MEMORY_BYTES = 4 * 1024 * 1024

/**
 * The agent's outbox: frames and events in the order of sending, in a SQLite file, bounded in age and bytes.
 * What is appended survives a crash of the process, and one of the machine but for the last ten seconds.
 * While the disk takes nothing (full, failing, read-only) items gather in a bounded memory and go to the disk
 * when it takes them again.
 */
export class Queue {
  readonly #options: QueueOptions
  readonly #metricSets = new MetricSetRegistry((id) => this.#file?.readMetricSet(id) ?? null)
  #file: QueueFile | null = null
  /** In memory only, so far. */
  #pending: Item[] = []
  /** Written last, and on disk now: what is sent next need not be read again. */
  #recent: readonly Item[] = []
  /** On disk still, though acknowledged: the disk would not delete them. */
  #gone = new Set<number>()
  #spans: readonly TimeRange[] = []
  /** The newest state of the thresholds; kept here too, for a file that has to be begun anew. */
  #thresholds: string | null = null
  #isThresholdsSaved = true
  #foundThresholds: { readonly kept: string | null } | null = null
  #onDisk = { length: 0, bytes: 0 }
  #oldestTime = Number.NEGATIVE_INFINITY
  #totals = { dropped: 0, refused: 0, damaged: 0 }
  #newestId = 0
  #isFailing = false
  #isClosed = false
  #durableAtMs = Number.NEGATIVE_INFINITY
  #dropsLoggedAtMs = Number.NEGATIVE_INFINITY

  /**
   * Opens or creates the file, and its folder. A damaged file is moved aside and begun anew. Throws when the
   * file can't be opened for good: it is in use by another agent, is not a queue, or may not be written.
   */
  constructor(options: QueueOptions) {
    this.#options = options
    try {
      mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 })
      this.#open()
    } catch (error) {
      if (isDiskTrouble(error)) this.#beginInMemory(error)
      else throw new Error(`can't open the queue ${options.file}`, { cause: error })
    }
  }

  /** The id of what was appended last; 0 when nothing ever was. */
  get newestId(): number {
    return this.#newestId
  }

  get figures(): QueueFigures {
    return {
      length: Math.max(0, this.#onDisk.length - this.#gone.size) + this.#pending.length,
      ...this.#totals,
    }
  }

  /** True when a frame of this time was appended before, sent or not; remembered over restarts. */
  hasTaken(time: number): boolean {
    return isTaken(this.#spans, time)
  }

  /**
   * What the thresholds remembered when the file was written last, null in a file that is new: given once
   * after the file was opened, which may be long after the start; otherwise null.
   */
  takeFoundThresholds(): { readonly kept: string | null } | null {
    const found = this.#foundThresholds
    this.#foundThresholds = null
    return found
  }

  /**
   * Never throws for the disk's sake. Drops what is older than `oldest` (seconds since 1970; null keeps all
   * ages).
   */
  append({ frame, events, thresholds }: QueueEntries, oldest: number | null): void {
    if (thresholds !== undefined) {
      this.#thresholds = thresholds
      this.#isThresholdsSaved = false
    }
    if (frame !== null) {
      const metricSet = this.#metricSets.intern(frame.metrics)
      this.#push('frame', frame.time, metricSet, JSON.stringify([frame.time, ...frame.values]))
      this.#spans = addTime(this.#spans, frame.time, this.#options.interval)
    }
    for (const event of events) this.#push('event', event.time, null, JSON.stringify(event))
    this.#flush(oldest)
  }

  #push(kind: Item['kind'], time: number, metricSet: number | null, body: string) {
    this.#pending.push({ id: ++this.#newestId, kind, time, metricSet, body })
  }

  /** The oldest items with `after < id <= through` that fit one batch. */
  takeOldest(after: number, through: number, limits: BatchLimits): Item[] {
    return this.#read(() => collectBatch(this.#ascending(after + 1, through), limits))
  }

  /** The newest items with `after < id <= through` that fit one batch, oldest first. */
  takeNewest(after: number, through: number, limits: BatchLimits): Item[] {
    return this.#read(() => collectBatch(this.#descending(after + 1, through), limits).reverse())
  }

  /** The names of a frame's columns. Throws when they are lost. */
  metricsOf(metricSet: number): readonly string[] {
    const metrics = this.#metricSets.find(metricSet)
    if (metrics === null) throw new Error(`the queue has lost the names of layout ${metricSet}`)
    return metrics
  }

  /** Deletes exactly these: the server has them. */
  remove(items: readonly Item[]): void {
    const ids = new Set(items.map((item) => item.id))
    const firstPending = this.#pending[0]?.id ?? Number.POSITIVE_INFINITY
    this.#pending = this.#pending.filter((item) => !ids.has(item.id))
    for (const id of ids) if (id < firstPending) this.#gone.add(id)
    // A few go in the commit of the next frame. Those that a crash brings back are sent twice, which hurts
    // nobody.
    if (this.#gone.size > KEPT_GONE || this.#isFailing) this.#flush(null)
  }

  /** Deletes these, which the server will never have, and counts them. */
  refuse(items: readonly Item[]): void {
    this.#totals.refused += items.length
    this.remove(items)
  }

  /** What comes later (a cycle that hung) is lost. */
  close(): void {
    this.#flush(null)
    this.#isClosed = true
    this.#file?.close()
    this.#file = null
  }

  *#ascending(first: number, last: number): Generator<Item> {
    if (this.#file !== null)
      for (const item of this.#file.ascending(first, last)) if (!this.#gone.has(item.id)) yield item
    for (const item of this.#pending) if (item.id >= first && item.id <= last) yield item
  }

  *#descending(first: number, last: number): Generator<Item> {
    for (const item of this.#pending.toReversed()) if (item.id >= first && item.id <= last) yield item
    for (const item of this.#recent.toReversed())
      if (item.id >= first && item.id <= last && !this.#gone.has(item.id)) yield item
    const below = Math.min(last, (this.#recent[0]?.id ?? Number.POSITIVE_INFINITY) - 1)
    if (this.#file !== null && first <= below)
      for (const item of this.#file.descending(first, below)) if (!this.#gone.has(item.id)) yield item
  }

  #read(read: () => Item[]): Item[] {
    try {
      const items = read()
      // Reads the names now: a disk that fails here must not look like a frame that can't be sent.
      for (const { metricSet } of items) if (metricSet !== null) this.#metricSets.find(metricSet)
      this.#dropDamaged()
      return items
    } catch (error) {
      this.#recover(error)
      return []
    }
  }

  /** Rows that are not what was written go with the next commit, and are counted. */
  #dropDamaged() {
    const damaged = this.#file?.takeDamaged().filter((id) => !this.#gone.has(id)) ?? []
    if (damaged.length === 0) return
    this.#totals = { ...this.#totals, damaged: this.#totals.damaged + damaged.length }
    for (const id of damaged) this.#gone.add(id)
    this.#options.log.error('rows of the queue are damaged; they are dropped', {
      file: this.#options.file,
      count: damaged.length,
    })
  }

  /** Brings the disk up to date with the memory, if it lets us. */
  #flush(oldest: number | null) {
    if (this.#isClosed) return
    try {
      if (this.#file === null) this.#open()
      this.#write(oldest)
      if (this.#isFailing) this.#options.log.info('the queue is on disk again', { file: this.#options.file })
      this.#isFailing = false
    } catch (error) {
      this.#recover(error)
    }
    this.#boundMemory()
  }

  #write(oldest: number | null) {
    const file = this.#file
    if (file === null || (this.#pending.length === 0 && this.#gone.size === 0)) return
    const items = this.#pending
    const added = items.reduce((sum, item) => sum + sizeOf(item), 0)
    const excess = this.#onDisk.bytes + added - this.#options.bytes
    const mayDrop = excess > 0 || (oldest !== null && this.#oldestTime < oldest)
    const dropped = mayDrop ? file.chooseDrops(excess, oldest).filter((id) => !this.#gone.has(id)) : []
    const totals = { ...this.#totals, dropped: this.#totals.dropped + dropped.length }
    const removed = runsOf([...this.#gone, ...dropped])
    const nowMs = this.#options.clock.monotonicMs()
    const isDurable = items.length > 0 && nowMs - this.#durableAtMs >= DURABLE_EVERY_MS
    const change = {
      metricSets: this.#metricSets.unsaved,
      items,
      removed,
      totals,
      spans: items.length > 0 ? this.#spans : null,
      thresholds: this.#isThresholdsSaved ? null : this.#thresholds,
    }
    const gone = file.write(change, isDurable)
    if (isDurable) this.#durableAtMs = nowMs
    if (dropped.length > 0) this.#noteDrops(dropped.length)
    this.#metricSets.noteSaved()
    this.#isThresholdsSaved = true
    this.#pending = []
    this.#recent = items
    this.#gone.clear()
    this.#totals = totals
    this.#onDisk = {
      length: this.#onDisk.length + items.length - gone.count,
      bytes: this.#onDisk.bytes + added - gone.bytes,
    }
    this.#noteOldest(items)
    if (this.#onDisk.length <= items.length) file.shrink()
  }

  /** Nothing on disk is older, so that its items need not be looked at in every cycle. */
  #noteOldest(added: readonly Item[]) {
    if (this.#onDisk.length <= added.length) this.#oldestTime = Number.POSITIVE_INFINITY
    for (const { time } of added) this.#oldestTime = Math.min(this.#oldestTime, time)
  }

  #boundMemory() {
    let excess = this.#pending.reduce((sum, item) => sum + sizeOf(item), 0)
    excess -= Math.min(MAX_MEMORY_BYTES, this.#options.bytes)
    if (excess <= 0) return
    const kept: Item[] = []
    for (const item of this.#pending)
      if (excess > 0) excess -= sizeOf(item)
      else kept.push(item)
    this.#noteDrops(this.#pending.length - kept.length)
    this.#totals.dropped += this.#pending.length - kept.length
    this.#pending = kept
  }

  #open() {
    this.#use(openQueueFile(this.#options.file, this.#options.log))
  }

  #use({ file, state }: OpenQueue) {
    this.#file = file
    this.#onDisk = { length: state.length, bytes: state.bytes }
    this.#oldestTime = Number.NEGATIVE_INFINITY
    this.#newestId = Math.max(this.#newestId, state.lastId)
    this.#metricSets.continueAfter(state.lastMetricSet?.id ?? 0, state.lastMetricSet)
    this.#totals.dropped += state.totals.dropped
    this.#totals.refused += state.totals.refused
    this.#totals.damaged += state.totals.damaged
    this.#spans = [...state.spans, ...this.#spans]
    this.#foundThresholds = { kept: state.thresholds }
  }

  /** The file could not be opened now; ids far above those that it may hold, so that it can be later. */
  #beginInMemory(error: unknown) {
    this.#newestId = this.#options.clock.nowMs()
    this.#metricSets.continueAfter(this.#newestId, null)
    this.#noteFailure(error)
  }

  /** A damaged file is replaced at once; for anything else the disk is asked again at the next change. */
  #recover(error: unknown) {
    if (!isUnusable(error) || this.#file === null) return this.#noteFailure(error)
    const { file: path, log } = this.#options
    try {
      this.#file.close()
      this.#file = null
      const { length } = this.#onDisk
      const gone = this.#gone
      const opened = replaceDamaged(path, log, error, (id) => gone.has(id))
      const lost = Math.max(0, length - gone.size - opened.state.length)
      this.#gone = new Set()
      this.#recent = []
      this.#metricSets.forgetFile()
      this.#isThresholdsSaved = this.#thresholds === null
      // What is in memory is as new as the file's: only the rows are taken over, and what is lost is counted
      // exactly.
      this.#file = opened.file
      this.#onDisk = { length: opened.state.length, bytes: opened.state.bytes }
      this.#oldestTime = Number.NEGATIVE_INFINITY
      this.#totals = { ...this.#totals, damaged: this.#totals.damaged + lost }
      this.#write(null)
    } catch (again) {
      this.#noteFailure(again)
    }
  }

  #noteFailure(error: unknown) {
    if (!this.#isFailing)
      this.#options.log.error('the queue can not be written; new samples are kept in memory', {
        file: this.#options.file,
        reason: error,
      })
    this.#isFailing = true
  }

  #noteDrops(count: number) {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#dropsLoggedAtMs < TELL_DROPS_EVERY_MS) return
    this.#dropsLoggedAtMs = nowMs
    this.#options.log.warn('the oldest items of the queue are dropped: it is full, or they are too old', {
      count,
      length: this.figures.length,
    })
  }
}
