import type { Threshold } from '../domain/thresholds/threshold.ts'
import { listUnmatched, suggestNearest } from '../domain/thresholds/unmatched.ts'
import type { Log } from '../lib/log.ts'

/** Rates come with the second cycle, and results from the background somewhat later. */
const LOOKED_AT_CYCLES = 5

/**
 * Logs, once, each threshold of the configuration that matches no metric of the first cycles: it watches
 * nothing, and is nearly always a typing error.
 */
export function watchUnmatched(
  configured: readonly Pick<Threshold, 'metric'>[],
  log: Log,
): { note(metrics: readonly string[]): void } {
  const seen = new Set<string>()
  let cycles = 0
  return {
    note(metrics) {
      if (configured.length === 0 || cycles >= LOOKED_AT_CYCLES) return
      for (const metric of metrics) seen.add(metric)
      if (++cycles < LOOKED_AT_CYCLES) return
      for (const found of listUnmatched(configured, [...seen]))
        log.warn(`a threshold matches nothing${suggestNearest(found)}`, { metric: found.pattern })
      seen.clear()
    },
  }
}
