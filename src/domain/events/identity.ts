import type { EventReport } from '../event.ts'
import { KEY_MISMATCH } from '../metrics/declared/server-events.ts'

const OTHER_KEY = "Another agent speaks in this host's name: it does not have the host's key and was refused"
const FIRST_KEY =
  'An agent with a key wants the name of this host, which an agent without one has used; ' +
  'monitor host release releases the name'

/**
 * The report for a host when another agent that may connect, with another key or without one, used its name.
 * `isKeyless` when no key owns the name.
 */
export function reportKeyMismatch(
  time: number,
  status: EventReport['status'],
  isKeyless = false,
): EventReport {
  return {
    uid: null,
    change: 0,
    time,
    metric: KEY_MISMATCH.name,
    severity: 2,
    status,
    message: isKeyless ? FIRST_KEY : OTHER_KEY,
  }
}
