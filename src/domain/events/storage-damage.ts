import type { EventReport } from '../event.ts'
import { STORAGE_DAMAGE } from '../metrics/declared/server-events.ts'

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
