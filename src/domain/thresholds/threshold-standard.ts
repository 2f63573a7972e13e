import { METRICS } from '../metrics/catalogue.ts'
import { TWO_RUNS } from '../metrics/declared/checks.ts'
import type { StandardStep } from '../metrics/metric-family.ts'
import type { Threshold } from './threshold.ts'

export type WatchedMachine = {
  readonly processors: number
  /** As the facts of a host have it. What only other systems have is left out; absent: nothing is. */
  readonly platform?: string
  /** The checks of the configuration; their intervals are in seconds. */
  readonly checks?: readonly { readonly name: string; readonly interval: number }[]
}

/** The thresholds of every agent whose configuration has no others, as metrics declare them. */
export function standardThresholds({ processors, platform, checks = [] }: WatchedMachine): Threshold[] {
  const ofMachine = METRICS.flatMap(({ name, systems, standard = [] }) =>
    (systems !== undefined && platform !== undefined && systems !== platform ? [] : standard).map((step) =>
      toThreshold(name.replace(/<[a-z]+>/g, '*'), step, processors),
    ),
  )
  const isDown = ofMachine.filter(({ metric }) => metric === 'perf.check.*.state')
  const ofChecks = checks
    .filter(({ interval }) => interval !== TWO_RUNS)
    .flatMap(({ name, interval }) =>
      isDown.map((down) => ({ ...down, metric: `perf.check.${name}.state`, duration: interval })),
    )
  return [...ofMachine, ...ofChecks]
}

function toThreshold(metric: string, step: StandardStep, processors: number): Threshold {
  const { severity, compare, duration } = step
  const value = step.isPerProcessor ? step.value * Math.max(1, processors) : step.value
  return { metric, severity, compare, value, duration, clearAfter: null, clearValue: null }
}
