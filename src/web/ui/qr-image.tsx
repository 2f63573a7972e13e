/** @jsxImportSource #markup */
import { encodeQr } from '../../lib/qr-code.ts'
import type { Html } from './html.ts'

/** Modules of white around it that readers need. */
const QUIET = 4

/** A QR code as a drawing, dark on white in all colours of the page. */
export function qrImage(text: string, label: string): Html {
  const modules = encodeQr(text)
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
