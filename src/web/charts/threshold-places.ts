// Where the lines of thresholds go, for the drawings of the server and for the graph that the browser draws.
import type { Severity } from '../../domain/event.ts'
import type { ValueForm } from '../../domain/metrics/unit.ts'

/** A threshold beyond which an event opens, measured on the left scale. */
export type ThresholdLine = {
  readonly value: number
  readonly severity: Severity
  /** It is the values below it that are wrong. */
  readonly isBelow: boolean
  /** The number of the only line that it holds for, from 1; absent when it holds for every line. */
  readonly line?: number
}

/**
 * `labels`: every limit, with its value beside the field. `marks`: two of them, with the shapes of their
 * severities alone.
 */
export type ThresholdStyle = 'labels' | 'marks'

/**
 * A threshold up to this factor above the greatest value extends the scale; one further above would flatten
 * the line.
 */
const NEAR_LIMIT = 1.25
/** A whole is known to end at 100 %: how far away its limits are is worth knowing, whatever the values. */
const isAlwaysShown = (value: number, form: ValueForm) => form === '%' && value <= 100

/**
 * Where the scale has to end at least, so that there is room for the thresholds that deserve it. Fitted to the
 * values, only those near them do.
 */
export function findTop(
  most: number,
  thresholds: readonly Pick<ThresholdLine, 'value'>[],
  form: ValueForm,
  isFitted: boolean,
): number {
  const wanted = thresholds
    .map(({ value }) => value)
    .filter((value) => value <= most * NEAR_LIMIT || (!isFitted && isAlwaysShown(value, form)))
  return Math.max(most, ...wanted)
}

/** Where a fitted scale has to begin at most, so that thresholds a little below all values are seen. */
export const findBottom = (least: number, thresholds: readonly Pick<ThresholdLine, 'value'>[]): number =>
  Math.min(least, ...thresholds.flatMap(({ value }) => (value * NEAR_LIMIT >= least ? [value] : [])))

/** Pixels from one label to the next. */
export const LABEL_GAP = 12.5

/**
 * Where labels of lines at these heights stand, from the lowest line up, so that none covers another: each at
 * its line or above it, and down again where `top` is the end.
 */
export function spreadLabels(heights: readonly number[], top: number, gap = LABEL_GAP): number[] {
  const placed: number[] = []
  for (const height of heights) placed.push(Math.min(height, (placed.at(-1) ?? Infinity) - gap))
  for (let i = placed.length - 1, least = top; i >= 0; i--, least += gap)
    placed[i] = Math.max(placed[i] ?? least, least)
  return placed
}
