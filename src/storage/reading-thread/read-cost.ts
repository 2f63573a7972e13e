import type { Clock } from '../../lib/clock.ts'
import { dayOf } from '../timeseries/day.ts'

/** Frames that are not compacted are of the last hours: compaction begins with those two hours old, every two hours. */
const FRAMES_SECONDS = 4 * 3600
const DAY = 86_400
/** What a frame, and a value in it, costs in samples of a chunk, of which each takes some 60 ns. */
const FRAME = 20
const FRAME_VALUE = 2.5
/** Some 11 ms. */
const MOST_SAMPLES = 180_000
/**
 * The same of a host of which nothing is known: one metric of two days at most, some 30 ms if there is a sample each second.
 * It is read here and tells how dense the host is; looking that up first would take as long as such a read of a usual host.
 */
const MOST_UNKNOWN = 500_000
/** Samples from which a density is taken. */
const FEWEST_LEARNT = 10
/** Seconds that a host's density is kept, and hosts whose density is. */
const KEPT_SECONDS = 600
const MOST_HOSTS = 2000

export type SampleRead = {
  readonly host: string
  readonly metrics: number
  readonly from: number
  readonly to: number
}

/**
 * Whether reading samples takes so long that it would hold up everything else on this thread, by how many samples a second
 * the host has. A host that reports each second has sixty times as many as one that does so each minute.
 */
export class ReadCost {
  readonly #known = new Map<string, { readonly density: number; readonly until: number }>()
  readonly #readDensity: (host: string) => Promise<number>
  readonly #clock: Pick<Clock, 'monotonicMs'>

  constructor(readDensity: (host: string) => Promise<number>, clock: Pick<Clock, 'monotonicMs'>) {
    this.#readDensity = readDensity
    this.#clock = clock
  }

  async isHigh(read: SampleRead): Promise<boolean> {
    // So few could not be too many even if there were one each second.
    const most = countSamples(read, 1)
    if (most <= MOST_SAMPLES) return false
    const known = this.#find(read.host)
    if (known === null && read.metrics === 1 && most <= MOST_UNKNOWN) return false
    return countSamples(read, known ?? (await this.#lookUp(read.host))) > MOST_SAMPLES
  }

  /** To be called with the times, ascending, that a read of one metric has found. */
  learn(host: string, times: Float64Array): void {
    const [first = 0, last = 0] = [times[0], times.at(-1)]
    if (times.length < FEWEST_LEARNT || this.#find(host) !== null) return
    this.#keep(host, (times.length - 1) / (last - first))
  }

  #find(host: string): number | null {
    const known = this.#known.get(host)
    return known !== undefined && known.until > this.#clock.monotonicMs() ? known.density : null
  }

  async #lookUp(host: string): Promise<number> {
    const density = await this.#readDensity(host)
    this.#keep(host, density)
    return density
  }

  #keep(host: string, density: number): void {
    if (this.#known.size >= MOST_HOSTS) this.#known.clear()
    this.#known.set(host, { density, until: this.#clock.monotonicMs() + KEPT_SECONDS * 1000 })
  }
}

/** Samples that reading costs: a day's chunk is decoded as a whole, however little of it is wanted. */
function countSamples({ metrics, from, to }: SampleRead, density: number): number {
  const days = dayOf(to) - dayOf(from) + 1
  const frames = Math.min(to - from, FRAMES_SECONDS) * density
  return days * DAY * density * metrics + frames * (FRAME + FRAME_VALUE * metrics)
}
