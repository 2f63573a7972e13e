/**
 * The values of one host at one time. `values[i]` belongs to `metrics[i]`; null means that the metric has no
 * value at this time. Frames of one sender share the same `metrics` array object, so that work done for a
 * list of names (checks, ids) can be kept by its identity.
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

/**
 * The legal name for what an agent of the original product calls a metric: its service and process names keep
 * what Windows allows (`mssql$sqlexpress`), where ours have `_`. Returns null when nothing legal is left.
 */
export function toMetricName(name: string): string | null {
  if (isMetricName(name)) return name
  const legal = name
    .trim()
    .replace(/[^\p{L}\p{N}._:@+~#%()-]/gu, '_')
    .slice(0, MAX_METRIC_NAME)
  return isMetricName(legal) ? legal : null
}

const FREE = /^(perf\.filesystem\..+\.percent)\.free$/

/**
 * The name under which a metric of an agent of 2018 is stored: such an agent sends the free space of a
 * filesystem, which is stored as used space. Returns every other name as it is.
 */
export function toUsedName(metric: string): string {
  return metric.endsWith('.free') ? metric.replace(FREE, '$1.used') : metric
}

/** Percent in use of a filesystem of which `free` percent are free. */
export function usedFromFree(free: number): number {
  return Number((100 - free).toFixed(2))
}

/** Name and value as they are stored, of a sample from an agent of 2018. */
export function fromFreeSpace(metric: string, value: number): { metric: string; value: number } {
  const used = toUsedName(metric)
  return used === metric ? { metric, value } : { metric: used, value: usedFromFree(value) }
}
