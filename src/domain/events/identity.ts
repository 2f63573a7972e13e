import type { EventReport } from '../event.ts'
import { KEY_MISMATCH } from '../metrics/declared/server-events.ts'

/**
 * What is told of a host when somebody with the right passphrase but another key, or none, spoke in its name.
 */
export function reportKeyMismatch(time: number, status: EventReport['status']): EventReport {
  return {
    uid: null,
    change: 0,
    time,
    metric: KEY_MISMATCH.name,
    severity: 2,
    status,
    message: "Another agent speaks in this host's name: it does not have the host's key and was refused",
  }
}
