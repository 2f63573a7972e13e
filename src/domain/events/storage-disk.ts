import type { EventReport } from '../event.ts'
import { STORAGE_DISK } from '../metrics/declared/server-events.ts'

/** After so many seconds without a failure the problem is over. */
export const DISK_QUIET_SECONDS = 600

/** The report for the server itself. `failures` are those of the process that reports. */
export function reportDisk(
  time: number,
  status: EventReport['status'],
  failures = 0,
  words = '',
): EventReport {
  const times = failures === 1 ? 'once' : `${failures} times`
  return {
    uid: null,
    change: 0,
    time,
    metric: STORAGE_DISK.name,
    severity: 1,
    status,
    message:
      status === 'open'
        ? `The disk of the database failed to write ${times} (${words}). Nothing that was acknowledged is lost: ` +
          'agents keep what was not stored. Look at the disk'
        : `The disk of the database has taken every write for ${DISK_QUIET_SECONDS / 60} minutes`,
  }
}
