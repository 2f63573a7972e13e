import { type Forecast, forecastFull } from '../../domain/hosts/capacity.ts'
import type { Clock } from '../../lib/clock.ts'
import { readForAll } from '../../lib/reader.ts'
import type { SampleStore } from '../../storage/ports/store.ts'

/** The time that growth is read from, in seconds. */
export const LOOK_BACK = 30 * 86_400
/** A metric whose newest sample is older than this many seconds gets no forecast. */
const OLDEST = 86_400
/** Forecasts are about days: each is computed again after this time. */
const KEEP_MS = 3_600_000
/** Forecasts remembered, some hundred bytes each. */
const MAX_REMEMBERED = 20_000
/** The background takes at most a fifth of the time of one processor, and lets requests in between. */
const PAUSES = 4
const LEAST_PAUSE_MS = 5
/** Forecasts that wait to be computed in the background; a page that wants more gets them the next time. */
const MAX_WAITING = 200

/** When filesystems will be full. Each forecast reads a month of samples, so that it is remembered for an hour. */
export type DiskForecasts = {
  /** Null when nothing can be foretold. */
  of(host: string, metric: string): Promise<Forecast | null>
  /**
   * The known forecast; an unknown one is computed in the background, one at a time, and is null until then.
   */
  peek(host: string, metric: string): Forecast | null
}

type KnownForecast = {
  readonly asked: number
  readonly answer: Promise<Forecast | null>
  forecast: Forecast | null
}

export function createDiskForecasts({
  samples,
  clock,
}: {
  readonly samples: Pick<SampleStore, 'range'>
  readonly clock: Clock
}): DiskForecasts {
  const known = new Map<string, KnownForecast>()
  const waiting = new Map<string, readonly [host: string, metric: string]>()
  let isAtWork = false

  const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve))

  async function compute(host: string, metric: string): Promise<Forecast | null> {
    const now = clock.now()
    const series = await samples.range(host, metric, now - LOOK_BACK, now)
    return (series.times.at(-1) ?? 0) > now - OLDEST ? forecastFull(series) : null
  }

  const keyOf = (host: string, metric: string) => `${host}:${metric}`

  function findFresh(key: string): KnownForecast | null {
    const held = known.get(key)
    return held && clock.monotonicMs() - held.asked < KEEP_MS ? held : null
  }

  function of(host: string, metric: string): Promise<Forecast | null> {
    const key = keyOf(host, metric)
    const fresh = findFresh(key)
    if (fresh) return fresh.answer
    if (known.size >= MAX_REMEMBERED) known.clear()
    // While it is recomputed, the old forecast is still the best one known.
    const mine: KnownForecast = {
      asked: clock.monotonicMs(),
      answer: readForAll(() => compute(host, metric)),
      forecast: known.get(key)?.forecast ?? null,
    }
    known.set(key, mine)
    mine.answer.then(
      (forecast) => {
        mine.forecast = forecast
      },
      () => {
        // After a failure the next request computes it again.
        if (known.get(key) === mine) known.delete(key)
      },
    )
    return mine.answer
  }

  async function work() {
    if (isAtWork) return
    isAtWork = true
    for (const [key, [host, metric]] of waiting) {
      waiting.delete(key)
      const began = clock.monotonicMs()
      // A database that does not answer is reported by the next request that reads it; forecasts can wait.
      await of(host, metric).catch(() => null)
      await pause(Math.max(LEAST_PAUSE_MS, PAUSES * (clock.monotonicMs() - began)))
    }
    isAtWork = false
  }

  return {
    of,
    peek(host, metric) {
      const key = keyOf(host, metric)
      if (!findFresh(key) && waiting.size < MAX_WAITING) {
        waiting.set(key, [host, metric])
        void work()
      }
      return known.get(key)?.forecast ?? null
    },
  }
}
