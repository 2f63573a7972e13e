import type { Clock } from '../../lib/clock.ts'
import type { LossList } from './loss-list.ts'

/** The two clocks differ by more than this from one frame to the next: one was set, or the machine slept. */
const JUMP_MS = 30_000

type MissedCyclesOptions = {
  /** Seconds between two frames. */
  readonly interval: number
  readonly clock: Clock
  readonly losses: () => LossList
  /** Called when something was added to the losses. */
  readonly onNoted: () => void
}

/** Notes times of which there are no samples, so that no such hole is without a reason. */
export class MissedCycles {
  readonly #options: MissedCyclesOptions
  #last: { readonly time: number; readonly nowMs: number; readonly atMs: number } | null = null

  constructor(options: MissedCyclesOptions) {
    this.#options = options
  }

  /** A cycle was left out because its time has samples already: the clock was set back. */
  noteTakenTime(time: number): void {
    if (this.#last !== null && time >= this.#last.time) return
    const { interval, losses, onNoted } = this.#options
    losses().addCycles('clock', { from: time, to: time, count: 1 }, 2 * interval)
    onNoted()
  }

  /** A frame was taken at `time`. `before` is the time of the newest one that this run did not take itself. */
  noteFrame(time: number, before: number | null): void {
    const { interval, clock, losses, onNoted } = this.#options
    const last = this.#last
    const nowMs = clock.nowMs()
    const atMs = clock.monotonicMs()
    this.#last = { time, nowMs, atMs }
    const lastTime = last?.time ?? before ?? time
    const [from, to] = [lastTime + interval, time - interval]
    if (to < from) return
    const ranMs = last === null ? null : atMs - last.atMs
    const isClock = last !== null && ranMs !== null && Math.abs(nowMs - last.nowMs - ranMs) > JUMP_MS
    // By the monotonic clock where the other one was set: then hardly any cycle was left out.
    const seconds = isClock && ranMs !== null ? ranMs / 1000 : time - lastTime
    const count = Math.max(0, Math.round(seconds / interval) - 1)
    losses().addCycles(
      ranMs === null ? 'off' : isClock ? 'clock' : 'skipped',
      { from, to, count },
      2 * interval,
    )
    onNoted()
  }
}
