import type { LossReason } from '../../domain/audit/loss.ts'
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

/** Notes times without samples, so that every such hole has a reason. */
export class MissedCycles {
  readonly #options: MissedCyclesOptions
  #last: { readonly time: number; readonly nowMs: number; readonly atMs: number } | null = null
  /** Cycles that were left out since, because their times had samples already. */
  #taken = 0

  constructor(options: MissedCyclesOptions) {
    this.#options = options
  }

  /** A cycle was left out because its time has samples already: the clock was set back. */
  noteTakenTime(time: number): void {
    if (this.#last !== null && time >= this.#last.time) return
    this.#taken++
    const { interval, losses, onNoted } = this.#options
    losses().addCycles('clock', { from: time, to: time, count: 1 }, 2 * interval)
    onNoted()
  }

  /**
   * A frame was taken at `time`. `before` is the newest one that this run did not take itself: its time, and
   * its age in seconds by a clock that is never set; null when that is not known.
   */
  noteFrame(time: number, before: { readonly time: number; readonly ago: number | null } | null): void {
    const { interval, clock } = this.#options
    const last = this.#last
    const nowMs = clock.nowMs()
    const atMs = clock.monotonicMs()
    this.#last = { time, nowMs, atMs }
    const taken = this.#taken
    this.#taken = 0
    if (last === null) {
      if (before !== null) this.#noteOff(time, before.time, before.ago)
      return
    }
    const ranMs = atMs - last.atMs
    const isClock = Math.abs(nowMs - last.nowMs - ranMs) > JUMP_MS
    // By the monotonic clock where the other one was set: then hardly any cycle was left out.
    const seconds = isClock ? ranMs / 1000 : time - last.time
    const range = { from: last.time + interval, to: time - interval }
    // A clock that was set back and is right again leaves a hole of as many cycles as found their time taken.
    this.#note(isClock || taken > 0 ? 'clock' : 'skipped', range, seconds - taken * interval)
  }

  /** The agent was not running; time by which a clock was set meanwhile does not count. */
  #noteOff(time: number, lastTime: number, ago: number | null) {
    const { interval } = this.#options
    const isClock = ago !== null && Math.abs(time - lastTime - ago) * 1000 > JUMP_MS + interval * 1000
    const seconds = isClock ? ago : time - lastTime
    const from = lastTime + interval
    this.#note('off', { from, to: lastTime + Math.round(seconds) - interval }, seconds)
  }

  #note(reason: LossReason, { from, to }: { from: number; to: number }, seconds: number) {
    const { interval, losses, onNoted } = this.#options
    const count = Math.round(seconds / interval) - 1
    if (to < from || count <= 0) return
    losses().addCycles(reason, { from, to, count }, 2 * interval)
    onNoted()
  }
}
