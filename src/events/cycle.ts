import type { ShownCertificate } from '../domain/events/certificate-end.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { describeError, type Log } from '../lib/log.ts'
import { createLease } from './lease.ts'
import type { Notifier } from './notifier.ts'
import { createSampleTime } from './sample-time.ts'
import type { EventEngineStore, Retention, Task, TaskContext, Watching } from './task.ts'
import { TASKS } from './tasks/index.ts'

export type EventEngineOptions = {
  readonly store: EventEngineStore
  /** Seconds from the start of one cycle to that of the next. */
  readonly interval: number
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
  /** The certificates that the server shows, read anew each time; may throw. */
  readonly listCertificates: () => readonly ShownCertificate[]
  readonly clock: Clock
  readonly log: Log
  /** What a cycle does; everything there is, unless a test says otherwise. */
  readonly tasks?: readonly Task[]
}

export type EventEngine = {
  /** Resolves when the task that runs has come to an end, after some seconds at the latest. */
  stop(): Promise<void>
}

/**
 * A task that takes longer is left to itself while the others go on; it starts again only after it has ended.
 */
export const TASK_LIMIT_MS = 60_000

/** Longest wait for a running task when the engine stops. */
export const STOP_LIMIT_MS = 3000

/**
 * Seconds for which an engine leads without renewing: intervals, but within bounds. A crash of it keeps the
 * others waiting for so long and a third more, for so often they ask: 20 s at the most, whatever the
 * interval.
 */
const LEASE_INTERVALS = 1.5
const LEASE_LEAST = 5
const LEASE_MOST = 15

/** A difference between the two clocks above this is a jump of the wall clock, not its drift. */
const JUMP_MS = 60_000

/** What the engine remembers of a task between cycles. */
type TaskRecord = { task: Task; due: number; failures: number; running: Promise<void> | null }

/**
 * Runs every task in turn, the first cycle at once and then one an interval. A cycle that takes longer than
 * the interval is followed by the next without a pause; cycles never overlap.
 */
export async function startEventEngine(options: EventEngineOptions): Promise<EventEngine> {
  const { store, interval, clock, log, tasks = TASKS } = options
  const records: TaskRecord[] = tasks.map((task) => ({
    task,
    due: Number.NEGATIVE_INFINITY,
    failures: 0,
    running: null,
  }))
  let stopping = false
  let timer: Timer | null = null
  let cycle: Promise<void> = Promise.resolve()
  let steadySince = clock.monotonicMs()
  let offset = clock.nowMs() - clock.monotonicMs()
  let jumpedMs = 0

  const lease = createLease({
    watch: store.watch,
    holder: options.holder,
    seconds: Math.min(LEASE_MOST, Math.max(LEASE_LEAST, Math.ceil(LEASE_INTERVALS * interval))),
    onGained: runSoon,
    clock,
    log,
  })
  let isLost = false
  let isCycling = false
  /** The cycle that runs is followed by the next without a pause. */
  let isHasty = false

  const context: TaskContext = {
    ...options,
    sliceMs: Math.min(5000, interval * 400),
    isStopping: () => stopping,
    isLeader: lease.isHeld,
    isWell: () => records.every(({ failures }) => failures === 0),
    takeJump() {
      const seconds = Math.round(jumpedMs / 1000)
      jumpedMs = 0
      return seconds
    },
    steadyMs: () => clock.monotonicMs() - steadySince,
    sampleTime: createSampleTime(store.maintenance, clock),
  }

  function noteJump() {
    const offsetNow = clock.nowMs() - clock.monotonicMs()
    if (Math.abs(offsetNow - offset) > JUMP_MS) {
      steadySince = clock.monotonicMs()
      jumpedMs += offsetNow - offset
      log.warn('the clock of this machine jumped', { seconds: Math.round((offsetNow - offset) / 1000) })
    }
    offset = offsetNow
  }

  /** An engine that has just begun to lead does not wait for the rest of the interval. */
  function runSoon() {
    if (isCycling) isHasty = true
    else if (!stopping) schedule(0)
  }

  async function runCycle() {
    isCycling = true
    isHasty = false
    const start = clock.monotonicMs()
    noteJump()
    for (const record of records) {
      if (stopping) return
      if (record.running !== null || record.due > start) continue
      if (record.task.isEverywhere || (await isLeader())) await runTask(record, start)
    }
    isCycling = false
    if (!stopping) schedule(isHasty ? 0 : Math.max(0, start + interval * 1000 - clock.monotonicMs()))
  }

  /** Without the database there is no leader, and nothing that a leader could do. */
  async function isLeader(): Promise<boolean> {
    try {
      const isHeld = await lease.take()
      // Whoever leads has the times of what waits; only a jump of that clock moves them.
      if (!isHeld) jumpedMs = 0
      if (isLost) log.info('the event engine has its database again')
      isLost = false
      return isHeld
    } catch (error) {
      if (!isLost) log.error('the event engine can not ask its database', { error: describeError(error) })
      isLost = true
      return false
    }
  }

  /** Resolves when the task ended, one way or the other, or has used up its time. */
  async function runTask(record: TaskRecord, start: number) {
    const { task } = record
    record.due = start + task.every * 1000
    record.running = perform(record).finally(() => {
      record.running = null
    })
    if (!(await endsWithin(clock, record.running, TASK_LIMIT_MS)))
      log.warn('a task of the event engine takes long; the others go on', { task: task.name })
  }

  async function perform(record: TaskRecord) {
    const { task } = record
    try {
      if (await task.run(context)) record.due = Number.NEGATIVE_INFINITY
      if (record.failures > 0)
        log.info('a task of the event engine works again', { task: task.name, failures: record.failures })
      record.failures = 0
    } catch (error) {
      if (record.failures === 0)
        log.error('a task of the event engine failed', { task: task.name, error: describeError(error) })
      record.failures++
      // What failed is tried again in the next cycle, not only when its time comes round.
      record.due = Number.NEGATIVE_INFINITY
    }
  }

  function schedule(ms: number) {
    timer?.cancel()
    timer = clock.after(ms, () => {
      cycle = runCycle()
    })
  }

  schedule(0)
  return {
    async stop() {
      stopping = true
      timer?.cancel()
      const running = [cycle, ...records.map((record) => record.running)]
      if (!(await endsWithin(clock, Promise.all(running), STOP_LIMIT_MS)))
        log.warn('the event engine stopped while a task was still running', {
          tasks: records.flatMap((record) => (record.running === null ? [] : record.task.name)),
        })
      await lease
        .release()
        .catch((error) => log.warn('the lease was not given back', { error: describeError(error) }))
    },
  }
}

/** False when `work` was not done after `ms`. */
async function endsWithin(clock: Clock, work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<false>()
  const limit = clock.after(ms, () => late.resolve(false))
  const done = await Promise.race([work.then(() => true as const), late.promise])
  limit.cancel()
  return done
}
