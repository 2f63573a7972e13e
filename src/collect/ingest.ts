import { reportRefusedReport } from '../domain/events/refused-report.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError, type Log } from '../lib/log.ts'
import type { HostReport, IngestStore, WriteRefusal } from '../storage/ports/store.ts'
import type { WatchedBound } from './bound-watch.ts'
import type { CollectLimits } from './connection/connection-limits.ts'
import type { Rejections } from './rejections.ts'
import { addRefused, type Submission } from './submission.ts'
import { Suspects } from './suspects.ts'

export type IngestCounters = { packets: number; frames: number; samples: number; commits: number }

export type IngestOptions = {
  readonly store: IngestStore
  readonly clock: Clock
  readonly log: Log
  readonly rejections: Rejections
  readonly limits: Pick<CollectLimits, 'pendingBytes' | 'commitReports' | 'commitBytes'>
  /** Called when there is room again after there was none. */
  readonly onRoom: () => void
  /**
   * Called when a bound has refused this many pieces that a host sent; the host is empty where all hosts are
   * meant.
   */
  readonly onBound: (bound: WatchedBound, host: string, count: number) => void
  /** True while the disk of the database is too full to take anything. */
  readonly isDiskFull: () => boolean
  /** Called when a commit is over and answered. */
  readonly onCommit: () => void
}

/**
 * Failures in a row, halving each time, that mean storage is away: one bad report among 1500 is found after
 * 12 at most.
 */
const MAX_FAILURES = 16
/** So does nothing but failure for this long. */
const MAX_FAILING_MS = 3000
/** A failure this long ago shows nothing about now: no agent may have sent anything since. */
const AWAY_MS = 120_000

/**
 * Group commit: what arrives while one commit runs shares the next, and is answered after it. A commit that
 * fails is tried again in halves, so that one report that storage can't take is refused alone.
 */
export class Ingest {
  readonly counters: IngestCounters = { packets: 0, frames: 0, samples: 0, commits: 0 }
  readonly #options: IngestOptions
  readonly #suspects: Suspects
  /** Events about hosts of which a report is refused, or no report any more; written after the commit. */
  #announcements: HostReport[] = []
  #queue: Submission[] = []
  #weight = 0
  #isBusy = false
  #isSaturated = false
  #isAway = false
  #failures = 0
  #failingSince = 0
  #failedAt = 0

  constructor(options: IngestOptions) {
    this.#options = options
    this.#suspects = new Suspects(options.clock)
  }

  /** While true, nothing should be submitted except messages that are already half read. */
  get isSaturated(): boolean {
    return this.#isSaturated
  }

  /** True while reports can't be stored, as far as is known. */
  get isStorageAway(): boolean {
    return this.#isAway && this.#options.clock.monotonicMs() - this.#failedAt < AWAY_MS
  }

  get isIdle(): boolean {
    return this.#weight === 0
  }

  submit(submission: Submission): void {
    this.#queue.push(submission)
    this.#weight += submission.weight
    if (this.#weight >= this.#options.limits.pendingBytes) this.#isSaturated = true
    this.#schedule()
  }

  /** The commit begins after every readable socket was read: they share it. */
  #schedule(): void {
    if (this.#isBusy || this.#queue.length === 0) return
    this.#isBusy = true
    setImmediate(() => {
      this.#commitNext().catch((error) => {
        this.#options.log.error('a commit could not be answered', { error })
        this.#isBusy = false
        this.#schedule()
      })
    })
  }

  async #commitNext(): Promise<void> {
    const batch = this.#take()
    this.#failures = 0
    await this.#storeAll(batch)
    for (const { weight } of batch) this.#weight -= weight
    this.#isBusy = false
    for (const { sender } of batch) sender.flush()
    this.#schedule()
    if (this.#isSaturated && this.#weight <= this.#options.limits.pendingBytes / 2) {
      this.#isSaturated = false
      this.#options.onRoom()
    }
    this.#options.onCommit()
  }

  #take(): Submission[] {
    const { commitReports, commitBytes } = this.#options.limits
    let count = 0
    for (let weight = 0; count < this.#queue.length && count < commitReports; count++) {
      weight += this.#queue[count]?.weight ?? 0
      if (weight > commitBytes && count > 0) break
    }
    if (count < this.#queue.length) return this.#queue.splice(0, count)
    const all = this.#queue
    this.#queue = []
    return all
  }

  /** Reports of a host of which one was refused come last and alone, so that they cost the others nothing. */
  async #storeAll(batch: readonly Submission[]): Promise<void> {
    if (this.#suspects.isEmpty) await this.#store(batch)
    else {
      const others = batch.filter(({ report }) => !this.#suspects.has(report.host))
      const suspect = batch.filter(({ report }) => this.#suspects.has(report.host))
      if (others.length > 0) await this.#store(others)
      for (const submission of suspect)
        if (this.#suspects.mustWait(submission.report)) this.#refuse(submission)
        else await this.#store([submission])
    }
    await this.#announce()
  }

  async #store(batch: readonly Submission[]): Promise<void> {
    if (this.#options.isDiskFull()) {
      this.#options.onBound('free_space', '', batch.length)
      this.#fail(batch)
      return
    }
    if (this.#hasGivenUp()) {
      this.#fail(batch)
      return
    }
    let rejected: ReadonlyMap<HostReport, WriteRefusal>
    try {
      rejected = await this.#options.store.write(batch.map((submission) => submission.report))
    } catch (error) {
      const isContent = this.#options.store.isContentError(error)
      const [only] = batch
      if (isContent && only !== undefined && batch.length === 1) {
        this.#noteRefused(only, error)
        return
      }
      if (!isContent) this.#noteFailure(error)
      if (batch.length === 1 || this.#hasGivenUp()) {
        this.#fail(batch)
        return
      }
      const middle = batch.length >> 1
      await this.#store(batch.slice(0, middle))
      return this.#store(batch.slice(middle))
    }
    this.#noteSuccess(batch, rejected)
    if (!this.#suspects.isEmpty) this.#clearSuspects(batch, rejected)
    const trimmed = this.#noteBounds()
    for (const submission of batch) {
      const count = trimmed?.get(submission.report) ?? 0
      const answered = count === 0 ? submission : addRefused(submission, count)
      answered.sender.complete(answered, rejected.get(submission.report) ?? 'stored')
    }
  }

  /** Tells what the bounds on growth have refused; how many pieces of which reports, null for none. */
  #noteBounds(): ReadonlyMap<HostReport, number> | null {
    const hits = this.#options.store.takeBoundHits()
    if (hits.length === 0) return null
    const trimmed = new Map<HostReport, number>()
    for (const { bound, host, count, report } of hits) {
      this.#options.onBound(bound, host, count)
      trimmed.set(report, (trimmed.get(report) ?? 0) + count)
    }
    return trimmed
  }

  #fail(batch: readonly Submission[]): void {
    for (const submission of batch) submission.sender.complete(submission, 'failed')
  }

  #noteRefused(submission: Submission, error: unknown): void {
    const { report } = submission
    // The error's message may contain any sent value; its code alone is safe to log.
    this.#options.rejections.note(
      'content',
      report.host,
      `storage does not take a report: ${nameError(error)}`,
      { host: report.host },
    )
    if (this.#suspects.noteRefused(report)) this.#announcements.push(aboutRefusal(report, 'open'))
    this.#refuse(submission)
  }

  #refuse(submission: Submission): void {
    submission.sender.complete(submission, 'refused')
  }

  #clearSuspects(batch: readonly Submission[], rejected: ReadonlyMap<HostReport, WriteRefusal>): void {
    for (const { report } of batch)
      if (!rejected.has(report) && this.#suspects.has(report.host) && this.#suspects.noteStored(report))
        this.#announcements.push(aboutRefusal(report, 'closed'))
  }

  async #announce(): Promise<void> {
    const reports = this.#announcements
    if (reports.length === 0) return
    this.#announcements = []
    try {
      await this.#options.store.write(reports)
    } catch (error) {
      this.#options.log.warn('events about refused reports were not stored', { error: describeError(error) })
    }
  }

  #hasGivenUp(): boolean {
    if (this.#failures === 0) return false
    return (
      this.#failures >= MAX_FAILURES ||
      this.#options.clock.monotonicMs() - this.#failingSince > MAX_FAILING_MS
    )
  }

  #noteFailure(error: unknown): void {
    this.#failedAt = this.#options.clock.monotonicMs()
    if (this.#failures++ === 0) this.#failingSince = this.#failedAt
    this.#isAway = true
    this.#options.rejections.note('storage', 'storage', describeError(error))
  }

  #noteSuccess(batch: readonly Submission[], rejected: ReadonlyMap<HostReport, WriteRefusal>): void {
    if (this.#isAway) this.#options.log.info('storage accepts reports again')
    this.#isAway = false
    this.#failures = 0
    this.counters.commits++
    for (const { report, samples } of batch) {
      if (rejected.has(report)) continue
      this.counters.packets++
      this.counters.frames += report.frames.length
      this.counters.samples += samples
    }
  }
}

function aboutRefusal({ host, keyHash = null, seen }: HostReport, status: 'open' | 'closed'): HostReport {
  const events = [reportRefusedReport(seen, status)]
  return { host, keyHash, facts: null, seen, clockSkew: null, frames: [], events }
}

function nameError(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'an error'
}
