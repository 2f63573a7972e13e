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
    if (countSamples(read, 1) <= MOST_SAMPLES) return false
    return countSamples(read, await this.#densityOf(read.host)) > MOST_SAMPLES
  }

  async #densityOf(host: string): Promise<number> {
    const now = this.#clock.monotonicMs()
    const known = this.#known.get(host)
    if (known !== undefined && known.until > now) return known.density
    const density = await this.#readDensity(host)
    if (this.#known.size >= MOST_HOSTS) this.#known.clear()
    this.#known.set(host, { density, until: now + KEPT_SECONDS * 1000 })
    return density
  }
}

/** Samples that reading costs: a day's chunk is decoded as a whole, however little of it is wanted. */
function countSamples({ metrics, from, to }: SampleRead, density: number): number {
  const days = dayOf(to) - dayOf(from) + 1
  const frames = Math.min(to - from, FRAMES_SECONDS) * density
  return days * DAY * density * metrics + frames * (FRAME + FRAME_VALUE * metrics)
}
