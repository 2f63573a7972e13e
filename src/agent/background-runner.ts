import type { Clock, Timer } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { JobRun } from './background-job-run.ts'
import type { BackgroundJob } from './background-result.ts'
import type { ProbeSample } from './probes/probe.ts'

export type BackgroundRunnerOptions = {
  readonly jobs: readonly BackgroundJob[]
  /** Between two calls of `read`; 0 when nobody knows. */
  readonly cycleMs?: number
  readonly clock: Clock
  readonly log: Log
}

export type BackgroundRunner = {
  /** A run goes on now, or waits for its turn. */
  isBusy(): boolean
  /**
   * The latest results of all jobs. With short cycles, what is due before the next one begins now.
   *
   * @param unsettled metrics of which each value has to be a reading of its own
   */
  read(unsettled?: ReadonlySet<string>): {
    readonly samples: ProbeSample[]
    readonly reasons: ReadonlyMap<string, string>
  }
  /** Resolves when every job has a result. */
  ready(): Promise<void>
  /** Aborts what runs and resolves when it has ended, half a second later at most; no run begins any more. */
  stop(): Promise<void>
}

/** A job that takes turns waits no longer than this for the one before it. */
const TURN_MS = 100

/** With cycles that are not further apart, jobs begin with one of them in place of a moment of their own. */
const SHORT_CYCLE_MS = 5000

/** A job begins with the cycle that is nearest to the time at which it is due. */
const AHEAD_SHARE = 0.5
/** Where no cycle has come, it begins by itself when it is late by this share of a cycle. */
const LATE_SHARE = 0.75

/** A timer may be early by a part of a millisecond. */
const EARLY_MS = 1

/**
 * Starts every job, each at its own interval and never twice at a time. All count from the same moment, so that those
 * with the same interval begin together: a process that sleeps in between pays for waking once.
 */
export function startBackgroundRunner(options: BackgroundRunnerOptions): BackgroundRunner {
  const runs = new BackgroundRuns(options)
  return {
    isBusy: () => runs.all.some((run) => run.isBusy),
    read: (unsettled) => runs.read(unsettled),
    async ready() {
      await Promise.all(runs.all.map((run) => run.first.promise))
    },
    stop: () => runs.stop(),
  }
}

const NONE: ReadonlySet<string> = new Set()

class BackgroundRuns {
  readonly all: readonly JobRun[]
  readonly #clock: Clock
  /** 0 where jobs do not begin with cycles. */
  readonly #cycleMs: number
  #timer: Timer | null = null
  #isStopped = false
  /** Those that are due and wait for their turn, with when they were due. */
  readonly #queue: { readonly run: JobRun; readonly dueMs: number }[] = []
  #isTurn = false

  constructor({ jobs, cycleMs = 0, clock, log }: BackgroundRunnerOptions) {
    this.#clock = clock
    this.#cycleMs = cycleMs <= SHORT_CYCLE_MS ? cycleMs : 0
    const nowMs = clock.monotonicMs()
    this.all = jobs.map((job) => new JobRun(job, clock, log, nowMs))
    this.#arm(nowMs)
  }

  read(unsettled: ReadonlySet<string> = NONE) {
    const samples: ProbeSample[] = []
    const reasons = new Map<string, string>()
    for (const run of this.all) {
      const result = run.read()
      if (result === null) continue
      for (const sample of result.samples) samples.push(sample)
      for (const [metric, reason] of result.reasons) reasons.set(metric, reason)
    }
    const aheadMs = this.#cycleMs * AHEAD_SHARE
    const isNear = (run: JobRun, nowMs: number) => this.#goesWithCycles(run) && run.dueMs <= nowMs + aheadMs
    if (this.#cycleMs > 0) {
      for (const { job } of this.all) job.noteUnsettled?.(unsettled)
      this.#beginThose(isNear)
    }
    return { samples, reasons }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#queue.length = 0
    await Promise.all(this.all.map((run) => run.stop()))
  }

  /** How much later than it is due a job begins by itself. */
  #patienceMs(run: JobRun): number {
    return run.hasBegun && this.#goesWithCycles(run) ? this.#cycleMs * LATE_SHARE : 0
  }

  #goesWithCycles({ job }: JobRun): boolean {
    return this.#cycleMs > 0 && job.intervalMs >= this.#cycleMs
  }

  #arm(nowMs: number): void {
    this.#timer?.cancel()
    if (this.#isStopped || this.all.length === 0) return
    const nextMs = Math.min(...this.all.map((run) => run.dueMs + this.#patienceMs(run)))
    this.#timer = this.#clock.after(Math.max(0, nextMs - nowMs), () => {
      const isLate = (run: JobRun, atMs: number) => run.dueMs + this.#patienceMs(run) <= atMs + EARLY_MS
      this.#beginThose(isLate)
    })
  }

  #beginThose(isToBegin: (run: JobRun, nowMs: number) => boolean): void {
    if (this.#isStopped) return
    const nowMs = this.#clock.monotonicMs()
    for (const run of this.all) {
      if (!isToBegin(run, nowMs)) continue
      const dueMs = Math.min(run.dueMs, nowMs)
      const { intervalMs, takesTurns = false } = run.job
      // A run that begins with a cycle moves all that follow to cycles. Others stay together with those that were due;
      // so do those that no number of cycles fits, which would otherwise run too often or too seldom for good.
      if (this.#goesWithCycles(run) && intervalMs % this.#cycleMs === 0) run.dueMs = nowMs + intervalMs
      else run.dueMs += Math.max(1, Math.ceil((nowMs + EARLY_MS - run.dueMs) / intervalMs)) * intervalMs
      run.hasBegun = true
      if (!takesTurns) run.begin(dueMs)
      else if (!run.isWaiting) {
        run.isWaiting = true
        this.#queue.push({ run, dueMs })
      }
    }
    this.#arm(nowMs)
    if (!this.#isTurn) this.#takeTurns()
  }

  /** Begins those that wait, one after the other. */
  async #takeTurns(): Promise<void> {
    this.#isTurn = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      next.run.isWaiting = false
      const ended = next.run.begin(next.dueMs)
      if (this.#queue.length > 0) await this.#within(ended)
    }
    this.#isTurn = false
  }

  async #within(ended: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>()
    const timer = this.#clock.after(TURN_MS, late.resolve)
    await Promise.race([ended, late.promise])
    timer.cancel()
  }
}
