/** @jsxImportSource #markup */
import type { Html } from './html.ts'

/** Lists hold hundreds of bars and there are 1001 different ones, so each is drawn once. */
const BARS = new Map<number, Html>()

/** How full something is, 0 to 100; the number stands beside it. */
export function bar(percent: number): Html {
  const width = Number(Math.min(100, Math.max(0, percent)).toFixed(1))
  const known = BARS.get(width)
  if (known !== undefined) return known
  const drawn = drawBar(width)
  BARS.set(width, drawn)
  return drawn
}

function drawBar(width: number): Html {
  const level = width >= 95 ? 'full' : width >= 85 ? 'high' : 'fine'
  return (
    <svg class={`bar ${level}`} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-field" width="100" height="8" />
      <rect class="bar-fill" width={width} height="8" />
    </svg>
  )
}
