/** @jsxImportSource #markup */
import type { Severity } from '../../domain/event.ts'
import type { Unit } from '../../domain/metric.ts'
import { formatThreshold } from '../ui/format.ts'
import type { Html } from '../ui/html.ts'
import { severityShape } from '../ui/icons.tsx'
import type { Scale } from './scale.ts'

/** A limit beyond which there is an event, measured by the scale on the left. */
export type ThresholdLine = {
  readonly value: number
  readonly severity: Severity
  /** It is the values below it that are wrong. */
  readonly isBelow: boolean
}

/** `labels`: every limit, with its value beside the field. `marks`: two of them, with the shapes of their severities alone. */
export type ThresholdStyle = 'labels' | 'marks'

/** A limit that lies a little above all values is worth the room that it takes; one far above would flatten the line. */
export const NEAR_LIMIT = 1.25
/** In a small drawing the greatest value has at least this part of the height that the limit has. */
const LEAST_PART = 1 / 3

/** A whole is known to end at 100 %: how far away its limits are is worth knowing, whatever the values. */
export const isAlwaysShown = (value: number, unit: Unit) => unit === '%' && value <= 100

/** Where the scale has to end at least, so that there is room for the limits that deserve it. */
export function findTop(
  most: number,
  thresholds: readonly ThresholdLine[],
  unit: Unit,
  style: ThresholdStyle,
): number {
  const reach = style === 'labels' ? Number.POSITIVE_INFINITY : most / LEAST_PART
  const wanted = thresholds
    .map(({ value }) => value)
    .filter((value) => value <= most * NEAR_LIMIT || (isAlwaysShown(value, unit) && value <= reach))
  return Math.max(most, ...wanted)
}

/** Those that a drawing of this style can show on its scale. */
export function pickThresholds(
  thresholds: readonly ThresholdLine[],
  { low, high }: Pick<Scale, 'low' | 'high'>,
  style: ThresholdStyle,
): readonly ThresholdLine[] {
  const within = thresholds.filter(({ value }) => value > low && value <= high)
  if (style === 'labels') return within
  // The one that comes first, and the worst.
  const [first, ...others] = within.some(({ isBelow }) => !isBelow)
    ? within.filter(({ isBelow }) => !isBelow)
    : within.toReversed()
  const worst = others.sort((a, b) => a.severity - b.severity)[0]
  if (first === undefined) return []
  return worst === undefined || worst.severity >= first.severity ? [first] : [first, worst]
}

/** Pixels from one label to the next. */
const LABEL_GAP = 12.5

/**
 * Where labels of lines at these heights stand, from the lowest line up, so that none covers another: each at its line or above it, and
 * down again where `top` is the end. `assets/graph-marks.js` does the same.
 */
export function spreadLabels(heights: readonly number[], top: number): number[] {
  const placed: number[] = []
  for (const height of heights) placed.push(Math.min(height, (placed.at(-1) ?? Infinity) - LABEL_GAP))
  for (let i = placed.length - 1, least = top; i >= 0; i--, least += LABEL_GAP)
    placed[i] = Math.max(placed[i] ?? least, least)
  return placed
}

type Field = { readonly head: number; readonly height: number; readonly scale: Scale; readonly unit: Unit }

/** Lines across the field, and what stands on the right of it: null when no limit is within the scale. */
export function drawThresholds(
  thresholds: readonly ThresholdLine[],
  { head, height, scale, unit }: Field,
  style: ThresholdStyle,
): { readonly lines: readonly Html[]; readonly labels: readonly Html[] } | null {
  const shown = pickThresholds(thresholds, scale, style)
  if (shown.length === 0) return null
  const heights = shown.map(({ value }) =>
    round(head + height * (1 - (value - scale.low) / (scale.high - scale.low))),
  )
  const places = style === 'labels' ? spreadLabels(heights, head - 4) : heights
  const size = style === 'labels' ? 11 : 9
  return {
    lines: shown.map(({ severity }, i) => (
      <line class={`limit severity-${severity}`} x2="100%" y1={heights[i]} y2={heights[i]} />
    )),
    labels: shown.map(({ value, severity }, i) => {
      const y = places[i] ?? 0
      return (
        <>
          <svg
            class={`mark severity-${severity}`}
            x="0"
            y={round(y - size / 2)}
            width={size}
            height={size}
            viewBox="0 0 16 16"
          >
            {severityShape(severity)}
          </svg>
          {style === 'labels' && (
            <text class="limit-label" x="15" y={round(y + 4)}>
              {formatThreshold(value, unit)}
            </text>
          )}
        </>
      )
    }),
  }
}

const round = (value: number) => Number(value.toFixed(1))
