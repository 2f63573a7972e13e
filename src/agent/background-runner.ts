import type { Clock, Timer } from '../lib/clock.ts'
import { describeError, type Log } from '../lib/log.ts'
import { type BackgroundJob, type BackgroundResult, toReason } from './background-result.ts'
import type { ProbeSample } from './probes/probe.ts'

export type BackgroundRunnerOptions = {
  readonly jobs: readonly BackgroundJob[]
  /** The first runs are spread over this time, or over the interval of a job where that is shorter. */
  readonly spreadMs: number
  readonly clock: Clock
  readonly log: Log
}

export type BackgroundRunner = {
  /** A run goes on now. */
  isBusy(): boolean
  /** The latest results of all jobs. */
  read(): { readonly samples: ProbeSample[]; readonly reasons: ReadonlyMap<string, string> }
  /** Resolves when every job has a result. */
  ready(): Promise<void>
  /** Aborts what runs and resolves when it has ended, half a second later at most; no run begins any more. */
  stop(): Promise<void>
}

/** A job that does not end at once when it is aborted is given this long before it counts as stuck. */
const ABORT_GRACE_MS = 500

/** Further notes of one job are not logged. */
const MAX_NOTES = 100

/** Starts every job, each at its own interval and never twice at a time. */
export function startBackgroundRunner(options: BackgroundRunnerOptions): BackgroundRunner {
  const { clock, log, spreadMs } = options
  const runs = options.jobs.map((job, i) => {
    const spread = Math.min(spreadMs, job.intervalMs)
    return new JobRun(job, clock, log, Math.floor((spread * i) / options.jobs.length))
  })
  return {
    isBusy: () => runs.some((run) => run.isBusy),
    read() {
      const samples: ProbeSample[] = []
      const reasons = new Map<string, string>()
      for (const run of runs) {
        const result = run.read()
        if (result === null) continue
        samples.push(...result.samples)
        for (const [metric, reason] of result.reasons) reasons.set(metric, reason)
      }
      return { samples, reasons }
    },
    async ready() {
      await Promise.all(runs.map((run) => run.first.promise))
    },
    async stop() {
      await Promise.all(runs.map((run) => run.stop()))
    },
  }
}

class JobRun {
  readonly first = Promise.withResolvers<void>()
  #result: BackgroundResult | null = null
  /** When the run of `#result` began. */
  #beganMs = Number.NaN
  /** Whether a cycle has taken `#result`. */
  #isTaken = false
  #isFailing = false
  #timer: Timer
  /** The run that has not ended; null when there is none. */
  #pending: Promise<void> | null = null
  #abort: AbortController | null = null
  #isStopped = false
  readonly #notes = new Set<string>()

  constructor(
    readonly job: BackgroundJob,
    readonly clock: Clock,
    readonly log: Log,
    delayMs: number,
  ) {
    this.#timer = clock.after(delayMs, () => this.#begin())
  }

  get isBusy(): boolean {
    return this.#abort !== null || this.#pending !== null
  }

  /**
   * A result that should have been replaced by now, while the run that will do so goes on, is not given again:
   * otherwise one failure could count as two runs that failed. It is given once in any case: where each cycle
   * falls into a run that waits for its timeout, that failure would never be reported.
   */
  read(): BackgroundResult | null {
    const age = this.clock.monotonicMs() - this.#beganMs
    if (this.#isTaken && this.#abort !== null && age > this.job.intervalMs) return null
    this.#isTaken = true
    return this.#result
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer.cancel()
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

  #begin() {
    if (this.#isStopped) return
    const beganMs = this.clock.monotonicMs()
    this.#timer = this.clock.after(this.job.intervalMs, () => this.#begin())
    if (this.#abort !== null) return
    if (this.#pending !== null) {
      this.#take(this.job.fail('the run before does not end'), beganMs)
      return
    }
    const abort = new AbortController()
    this.#abort = abort
    const run = this.#start(abort.signal)
    this.#pending = run.then(
      () => this.#end(),
      () => this.#end(),
    )
    this.#conclude(run, abort, beganMs)
  }

  #end() {
    this.#pending = null
  }

  async #start(signal: AbortSignal): Promise<BackgroundResult> {
    return this.job.run(signal)
  }

  async #conclude(run: Promise<BackgroundResult>, abort: AbortController, beganMs: number) {
    const late = new Error(`no answer within ${this.job.timeoutMs / 1000} s`)
    const stuck = Promise.withResolvers<never>()
    let timer = this.clock.after(this.job.timeoutMs, () => {
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
    if (!this.#isStopped) this.#take(result, beganMs)
  }

  #take(result: BackgroundResult, beganMs: number) {
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
    this.#beganMs = beganMs
    this.first.resolve()
  }
}
