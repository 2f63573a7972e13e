/** @jsxImportSource #markup */
import { encode } from 'uqr'
import type { Html } from './markup/html.ts'

/** Modules of white around it that readers need. */
const QUIET = 4

/**
 * A QR code as a drawing, dark on white in all colours of the page; it can be read with 15 % of it missing
 * (level M). Throws for texts of more than 2,331 bytes.
 */
export function qrImage(text: string, label: string): Html {
  const { data: modules } = encode(text, { ecc: 'M', border: 0 })
  const side = modules.length + 2 * QUIET
  const path = modules
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : '')))
    .join('')
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
