import { type NumberRange, rangesOf } from '../../domain/audit/number-ranges.ts'
import { type Item, sizeOf } from './queue-rows.ts'

export type BatchLimits = {
  readonly items: number
  readonly bytes: number
  /** True for items to skip: they are under way already, or must wait. */
  isExcluded(item: Item): boolean
}

/**
 * Takes items from the front while they fit one batch: its bounds, and one metric set for all frames. One
 * item is always taken, however large.
 */
export function collectBatch(items: Iterable<Item>, limits: BatchLimits): Item[] {
  const taken: Item[] = []
  let metricSet: number | null = null
  let bytes = 0
  for (const item of items) {
    if (limits.isExcluded(item)) continue
    bytes += sizeOf(item)
    const isOtherMetricSet = item.metricSet !== null && metricSet !== null && item.metricSet !== metricSet
    if (isOtherMetricSet || (taken.length > 0 && bytes > limits.bytes)) break
    taken.push(item)
    metricSet ??= item.metricSet
    if (taken.length >= limits.items) break
  }
  return taken
}

/** The ids as few ranges, ascending. */
export function runsOf(ids: Iterable<number>): NumberRange[] {
  return rangesOf([...new Set(ids)].sort((a, b) => a - b))
}
