const SECONDS = { d: 86_400, h: 3600, m: 60, s: 1 } as const
const BYTES = { GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, B: 1 } as const

/** Seconds of `90s`, `5m`, `1h30m`, `30d`; null for anything else, a number without a unit above all. */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d{1,9}[dhms])+$/.test(text)) return null
  let seconds = 0
  let last = Number.POSITIVE_INFINITY
  for (const [, digits, unit] of text.matchAll(/(\d+)([dhms])/g)) {
    const size = SECONDS[unit as keyof typeof SECONDS]
    if (size >= last) return null
    last = size
    seconds += Number(digits) * size
  }
  return seconds
}

/** The shortest text that gives the same seconds again: `1h30m`, not `5400s`. */
export function formatDuration(seconds: number): string {
  let rest = seconds
  let text = ''
  for (const [unit, size] of Object.entries(SECONDS)) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text === '' ? '0s' : text
}

/** Bytes of `64MiB`, `512KiB`, `100B`; null for anything else. */
export function parseBytes(text: string): number | null {
  const found = /^(\d{1,9})(GiB|MiB|KiB|B)$/.exec(text)
  return found ? Number(found[1]) * BYTES[found[2] as keyof typeof BYTES] : null
}

/** In the largest unit that divides the amount: `64MiB`. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of Object.entries(BYTES))
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`
  return `${bytes}B`
}
