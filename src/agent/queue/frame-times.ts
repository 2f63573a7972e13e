import type { Clock } from '../../lib/clock.ts'
import type { BootClock } from '../../platform/boot.ts'
import type { LossList } from './loss-list.ts'
import { MissedCycles } from './missed-cycles.ts'
import type { FrameBoot, QueueNote } from './queue-note.ts'
import { addTime, isTaken, type SampledRange } from './sampled-ranges.ts'

type FrameTimesOptions = {
  /** Seconds between two frames. */
  readonly interval: number
  readonly clock: Clock
  /** Null where there is none. */
  readonly bootClock: BootClock | null
  readonly losses: () => LossList
  /** Called when something was added to the losses. */
  readonly onNoted: () => void
}

/** Which times have their frames, over restarts, and which cycles were left out. */
export class FrameTimes {
  readonly #options: FrameTimesOptions
  readonly #missedCycles: MissedCycles
  #ranges: readonly SampledRange[] = []
  /** The time of the newest frame in the note beside the file; 0 when it has none. */
  #notedTime = 0
  /** When the newest frame was taken, by a clock that is never set; null when that is not known. */
  #boot: FrameBoot | null = null

  constructor(options: FrameTimesOptions) {
    this.#options = options
    this.#missedCycles = new MissedCycles(options)
  }

  get ranges(): readonly SampledRange[] {
    return this.#ranges
  }

  /** 0 when there was none. */
  get newest(): number {
    return this.#ranges.at(-1)?.last ?? this.#notedTime
  }

  get boot(): FrameBoot | null {
    return this.#boot
  }

  /** Takes over the times of a file and of the note beside it. */
  adopt(ranges: readonly SampledRange[], note: QueueNote | null): void {
    this.#ranges = [...ranges, ...this.#ranges]
    this.#notedTime = note?.time ?? 0
    this.#boot = note?.boot ?? this.#boot
  }

  isTaken(time: number): boolean {
    return isTaken(this.#ranges, time)
  }

  /** A cycle was left out because its time has samples already. */
  noteTaken(time: number): void {
    this.#missedCycles.noteTakenTime(time)
  }

  /** A frame was taken. */
  add(time: number): void {
    const { bootClock, interval } = this.#options
    const boot = bootClock === null ? null : { id: bootClock.id, seconds: bootClock.seconds() }
    const ago = boot !== null && this.#boot?.id === boot.id ? boot.seconds - this.#boot.seconds : null
    const { newest } = this
    this.#missedCycles.noteFrame(time, newest === 0 ? null : { time: newest, ago })
    this.#boot = boot
    this.#ranges = addTime(this.#ranges, time, interval)
  }
}
