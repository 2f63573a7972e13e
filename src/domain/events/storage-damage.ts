import type { EventReport } from '../event.ts'
import type { MetricFamily } from '../metrics/metric-family.ts'

/** What the event of a host is about whose stored samples are damaged. */
export const STORAGE_DAMAGE: MetricFamily = {
  name: 'perf.storage.damage.state',
  doc: 'Of events alone: stored samples of the host are damaged, and left out wherever they would be shown.',
}

/** What is told of a host when stored samples of it do not fit their checksum. */
export function reportDamage(time: number, status: EventReport['status'], place: string): EventReport {
  return {
    uid: null,
    change: 0,
    time,
    metric: STORAGE_DAMAGE.name,
    severity: 1,
    status,
    message: `Stored samples are damaged and left out (${place}): run \`monitor db check\` and look at the disk`,
  }
}
