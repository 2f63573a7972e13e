import type { EventReport } from '../../domain/event.ts'
import { reportAgentCopy } from '../../domain/events/agent-copy.ts'
import { reportKeyMismatch } from '../../domain/events/identity.ts'
import { AGENT_COPY, KEY_MISMATCH } from '../../domain/metrics/declared/server-events.ts'
import type { Transaction } from '../database/database.ts'
import { applyReports } from './apply-reports.ts'

/**
 * Events of repeated attempts, which have no end that could be reported: such an event ends when no attempt
 * follows. `change_number` is the time of the newest one.
 */
export async function noteAttempt(transaction: Transaction, host: number, report: EventReport) {
  // An attempt is not a lasting state: after the event was closed by hand, the next attempt opens one again.
  await transaction.run(
    'UPDATE event SET seen_open = 0 WHERE host = ? AND +metric = ? AND is_open = 0 AND seen_open = 1',
    [host, report.metric],
  )
  await applyReports(transaction, host, [report])
  await transaction.run('UPDATE event SET change_number = ? WHERE host = ? AND metric = ? AND is_open = 1', [
    report.time,
    host,
    report.metric,
  ])
}

const ENDINGS: Readonly<Record<string, (at: number) => EventReport>> = {
  [KEY_MISMATCH.name]: (at) => reportKeyMismatch(at, 'closed'),
  [AGENT_COPY.name]: (at) => reportAgentCopy(at, 'closed', ''),
}

/** Ends those whose newest attempt was before `before`; how many. */
export async function resolveAttempts(transaction: Transaction, before: number, at: number): Promise<number> {
  let count = 0
  for (const [metric, end] of Object.entries(ENDINGS)) {
    const quiet = await transaction.query<{ host: number }>(
      'SELECT host FROM event WHERE seen_open = 1 AND metric = ? AND change_number < ?',
      [metric, before],
    )
    for (const { host } of quiet) await applyReports(transaction, host, [end(at)])
    count += quiet.length
  }
  return count
}
