import type { Clock, Timer } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

export type ScheduleOptions = {
  /**
   * Whole seconds, 1 at the least. Boundaries are its multiples by the wall clock: with 60 the full minutes.
   */
  readonly interval: number
  /** A cycle begins so much later than its boundary; less than a tenth of the interval. */
  readonly delayMs?: number
  readonly clock: Clock
  readonly log: Log
  /**
   * One cycle for the boundary `time` (seconds since 1970). The next one does not begin before it has ended.
   */
  act(time: number): Promise<void>
}

export type Schedule = {
  /** A cycle runs now. */
  isBusy(): boolean
  /** No cycle begins any more; resolves when the one that runs has ended. */
  stop(): Promise<void>
}

/**
 * The wall clock is looked at this often: timers know nothing of its jumps, nor of a machine that slept. With cycles of a
 * minute each look costs a thirtieth of what the cycle does, and after one that is this late its interval has time left.
 */
const LOOK_MS = 30_000

/** A late cycle is taken while at least this part of its interval is left. */
const LEAST_LEFT = 0.1

/**
 * Runs a cycle at every interval boundary. One that is late (after a start, a sleep, a jump of the clock or
 * an overrun) is taken late, under the boundary's time, as long as a tenth of the interval is left before the
 * next; otherwise it is left out. So no interval without need is empty, and two readings are never so close
 * that their difference is noise.
 */
export function startSchedule({ interval, delayMs = 0, clock, log, act }: ScheduleOptions): Schedule {
  const intervalMs = interval * 1000
  let timer: Timer | null = null
  let running: Promise<void> | null = null
  let lastTried = Number.NaN
  let hasWarned = false
  let stopped = false

  function look() {
    if (stopped) return
    const nowMs = clock.nowMs() - delayMs
    const time = Math.floor(nowMs / intervalMs) * interval
    const leftMs = time * 1000 + intervalMs - nowMs
    const isDue = time !== lastTried && leftMs >= intervalMs * LEAST_LEFT
    if (isDue && running === null) run(time)
    else if (isDue && !hasWarned) {
      hasWarned = true
      log.warn('a cycle takes longer than the interval', { began: lastTried, interval })
    }
    timer = clock.after(Math.max(1, Math.ceil(Math.min(leftMs, LOOK_MS))), look)
  }

  function run(time: number) {
    lastTried = time
    running = act(time)
      .catch((error: unknown) => log.error('a cycle failed', { time, reason: error }))
      .finally(() => {
        running = null
        hasWarned = false
        timer?.cancel()
        look()
      })
  }

  look()
  return {
    isBusy: () => running !== null,
    async stop() {
      stopped = true
      timer?.cancel()
      await running
    },
  }
}
