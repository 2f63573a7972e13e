import { CHECK_METRICS } from '../agent/checks/service-check.ts'
import { CONTAINER_METRICS } from '../agent/containers/container-job.ts'
import { probes } from '../agent/probes/index.ts'
import { SELF_METRICS } from '../agent/self-metrics.ts'
import { TEXT_FILE_METRICS } from '../agent/text-files/text-file-job.ts'
import { AVAILABILITY } from '../domain/events/availability.ts'
import { CERTIFICATE_END } from '../domain/events/certificate-end.ts'
import { CLOCK_SKEW, SERVER_CLOCK } from '../domain/events/clock-skew.ts'
import { KEY_MISMATCH } from '../domain/events/identity.ts'
import { REFUSED_REPORT } from '../domain/events/refused-report.ts'
import { STORAGE_DAMAGE } from '../domain/events/storage-damage.ts'
import type { MetricFamily } from '../domain/metrics/metric-family.ts'
import { NOTIFICATION_TROUBLE } from '../domain/notifications/notification-trouble.ts'

/**
 * Every metric that agents report, and those that the server's own events are about, as each is declared
 * where it is made.
 */
export const METRICS: readonly MetricFamily[] = [
  ...probes.flatMap(({ metrics }) => metrics),
  ...CHECK_METRICS,
  ...CONTAINER_METRICS,
  ...TEXT_FILE_METRICS,
  ...SELF_METRICS,
  AVAILABILITY,
  CLOCK_SKEW,
  SERVER_CLOCK,
  KEY_MISMATCH,
  REFUSED_REPORT,
  CERTIFICATE_END,
  NOTIFICATION_TROUBLE,
  STORAGE_DAMAGE,
]
