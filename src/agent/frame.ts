import { type Frame, isMetricName } from '../domain/sample.ts'
import type { ProbeSample } from './probes/probe.ts'

/** Columns that had no value are kept up to this many times those that had one. */
const SPARE = 2

export type FrameBuilder = {
  /**
   * Puts the samples of one cycle in a frame. Frames share one `metrics` array for as long as it fits, which
   * it does though rates are missing at the first cycle or a probe fails: a list of names that is the same
   * need not be written nor sent again. Values that are not finite, names that are not metric names and
   * everything beyond `maxMetrics` are left out.
   */
  build(time: number, samples: readonly ProbeSample[]): Frame
  /** How many metrics the newest frame lacks because there were more than `maxMetrics`. */
  readonly omitted: number
}

export function createFrameBuilder(maxMetrics: number): FrameBuilder {
  let metrics: readonly string[] = []
  let columns = new Map<string, number>()
  let omitted = 0
  /** The names of the newest samples in their order, which the next ones nearly always have, and their columns. */
  let order: readonly string[] = []
  let places: readonly number[] = []

  function use(names: Iterable<string>) {
    metrics = [...names].sort()
    columns = new Map(metrics.map((name, i) => [name, i]))
    order = []
  }

  const isKnownOrder = (samples: readonly ProbeSample[]) =>
    samples.length === order.length && samples.every(({ metric }, i) => metric === order[i])

  function fit(samples: readonly ProbeSample[]) {
    omitted = 0
    if (samples.every(({ metric }) => columns.has(metric)) && metrics.length <= SPARE * samples.length) return
    const names = new Set<string>()
    for (const { metric } of samples) {
      if (names.has(metric) || !isMetricName(metric)) continue
      if (names.size < maxMetrics) names.add(metric)
      else omitted++
    }
    const both = new Set([...names, ...metrics])
    const isRoomy = both.size <= Math.min(SPARE * names.size, maxMetrics)
    const wanted = isRoomy ? both : names
    if (wanted.size !== metrics.length || metrics.some((name) => !wanted.has(name))) use(wanted)
  }

  return {
    get omitted() {
      return omitted
    },
    build(time, samples) {
      if (!isKnownOrder(samples)) {
        fit(samples)
        order = samples.map(({ metric }) => metric)
        places = order.map((metric) => columns.get(metric) ?? -1)
      }
      const values: (number | null)[] = new Array(metrics.length).fill(null)
      for (let i = 0; i < samples.length; i++) {
        const value = samples[i]?.value ?? Number.NaN
        const column = places[i] ?? -1
        if (column >= 0 && Number.isFinite(value)) values[column] = value
      }
      return { time, metrics, values }
    },
  }
}
