import { MAX_SECONDS } from '../../domain/notifications/rule-check.ts'

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Seconds of `90s`, `5m`, `1h 30m`, `2d`; null for anything else, and above what a rule may wait. */
export function readDuration(text: string): number | null {
  const tidy = text.trim().toLowerCase()
  if (!/^(\d{1,8}\s*[smhd]\s*)+$/.test(tidy)) return null
  let seconds = 0
  for (const [, count, unit] of tidy.matchAll(/(\d+)\s*([smhd])/g))
    seconds += Number(count) * (SECONDS[unit ?? ''] ?? 0)
  return seconds <= MAX_SECONDS ? seconds : null
}

/** A duration in the form that `readDuration` reads: `1h 30m`. */
export function writeDuration(seconds: number): string {
  const parts: string[] = []
  let rest = Math.round(seconds)
  for (const [unit, size] of Object.entries(SECONDS).reverse()) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return parts.length === 0 ? '0s' : parts.join(' ')
}
