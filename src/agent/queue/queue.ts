import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Loss } from '../../domain/audit/loss.ts'
import type { EventReport } from '../../domain/event.ts'
import type { Frame } from '../../domain/sample.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { BootClock } from '../../platform/boot.ts'
import { type BatchLimits, collectBatch, runsOf } from './batch-selection.ts'
import { FrameTimes } from './frame-times.ts'
import { KeptThresholds } from './kept-thresholds.ts'
import { MetricSetRegistry } from './metric-set-registry.ts'
import { QueueContents } from './queue-contents.ts'
import { isDiskTrouble, isUnusable, type OpenQueue, openQueueFile, replaceDamaged } from './queue-damage.ts'
import { QueueLosses } from './queue-losses.ts'
import { QueueNoteWriter, readNote } from './queue-note.ts'
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
  /** What the thresholds remember after this frame, kept in the same transaction; left out: as before. */
  readonly thresholds?: string
}

/** How many items wait, and what became of others. */
export type QueueFigures = QueueTotals & { readonly length: number }

/** Commits that are forced onto the disk are at least so far apart; what a power cut may cost. */
const DURABLE_EVERY_MS = 10_000

/** Items that were acknowledged may stay on disk until the next commit, if they are no more. */
const KEPT_GONE = 16

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
  readonly #contents = new QueueContents()
  readonly #metricSets = new MetricSetRegistry((id) => this.#contents.file?.readMetricSet(id) ?? null)
  readonly #numbering = new QueueNumbering()
  readonly #losses: QueueLosses
  readonly #times: FrameTimes
  readonly #thresholds = new KeptThresholds()
  readonly #note: QueueNoteWriter
  #onDisk = { length: 0, bytes: 0 }
  #oldestTime = Number.NEGATIVE_INFINITY
  #isFailing = false
  #isClosed = false
  /** What is written next is the last of it. */
  #isClean = false
  #durableAtMs = Number.NEGATIVE_INFINITY

  /**
   * Opens or creates the file, and its folder. A damaged file is moved aside and begun anew. Throws when the
   * file can't be opened for good: it is in use by another agent, is not a queue, or may not be written.
   */
  constructor(options: QueueOptions) {
    this.#options = options
    const { file, interval, clock, bootClock = null, log } = options
    this.#losses = new QueueLosses(this.#numbering, clock, log)
    this.#times = new FrameTimes({
      interval,
      clock,
      bootClock,
      losses: () => this.#numbering.losses,
      onNoted: () => this.#numbering.noteLossesChanged(),
    })
    this.#note = new QueueNoteWriter(file)
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      this.#open()
    } catch (error) {
      if (isDiskTrouble(error)) this.#beginInMemory(error)
      else throw new Error(`can't open the queue ${file}`, { cause: error })
    }
  }

  /** The id of what was appended last; 0 when nothing ever was. */
  get newestId(): number {
    return this.#numbering.newest
  }

  /** Names the row of numbers that the ids are of; another one after the queue was lost. */
  get generation(): string {
    return this.#numbering.generation
  }

  /** What never comes and no server has noted yet. */
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
   * The lowest id of which a server may still hear: everything below it was acknowledged or is lost and noted.
   */
  get lowestId(): number {
    const waiting = this.#contents.findLowest(this.newestId + 1)
    return Math.min(waiting, this.#numbering.losses.lowest ?? waiting)
  }

  get figures(): QueueFigures {
    const { gone, pending } = this.#contents
    return {
      length: Math.max(0, this.#onDisk.length - gone.size) + pending.length,
      ...this.#losses.totals,
    }
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
   * What the thresholds remembered when the file was written last, null in a file that is new: given once
   * after the file was opened, which may be long after the start; otherwise null.
   */
  takeFoundThresholds(): { readonly kept: string | null } | null {
    return this.#thresholds.takeFound()
  }

  /**
   * Never throws for the disk's sake. Drops what is older than `oldest` (seconds since 1970; null keeps all
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
    this.#flush(oldest)
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
    return this.#read(() => collectBatch(this.#contents.descending(after + 1, through), limits).reverse())
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
    // A few go in the commit of the next frame. Those that a crash brings back are sent twice, which hurts
    // nobody.
    if (this.#contents.gone.size > KEPT_GONE || this.#isFailing) this.#flush(null)
  }

  /** Deletes these, which the server will never have, and counts them. */
  refuse(items: readonly Item[]): void {
    this.#losses.addRefused(items)
    this.remove(items)
  }

  /** What comes later (a cycle that hung) is lost. */
  close(): void {
    this.#isClean = true
    this.#flush(null)
    this.#isClosed = true
    this.#contents.file?.close()
    this.#contents.file = null
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
    const { file, gone } = this.#contents
    const damaged = file?.takeDamaged().filter((id) => !gone.has(id)) ?? []
    if (damaged.length === 0) return
    for (const id of damaged) gone.add(id)
    this.#losses.addDamaged(damaged)
    this.#options.log.error('rows of the queue are damaged; they are dropped', {
      file: this.#options.file,
      count: damaged.length,
    })
  }

  /** Brings the disk up to date with the memory, if it lets us. */
  #flush(oldest: number | null) {
    if (this.#isClosed) return
    try {
      if (this.#contents.file === null) this.#open()
      this.#write(oldest)
      if (this.#isFailing) this.#options.log.info('the queue is on disk again', { file: this.#options.file })
      this.#isFailing = false
    } catch (error) {
      this.#recover(error)
    }
    this.#boundMemory()
  }

  #write(oldest: number | null) {
    const { file, pending: items, gone } = this.#contents
    if (file === null) return
    const hasChanged = items.length > 0 || gone.size > 0 || this.#numbering.unsavedLosses !== null
    if (!hasChanged && !this.#isClean) return
    const added = this.#contents.pendingBytes
    const excess = this.#onDisk.bytes + added - this.#options.bytes
    const mayDrop = excess > 0 || (oldest !== null && this.#oldestTime < oldest)
    const drops = mayDrop ? file.chooseDrops(excess, oldest).filter(({ id }) => !gone.has(id)) : []
    const totals = this.#losses.countDrops(drops)
    const nowMs = this.#options.clock.monotonicMs()
    const isDurable = items.length > 0 && nowMs - this.#durableAtMs >= DURABLE_EVERY_MS
    const change = {
      metricSets: this.#metricSets.unsaved,
      items,
      removed: runsOf([...gone, ...drops.map(({ id }) => id)]),
      totals,
      numbers: this.#numbering.describe(this.#isClean),
      losses: this.#numbering.unsavedLosses,
      spans: items.length > 0 ? this.#times.ranges : null,
      thresholds: this.#thresholds.unsaved,
    }
    const waiting = Math.max(1, this.lowestId)
    const { length } = this.figures
    // Before the file knows of a number: one that is in neither was never given.
    const { generation, newestId: newest, losses } = this
    const { newest: time, boot } = this.#times
    this.#note.write({ generation, newest, waiting, time, boot, length, totals, losses })
    const removed = file.write(change, isDurable)
    if (isDurable) this.#durableAtMs = nowMs
    this.#losses.logDrops(drops.length, length)
    this.#losses.totals = totals
    this.#metricSets.noteSaved()
    this.#numbering.noteSaved()
    this.#thresholds.noteSaved()
    this.#contents.noteWritten()
    this.#onDisk = {
      length: this.#onDisk.length + items.length - removed.count,
      bytes: this.#onDisk.bytes + added - removed.bytes,
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
    const excess = this.#contents.pendingBytes - Math.min(MAX_MEMORY_BYTES, this.#options.bytes)
    if (excess <= 0) return
    const dropped = this.#contents.takePending(excess)
    this.#losses.logDrops(dropped.length, this.figures.length)
    this.#losses.addPending(dropped)
  }

  #open() {
    this.#use(openQueueFile(this.#options.file, this.#options.log))
  }

  #use({ file, state, isSalvaged }: OpenQueue) {
    this.#contents.file = file
    this.#onDisk = { length: state.length, bytes: state.bytes }
    this.#oldestTime = Number.NEGATIVE_INFINITY
    const found = { state, isSalvaged, listIds: () => file.listIds(0, Number.MAX_SAFE_INTEGER) }
    const note = readNote(this.#options.file)
    this.#losses.add(this.#numbering.adopt(found, note, this.#contents.firstPending))
    this.#metricSets.continueAfter(state.lastMetricSet?.id ?? 0, state.lastMetricSet)
    this.#times.adopt(state.spans, note)
    this.#thresholds.noteFound(state.thresholds)
  }

  /** The file could not be opened now; ids above those that it holds, so that it can be later. */
  #beginInMemory(error: unknown) {
    const { file, clock } = this.#options
    this.#numbering.beginWithout(readNote(file), clock.nowMs())
    this.#metricSets.continueAfter(clock.nowMs(), null)
    this.#noteFailure(error)
  }

  /** A damaged file is replaced at once; for anything else the disk is asked again at the next change. */
  #recover(error: unknown) {
    const { file, gone } = this.#contents
    if (!isUnusable(error) || file === null) return this.#noteFailure(error)
    try {
      file.close()
      this.#contents.file = null
      this.#replaceFile(replaceDamaged(this.#options.file, this.#options.log, error, (id) => gone.has(id)))
      this.#write(null)
    } catch (again) {
      this.#noteFailure(again)
    }
  }

  /**
   * What is in memory is as new as the file's: only the rows are taken over, and what is lost is counted
   * exactly.
   */
  #replaceFile({ file, state }: OpenQueue) {
    const contents = this.#contents
    const lost = Math.max(0, this.#onDisk.length - contents.gone.size - state.length)
    if (lost > 0) {
      const last = (contents.firstPending ?? this.newestId + 1) - 1
      const ids = [...contents.gone, ...file.listIds(0, last)].sort((a, b) => a - b)
      this.#numbering.noteDamaged(ids, contents.findLowest(1), last)
    }
    contents.replaceFile(file)
    this.#metricSets.forgetFile()
    this.#thresholds.noteFileReplaced()
    this.#onDisk = { length: state.length, bytes: state.bytes }
    this.#oldestTime = Number.NEGATIVE_INFINITY
    const { totals } = this.#losses
    this.#losses.totals = { ...totals, damaged: totals.damaged + lost }
  }

  #noteFailure(error: unknown) {
    if (!this.#isFailing)
      this.#options.log.error('the queue can not be written; new samples are kept in memory', {
        file: this.#options.file,
        reason: error,
      })
    this.#isFailing = true
  }
}
