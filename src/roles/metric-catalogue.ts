import { probes } from '../agent/probes/index.ts'
import { OWN_METRICS } from '../agent/self-metrics.ts'
import { AVAILABILITY } from '../domain/availability.ts'
import { CERTIFICATE_END } from '../domain/certificate-end.ts'
import { FOREIGN_KEY } from '../domain/identity.ts'
import type { MetricFamily } from '../domain/metric-family.ts'
import { CLOCK_SKEW } from '../events/tasks/watch-clocks.ts'

/** Every metric that agents report, and those that the server's own events are about, as each is declared where it is made. */
export const METRICS: readonly MetricFamily[] = [
  ...probes.flatMap(({ metrics }) => metrics),
  ...OWN_METRICS,
  AVAILABILITY,
  CLOCK_SKEW,
  FOREIGN_KEY,
  CERTIFICATE_END,
]
