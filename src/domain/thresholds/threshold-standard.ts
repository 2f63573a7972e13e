import type { Severity } from '../event.ts'
import type { Comparison, Threshold } from './threshold.ts'

/** Percent of a thing used up, and how bad that is. */
const USED: readonly (readonly [number, Severity])[] = [
  [85, 4],
  [90, 3],
  [95, 2],
  [99, 1],
]

/** A full paging file alone stops nothing: it never counts as critical. */
const SWAPPED: readonly (readonly [number, Severity])[] = [
  [85, 4],
  [90, 3],
  [95, 2],
]

/**
 * Threads that run or wait, for each processor, over fifteen minutes. Slow disks raise it too: it never
 * counts as critical.
 */
const LOADED: readonly (readonly [number, Severity])[] = [
  [2, 4],
  [4, 3],
  [8, 2],
]

/** How long a check is bad that has failed twice, when its interval is the default one. */
const TWO_RUNS = 60

export type WatchedMachine = {
  readonly processors: number
  /** The checks of the configuration; their intervals are in seconds. */
  readonly checks?: readonly { readonly name: string; readonly interval: number }[]
}

/** What every agent watches when its configuration says nothing else. */
export function standardThresholds({ processors, checks = [] }: WatchedMachine): Threshold[] {
  return [
    ...above('perf.processor.percent.used', USED, 900),
    ...above('perf.memory.percent.used', USED, 900),
    ...above('perf.pagefile.percent.used', SWAPPED, 900),
    // Fits the inodes too: perf.filesystem.NAME.inodes.percent.used.
    ...above('perf.filesystem.*.percent.used', USED, 900),
    ...above(
      'perf.system.load.15',
      LOADED.map(([each, severity]) => [each * Math.max(1, processors), severity] as const),
      900,
    ),
    threshold('perf.process.*.state', 3, '=', 0, 300),
    threshold('perf.service.*.state', 3, '=', 0, 300),
    threshold('perf.agent.probe.stuck', 3, '>', 0, 300),
    threshold('perf.check.*.state', 2, '=', 0, TWO_RUNS),
    ...checks
      .filter(({ interval }) => interval !== TWO_RUNS)
      .map(({ name, interval }) => threshold(`perf.check.${name}.state`, 2, '=', 0, interval)),
    threshold('perf.textfiles.state', 3, '=', 0, 300),
    threshold('perf.textfile.*.state', 3, '=', 0, 300),
    threshold('perf.containers.state', 3, '=', 0, 300),
    threshold('perf.container.*.state', 3, '=', 0, 300),
    threshold('perf.container.*.healthy', 2, '=', 0, 60),
    threshold('perf.container.*.restarts.hour', 3, '>=', 3, 0),
    threshold('perf.check.*.certificate.days', 3, '<', 14, 0),
    threshold('perf.check.*.certificate.days', 1, '<', 3, 0),
  ]
}

const above = (metric: string, levels: readonly (readonly [number, Severity])[], duration: number) =>
  levels.map(([value, severity]) => threshold(metric, severity, '>', value, duration))

function threshold(
  metric: string,
  severity: Severity,
  compare: Comparison,
  value: number,
  duration: number,
): Threshold {
  return { metric, severity, compare, value, duration, clearAfter: null, clearValue: null }
}
