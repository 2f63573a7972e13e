/** @jsxImportSource #markup */
import type { Html } from '../ui/html.ts'

export type Slice = { readonly value: number; readonly className: string }

const RADIUS = 42
const AROUND = 2 * Math.PI * RADIUS

/** Parts of a whole as a ring, beginning at the top; with `total` written in it. The words are beside it, so it is for the eye only. */
export function donut(slices: readonly Slice[], total: string, caption: string): Html {
  const sum = slices.reduce((all, { value }) => all + value, 0)
  const parts = slices.filter(({ value }) => value > 0)
  // A sliver stays visible: each part gets at least 1.5 % of the ring, the gaps between included.
  const shares = parts.map(({ value }) => Math.max(value / sum, 0.015))
  const whole = shares.reduce((all, share) => all + share, 0)
  const gap = parts.length > 1 ? 2 : 0
  let start = 0
  const arcs = parts.map(({ className }, index) => {
    const length = ((shares[index] ?? 0) / whole) * AROUND
    const arc = (
      <circle
        class={className}
        cx="50"
        cy="50"
        r={RADIUS}
        stroke-dasharray={`${round(Math.max(0.5, length - gap), 2)} ${round(AROUND, 2)}`}
        stroke-dashoffset={round(-start, 2)}
        transform="rotate(-90 50 50)"
      />
    )
    start += length
    return arc
  })
  return (
    <svg class="donut" viewBox="0 0 100 100" aria-hidden="true">
      <circle class="ring" cx="50" cy="50" r={RADIUS} />
      {arcs}
      <text class="donut-total" x="50" y={caption === '' ? 57 : 54}>
        {total}
      </text>
      {caption !== '' && (
        <text class="donut-caption" x="50" y="68">
          {caption}
        </text>
      )}
    </svg>
  )
}

const round = (value: number, digits: number) => Number(value.toFixed(digits))
