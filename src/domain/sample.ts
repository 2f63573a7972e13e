/**
 * The values of one host at one time. `values[i]` belongs to `metrics[i]`; null means that the metric has no value
 * at this time. Frames of one sender share the same `metrics` array object, so that work done for a list of
 * names (checks, ids) can be kept by its identity.
 */
export type Frame = {
  /** Whole seconds since 1970, agent's clock. */
  readonly time: number
  readonly metrics: readonly string[]
  readonly values: readonly (number | null)[]
}

/** One metric over time, ascending, no time twice. Both arrays have the same length. */
export type Series = {
  readonly times: Float64Array
  readonly values: Float64Array
}

/** Longest metric name taken, in characters. */
export const MAX_METRIC_NAME = 255

/** Metric names are dotted words: no white space, control characters, quotes or slashes. */
export function isMetricName(name: string): boolean {
  return (
    name.length > 0 && name.length <= MAX_METRIC_NAME && /^[\p{L}\p{N}_][\p{L}\p{N}._:@+~#%()-]*$/u.test(name)
  )
}
