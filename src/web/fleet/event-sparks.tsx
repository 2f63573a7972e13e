/** @jsxImportSource #markup */
import type { Event } from '../../domain/event.ts'
import { isStateMetric, metricUnit } from '../../domain/metrics/metric.ts'
import { downsampleSeries } from '../../domain/series.ts'
import { readLimit } from '../../domain/thresholds/threshold.ts'
import type { Clock } from '../../lib/clock.ts'
import { readForAll } from '../../lib/reader.ts'
import type { SampleStore } from '../../storage/ports/store.ts'
import type { Html } from '../ui/markup/html.ts'

const DAY = 86_400
/** Points of a line: a pixel or two each. */
const POINTS = 60
const KEEP_MS = 300_000
const MAX_REMEMBERED = 500
const [WIDTH, HEIGHT] = [100, 24]

/** Small lines of the last 24 hours for lists of events, kept for some minutes: each reads a day of samples. */
export type EventSparks = {
  /** Null for an event of several hosts, or without a sample. */
  of(event: Event): Promise<Html | null>
  /** The same of a metric, without a threshold. */
  ofMetric(host: string, metric: string): Promise<Html | null>
}

export function createEventSparks({
  samples,
  clock,
}: {
  readonly samples: Pick<SampleStore, 'ranges'>
  readonly clock: Clock
}): EventSparks {
  const known = new Map<string, { readonly at: number; readonly drawn: Promise<Html | null> }>()

  async function draw(host: string, metric: string, limit: number | null): Promise<Html | null> {
    const to = clock.now()
    const from = to - DAY
    const series = (await samples.ranges(host, [metric], from, to)).get(metric)
    if (series === undefined || series.times.length < 2) return null
    return drawSpark(downsampleSeries(series, from, to, POINTS), {
      from,
      to,
      limit,
      unit: metricUnit(metric),
      isStepped: isStateMetric(metric),
    })
  }

  function keep(key: string, read: () => Promise<Html | null>): Promise<Html | null> {
    const held = known.get(key)
    if (held !== undefined && clock.monotonicMs() - held.at < KEEP_MS) return held.drawn
    if (known.size >= MAX_REMEMBERED) known.clear()
    const drawn = readForAll(read)
    known.set(key, { at: clock.monotonicMs(), drawn })
    drawn.catch(() => known.delete(key))
    return drawn
  }

  return {
    of({ id, host, metric, message, members }) {
      if (members.length > 0) return Promise.resolve(null)
      const limit = readLimit(metric, message)?.value ?? null
      return keep(`${id} ${message}`, () => draw(host, metric, limit))
    },
    ofMetric: (host, metric) => keep(`${host}\n${metric}`, () => draw(host, metric, null)),
  }
}

type Spark = { readonly times: Float64Array; readonly mean: Float64Array }
type SparkOptions = {
  readonly from: number
  readonly to: number
  readonly limit: number | null
  readonly unit: string
  /** Of a state: a value holds until the next one. */
  readonly isStepped: boolean
}

/** A line over its time, with the threshold dashed; the text beside it describes it. */
export function drawSpark({ times, mean }: Spark, options: SparkOptions): Html {
  const { from, to, limit, unit, isStepped } = options
  const values = [...mean].filter(Number.isFinite)
  const isPercent = unit === '%'
  const low = isPercent ? 0 : Math.min(0, ...values, limit ?? 0)
  const high = isPercent ? 100 : Math.max(...values, limit ?? 0, low + 1e-9)
  const y = (value: number) => (HEIGHT - 1 - ((value - low) / (high - low)) * (HEIGHT - 2)).toFixed(1)
  const x = (time: number) => (((time - from) / (to - from)) * WIDTH).toFixed(1)
  const step = (to - from) / POINTS
  let path = ''
  let before = Number.NEGATIVE_INFINITY
  for (const [i, time] of times.entries()) {
    const value = mean[i] ?? Number.NaN
    if (!Number.isFinite(value)) continue
    // Three steps without a value are a gap.
    if (time - before > 3 * step) path += `M${x(time)} ${y(value)}`
    else path += isStepped ? `H${x(time)}V${y(value)}` : `L${x(time)} ${y(value)}`
    before = time
  }
  return (
    <svg class="event-spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {limit !== null && limit >= low && limit <= high && (
        <path class="spark-limit" d={`M0 ${y(limit)}H${WIDTH}`} />
      )}
      <path class="spark-line" d={path} />
    </svg>
  )
}
