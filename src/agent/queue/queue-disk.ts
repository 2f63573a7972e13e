import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { runsOf } from './batch-selection.ts'
import type { FrameTimes } from './frame-times.ts'
import type { KeptThresholds } from './kept-thresholds.ts'
import type { MetricSetRegistry } from './metric-set-registry.ts'
import type { QueueContents } from './queue-contents.ts'
import { isDiskTrouble, isUnusable, type OpenQueue, openQueueFile, replaceDamaged } from './queue-damage.ts'
import type { QueueLosses } from './queue-losses.ts'
import { QueueNoteWriter, readNote } from './queue-note.ts'
import type { LostItems, QueueNumbering } from './queue-numbering.ts'
import type { Item } from './queue-rows.ts'

export type QueueDiskOptions = {
  readonly file: string
  /** Bound on what waits, in bytes of the items. */
  readonly bytes: number
  readonly clock: Clock
  readonly log: Log
}

/** The content of the file, as it is in memory. */
export type QueueParts = {
  readonly contents: QueueContents
  readonly metricSets: MetricSetRegistry
  readonly numbering: QueueNumbering
  readonly losses: QueueLosses
  readonly times: FrameTimes
  readonly thresholds: KeptThresholds
}

/** Commits that are forced onto the disk are at least so far apart; what a power cut may cost. */
const DURABLE_EVERY_MS = 10_000

/** Bound on the items kept in memory while the disk fails. */
const MAX_MEMORY_BYTES = 4 * 1024 * 1024

/** Keeps the file of a queue in step with its memory, opens it, and does without it while the disk fails. */
export class QueueDisk {
  readonly #options: QueueDiskOptions
  readonly #parts: QueueParts
  readonly #note: QueueNoteWriter
  #onDisk = { length: 0, bytes: 0 }
  #oldestTime = Number.NEGATIVE_INFINITY
  #isFailing = false
  #isClosed = false
  /** The next write is the last one. */
  #isClean = false
  #durableAtMs = Number.NEGATIVE_INFINITY

  /** Opens or creates the file, and its folder; throws as the constructor of `Queue`. */
  constructor(options: QueueDiskOptions, parts: QueueParts) {
    this.#options = options
    this.#parts = parts
    const { file } = options
    this.#note = new QueueNoteWriter(file)
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      this.#open()
    } catch (error) {
      if (isDiskTrouble(error)) this.#beginInMemory(error)
      else throw new Error(`can't open the queue ${file}`, { cause: error })
    }
  }

  /** True while the disk takes nothing. */
  get isFailing(): boolean {
    return this.#isFailing
  }

  /** How many items wait, in the file and in memory. */
  get length(): number {
    const { gone, pending } = this.#parts.contents
    return Math.max(0, this.#onDisk.length - gone.size) + pending.length
  }

  /** The lowest id that may still be sent to a server. */
  get lowestId(): number {
    const { contents, numbering } = this.#parts
    const waiting = contents.findLowest(numbering.newest + 1)
    return Math.min(waiting, numbering.losses.lowest ?? waiting)
  }

  /** Writes the last of it; nothing is written after. */
  close(): void {
    this.#isClean = true
    this.flush(null)
    this.#isClosed = true
    const { contents } = this.#parts
    contents.file?.close()
    contents.file = null
  }

  /**
   * Writes the changes in memory to disk, if the disk works. Drops items older than `oldest` (seconds since
   * 1970; null keeps all ages).
   */
  flush(oldest: number | null): void {
    if (this.#isClosed) return
    try {
      if (this.#parts.contents.file === null) this.#open()
      this.#write(oldest)
      if (this.#isFailing) this.#options.log.info('the queue is on disk again', { file: this.#options.file })
      this.#isFailing = false
    } catch (error) {
      this.recover(error)
    }
    this.#boundMemory()
  }

  #write(oldest: number | null) {
    const { contents, metricSets, numbering, losses, times, thresholds } = this.#parts
    const { file, pending: items, gone } = contents
    if (file === null) return
    const hasChanged = items.length > 0 || gone.size > 0 || numbering.unsavedLosses !== null
    if (!hasChanged && !this.#isClean) return
    const added = contents.pendingBytes
    const excess = this.#onDisk.bytes + added - this.#options.bytes
    const mayDrop = excess > 0 || (oldest !== null && this.#oldestTime < oldest)
    const drops = mayDrop ? file.chooseDrops(excess, oldest).filter(({ id }) => !gone.has(id)) : []
    const totals = losses.countDrops(drops)
    const nowMs = this.#options.clock.monotonicMs()
    const isDurable = items.length > 0 && nowMs - this.#durableAtMs >= DURABLE_EVERY_MS
    const change = {
      metricSets: metricSets.unsaved,
      items,
      removed: runsOf([...gone, ...drops.map(({ id }) => id)]),
      totals,
      numbers: numbering.describe(this.#isClean),
      losses: numbering.unsavedLosses,
      spans: items.length > 0 ? times.ranges : null,
      thresholds: thresholds.unsaved,
    }
    const waiting = Math.max(1, this.lowestId)
    const { length } = this
    // Before the file knows of a number: one that is in neither was never given.
    const { generation, newest } = numbering
    const { newest: time, boot } = times
    this.#note.write({
      generation,
      newest,
      waiting,
      time,
      boot,
      length,
      totals,
      losses: numbering.losses.all,
    })
    const removed = file.write(change, isDurable)
    if (isDurable) this.#durableAtMs = nowMs
    losses.logDrops(drops.length, length)
    losses.totals = totals
    metricSets.noteSaved()
    numbering.noteSaved()
    thresholds.noteSaved()
    contents.noteWritten()
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
    const { contents, losses } = this.#parts
    const excess = contents.pendingBytes - Math.min(MAX_MEMORY_BYTES, this.#options.bytes)
    if (excess <= 0) return
    const dropped = contents.takePending(excess)
    losses.logDrops(dropped.length, this.length)
    losses.addPending(dropped)
  }

  #open() {
    this.#use(openQueueFile(this.#options.file, this.#options.log))
  }

  #use({ file, state, isSalvaged }: OpenQueue) {
    const { contents, metricSets, numbering, losses, times, thresholds } = this.#parts
    contents.file = file
    this.#onDisk = { length: state.length, bytes: state.bytes }
    this.#oldestTime = Number.NEGATIVE_INFINITY
    const found = { state, isSalvaged, listIds: () => file.listIds(0, Number.MAX_SAFE_INTEGER) }
    const note = readNote(this.#options.file)
    const { totals, lost } = numbering.adopt(found, note, contents.firstPending)
    losses.add(totals)
    if (lost !== null) this.#noteLost(lost)
    metricSets.continueAfter(state.lastMetricSet?.id ?? 0, state.lastMetricSet)
    times.adopt(state.spans, note)
    thresholds.noteFound(state.thresholds)
  }

  #noteLost({ count, isAll }: LostItems) {
    const { log, file } = this.#options
    if (isAll)
      log.error('the queue file was lost with what waited in it; it is begun anew', { file, lost: count })
    else
      log.warn('the queue file lacks what was written last; the machine has crashed or a file is gone', {
        file,
        lost: count,
      })
  }

  /** The file could not be opened now; ids above those that it holds, so that it can be later. */
  #beginInMemory(error: unknown) {
    const { file, clock } = this.#options
    const { numbering, metricSets } = this.#parts
    numbering.beginWithout(readNote(file), clock.nowMs())
    metricSets.continueAfter(clock.nowMs(), null)
    this.#noteFailure(error)
  }

  /**
   * After a failure: a damaged file is replaced at once; otherwise the disk is tried again at the next
   * change.
   */
  recover(error: unknown): void {
    const { contents } = this.#parts
    const { file, gone } = contents
    if (!isUnusable(error) || file === null) {
      this.#noteFailure(error)
      return
    }
    try {
      file.close()
      contents.file = null
      this.#replaceFile(replaceDamaged(this.#options.file, this.#options.log, error, (id) => gone.has(id)))
      this.#write(null)
    } catch (again) {
      this.#noteFailure(again)
    }
  }

  /**
   * The state in memory is as new as the file's: only the rows are copied, and losses are counted exactly.
   */
  #replaceFile({ file, state }: OpenQueue) {
    const { contents, numbering, metricSets, thresholds, losses } = this.#parts
    const lost = Math.max(0, this.#onDisk.length - contents.gone.size - state.length)
    if (lost > 0) {
      const last = (contents.firstPending ?? numbering.newest + 1) - 1
      const ids = [...contents.gone, ...file.listIds(0, last)].sort((a, b) => a - b)
      numbering.noteDamaged(ids, contents.findLowest(1), last)
    }
    contents.replaceFile(file)
    metricSets.forgetFile()
    thresholds.noteFileReplaced()
    this.#onDisk = { length: state.length, bytes: state.bytes }
    this.#oldestTime = Number.NEGATIVE_INFINITY
    const { totals } = losses
    losses.totals = { ...totals, damaged: totals.damaged + lost }
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
