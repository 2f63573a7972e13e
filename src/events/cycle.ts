import type { ShownCertificate } from '../domain/events/certificate-end.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { describeError, type Log } from '../lib/log.ts'
import { createLease, type Lease } from './lease.ts'
import type { Notifier } from './notifier.ts'
import { createSampleTime } from './sample-time.ts'
import type { EventEngineStore, Retention, Task, TaskContext, Watching } from './task.ts'
import { endsWithin, TaskRunner } from './task-runner.ts'
import { TASKS } from './tasks/index.ts'
import { WallClockWatch } from './wall-clock-watch.ts'

export type EventEngineOptions = {
  readonly store: EventEngineStore
  /** Seconds from the start of one cycle to that of the next. */
  readonly interval: number
  /** Between two cycles it looks every second whether an event changed. */
  readonly looksBetween?: boolean
  readonly retention: Retention
  readonly watching: Watching
  readonly notifier: Notifier
  readonly heartbeatUrl: string | null
  /** Names this engine among all that share the database. */
  readonly holder: string
  /** From 0 to 1. */
  readonly random: () => number
  /** The host that the server runs on, as its agent calls it. */
  readonly serverName: string
  /** The certificates that the server presents, read again each time; may throw. */
  readonly listCertificates: () => readonly ShownCertificate[]
  readonly clock: Clock
  readonly log: Log
  /** The tasks of a cycle; all of them by default. */
  readonly tasks?: readonly Task[]
}

/** Longest wait for a running task when the engine stops. */
export const STOP_LIMIT_MS = 3000

/**
 * Seconds for which an engine leads without renewing its lease: a number of intervals, within bounds. After a
 * crash the others wait for this time and a third more, which is how often they ask: at most 20 s, whatever
 * the interval.
 */
const LEASE_INTERVALS = 1.5
const LEASE_LEAST = 5
const LEASE_MOST = 15

/** Between two cycles the leader looks so often whether an event changed. */
const LOOK_MS = 1000

/**
 * Runs every task in turn, the first cycle at once and then one an interval. A cycle that takes longer than
 * the interval is followed by the next without a pause; cycles never overlap. Between them events that change are
 * decided and notified about within some seconds.
 */
export class EventEngine {
  readonly #interval: number
  readonly #store: EventEngineStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #lease: Lease
  readonly #wallClock: WallClockWatch
  readonly #runners: readonly TaskRunner[]
  #isStopping = false
  #timer: Timer | null = null
  #lookTimer: Timer | null = null
  #cycle: Promise<void> = Promise.resolve()
  #isCycling = false
  /** The cycle that runs is followed by the next without a pause. */
  #isHasty = false
  /** The database could not be asked last time. */
  #isLost = false

  constructor(options: EventEngineOptions) {
    const { store, interval, holder, clock, log, tasks = TASKS } = options
    this.#interval = interval
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#wallClock = new WallClockWatch(clock, log)
    this.#lease = createLease({
      watch: store.watch,
      holder,
      seconds: Math.min(LEASE_MOST, Math.max(LEASE_LEAST, Math.ceil(LEASE_INTERVALS * interval))),
      onGained: () => this.#runSoon(),
      clock,
      log,
    })
    const context = this.#describe(options)
    this.#runners = tasks.map((task) => new TaskRunner(task, context))
    this.#schedule(0)
    if (options.looksBetween === true && interval * 1000 > LOOK_MS) this.#lookLater()
  }

  /** Resolves when the running task has ended, after a few seconds at the latest. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#timer?.cancel()
    this.#lookTimer?.cancel()
    const running = [this.#cycle, ...this.#runners.map((runner) => runner.running)]
    if (!(await endsWithin(this.#clock, Promise.all(running), STOP_LIMIT_MS)))
      this.#log.warn('the event engine stopped while a task was still running', {
        tasks: this.#runners.flatMap(({ name, running }) => (running === null ? [] : name)),
      })
    await this.#lease
      .release()
      .catch((error) => this.#log.warn('the lease was not released', { error: describeError(error) }))
  }

  #describe(options: EventEngineOptions): TaskContext {
    return {
      ...options,
      sliceMs: Math.min(5000, this.#interval * 400),
      isStopping: () => this.#isStopping,
      isLeader: () => this.#lease.isHeld(),
      isWell: () => !this.#runners.some(({ isFailing }) => isFailing),
      readJump: () => this.#wallClock.jumpSeconds,
      noteJumpFollowed: (seconds) => this.#wallClock.noteFollowed(seconds),
      steadyMs: () => this.#wallClock.steadyMs,
      sampleTime: createSampleTime(options.store.maintenance, options.clock),
    }
  }

  /** An engine that has just begun to lead does not wait for the rest of the interval. */
  #runSoon() {
    if (this.#isCycling) this.#isHasty = true
    else if (!this.#isStopping) this.#schedule(0)
  }

  async #runCycle() {
    this.#isCycling = true
    this.#isHasty = false
    const startMs = this.#clock.monotonicMs()
    this.#wallClock.look()
    for (const runner of this.#runners) {
      if (this.#isStopping) return
      if (!runner.isDue(startMs)) continue
      if (runner.isEverywhere || (await this.#isLeader())) await runner.run(startMs)
    }
    this.#isCycling = false
    if (this.#isStopping) return
    const leftMs = startMs + this.#interval * 1000 - this.#clock.monotonicMs()
    this.#schedule(this.#isHasty ? 0 : Math.max(0, leftMs))
  }

  #lookLater() {
    this.#lookTimer = this.#clock.after(LOOK_MS, () => {
      // The cycle that runs does it.
      if (this.#isCycling) return this.#lookLater()
      const look = this.#look().finally(() => {
        if (!this.#isStopping) this.#lookLater()
      })
      this.#cycle = look
    })
  }

  /** A failure of the database is reported by the next cycle. */
  async #look() {
    if (!this.#lease.isHeld()) return
    const changes = await this.#store.outbox.listChanges(1).catch(() => [])
    if (changes.length === 0) return
    // A clock that jumped since the cycle makes all of it wait for the next one.
    this.#wallClock.look()
    for (const runner of this.#runners) {
      const nowMs = this.#clock.monotonicMs()
      if (this.#isStopping || !this.#lease.isHeld()) return
      if (runner.isPrompt && runner.isDue(nowMs)) await runner.run(nowMs)
    }
  }

  /** Without the database there is no leader and no work for one. */
  async #isLeader(): Promise<boolean> {
    try {
      const isHeld = await this.#lease.take()
      // Whoever leads has the times of what waits; only a jump of that clock moves them.
      if (!isHeld) this.#wallClock.noteFollowed(this.#wallClock.jumpSeconds)
      if (this.#isLost) this.#log.info('the event engine can use its database again')
      this.#isLost = false
      return isHeld
    } catch (error) {
      if (!this.#isLost)
        this.#log.error('the event engine cannot use its database', { error: describeError(error) })
      this.#isLost = true
      return false
    }
  }

  #schedule(ms: number) {
    this.#timer?.cancel()
    this.#timer = this.#clock.after(ms, () => {
      // A look that is under way comes to its end first.
      const before = this.#cycle
      this.#cycle = before.then(() => this.#runCycle())
    })
  }
}
