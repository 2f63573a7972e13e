/** @jsxImportSource #markup */
import type { Severity } from '../../domain/event.ts'
import type { Html } from './markup/html.ts'

/** Lists hold hundreds of bars and there are 1001 different widths, so each is drawn once. */
const BARS = new Map<string, Html>()

/**
 * A bar for a percentage, 0 to 100; the number is beside it. It has the colour of the open event about it,
 * and is neutral without one: thresholds decide how much is too much.
 */
export function bar(percent: number, severity: Severity | null = null): Html {
  const width = Number(Math.min(100, Math.max(0, percent)).toFixed(1))
  const key = `${width} ${severity}`
  const known = BARS.get(key)
  if (known !== undefined) return known
  const drawn = drawBar(width, severity)
  BARS.set(key, drawn)
  return drawn
}

function drawBar(width: number, severity: Severity | null): Html {
  return (
    <svg
      class={severity === null ? 'bar' : `bar severity-${severity}`}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect class="bar-field" width="100" height="8" />
      <rect class="bar-fill" width={width} height="8" />
    </svg>
  )
}
