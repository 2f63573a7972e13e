import type { EventReport } from '../event.ts'
import { STORAGE_DAMAGE } from '../metrics/declared/server-events.ts'

/** The report for a host when stored samples do not match their checksum. */
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
