import type { Clock, Timer } from '../lib/clock.ts'
import { describeError, type Log } from '../lib/log.ts'
import { type BackgroundJob, type BackgroundResult, toReason } from './background-result.ts'

/** A job that does not end at once when it is aborted is given this long before it counts as stuck. */
const ABORT_GRACE_MS = 500

/** Further notes of one job are not logged. */
const MAX_NOTES = 100

/** A job, run after run, and its latest result. */
export class JobRun {
  readonly first = Promise.withResolvers<void>()
  #result: BackgroundResult | null = null
  /** When the run of `#result` was due. */
  #resultDueMs = Number.NaN
  /** Whether a cycle has taken `#result`. */
  #isTaken = false
  #isFailing = false
  /** It is due and waits for its turn. */
  isWaiting = false
  hasBegun = false
  /** The run that has not ended; null when there is none. */
  #pending: Promise<void> | null = null
  #abort: AbortController | null = null
  #isStopped = false
  readonly #notes = new Set<string>()

  /** @param dueMs when the next run is due, by the monotonic clock; whoever begins it moves it on */
  constructor(
    readonly job: BackgroundJob,
    readonly clock: Clock,
    readonly log: Log,
    public dueMs: number,
  ) {}

  get isBusy(): boolean {
    return this.isWaiting || this.#abort !== null || this.#pending !== null
  }

  /**
   * A result that should have been replaced by now, while the run that will do so goes on or waits, is not given again:
   * otherwise one failure could count as two runs that failed. It is given once in any case: where each cycle
   * falls into a run that waits for its timeout, that failure would never be reported.
   */
  read(): BackgroundResult | null {
    const age = this.clock.monotonicMs() - this.#resultDueMs
    const isUnderWay = this.isWaiting || this.#abort !== null
    if (this.#isTaken && isUnderWay && age > this.job.intervalMs) return null
    this.#isTaken = true
    return this.#result
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#abort?.abort(new Error('the agent stops'))
    await this.#awaitPending()
    this.job.close?.()
  }

  /** A run that does not end after its abort is left alone. */
  async #awaitPending(): Promise<void> {
    if (this.#pending === null) return
    const grace = Promise.withResolvers<void>()
    const timer = this.clock.after(ABORT_GRACE_MS, grace.resolve)
    await Promise.race([this.#pending, grace.promise])
    timer.cancel()
  }

  /**
   * Begins the run that was due at `dueMs`, unless the one before goes on. Resolves when its result is there; never
   * rejects.
   */
  async begin(dueMs: number): Promise<void> {
    if (this.#isStopped || this.#abort !== null) return
    if (this.#pending !== null) {
      this.#take(this.job.fail('the run before does not end'), dueMs)
      return
    }
    const abort = new AbortController()
    this.#abort = abort
    const run = this.#start(abort.signal)
    this.#pending = run.then(
      () => this.#end(),
      () => this.#end(),
    )
    await this.#conclude(run, abort, dueMs)
  }

  #end() {
    this.#pending = null
  }

  async #start(signal: AbortSignal): Promise<BackgroundResult> {
    return this.job.run(signal)
  }

  async #conclude(run: Promise<BackgroundResult>, abort: AbortController, dueMs: number) {
    const late = new Error(`no answer within ${this.job.timeoutMs / 1000} s`)
    const stuck = Promise.withResolvers<never>()
    let timer: Timer = this.clock.after(this.job.timeoutMs, () => {
      abort.abort(late)
      timer = this.clock.after(ABORT_GRACE_MS, () => stuck.reject(late))
    })
    let result: BackgroundResult
    try {
      result = await Promise.race([run, stuck.promise])
    } catch (error) {
      const reason: unknown = abort.signal.aborted ? abort.signal.reason : error
      result = this.job.fail(toReason(describeError(reason)))
    }
    timer.cancel()
    this.#abort = null
    if (!this.#isStopped) this.#take(result, dueMs)
  }

  #take(result: BackgroundResult, dueMs: number) {
    const { failure, notes = [] } = result
    const { name } = this.job
    if (failure !== null && !this.#isFailing) this.log.warn('a check fails', { check: name, reason: failure })
    if (failure === null && this.#isFailing) this.log.info('a check is good again', { check: name })
    this.#isFailing = failure !== null
    for (const note of notes)
      if (!this.#notes.has(note) && this.#notes.size < MAX_NOTES) {
        this.#notes.add(note)
        this.log.warn(note, { check: name })
      }
    this.#result = result
    this.#isTaken = false
    this.#resultDueMs = dueMs
    this.first.resolve()
  }
}
