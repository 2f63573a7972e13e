/** @jsxImportSource #markup */
import type { ValueForm } from '../../domain/metrics/unit.ts'
import { formatThreshold } from '../ui/format.ts'
import { severityShape } from '../ui/icons.tsx'
import type { Html } from '../ui/markup/html.ts'
import type { Scale } from './scale.ts'
import { spreadLabels, type ThresholdLine, type ThresholdStyle } from './threshold-places.ts'

/** The thresholds that a drawing of this style can show on its scale. */
export function pickThresholds(
  thresholds: readonly ThresholdLine[],
  { low, high }: Pick<Scale, 'low' | 'high'>,
  style: ThresholdStyle,
): readonly ThresholdLine[] {
  const within = thresholds.filter(
    ({ value }) => (value > low || (value === low && low > 0)) && value <= high,
  )
  if (style === 'labels') return within
  const owners = new Set(within.map(({ line }) => line))
  return [...owners].flatMap((owner) => pickTwo(within.filter(({ line }) => line === owner)))
}

/** The one that comes first, and the worst. */
function pickTwo(thresholds: readonly ThresholdLine[]): readonly ThresholdLine[] {
  const [first, ...others] = thresholds.some(({ isBelow }) => !isBelow)
    ? thresholds.filter(({ isBelow }) => !isBelow)
    : thresholds.toReversed()
  const worst = others.sort((a, b) => a.severity - b.severity)[0]
  if (first === undefined) return []
  return worst === undefined || worst.severity >= first.severity ? [first] : [first, worst]
}

type LineArea = {
  readonly head: number
  readonly height: number
  readonly scale: Scale
  readonly form: ValueForm
}

/** Lines across the field, and what stands on the right of it: null when no limit is within the scale. */
export function drawThresholds(
  thresholds: readonly ThresholdLine[],
  { head, height, scale, form }: LineArea,
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
    labels: shown.map(({ value, severity, line }, i) => {
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
          {line !== undefined && (
            <line
              class={`limit-of line-${line}`}
              x1="0"
              x2={size}
              y1={round(y + size / 2)}
              y2={round(y + size / 2)}
            />
          )}
          {style === 'labels' && (
            <text class="limit-label" x="15" y={round(y + 4)}>
              {formatThreshold(value, form)}
            </text>
          )}
        </>
      )
    }),
  }
}

const round = (value: number) => Number(value.toFixed(1))
