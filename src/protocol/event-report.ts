import { type EventReport, isSeverity } from '../domain/event.ts'
import { isMetricName } from '../domain/sample.ts'
import { type Fields, isFields, readAnyTime, readNumber, readText, readTime } from './field.ts'
import type { Tally } from './rejection-tally.ts'

export const MAX_EVENT_MESSAGE = 1024
export const MAX_EVENT_UID = 64

const UID = /^[A-Za-z0-9._:-]{1,64}$/

/**
 * Events of our dialect. Those that are incomplete are left out and counted. An event from the future is taken as well: a
 * problem must not wait for a clock, and the time of receipt is noted beside the agent's.
 */
export function readEvents(values: readonly unknown[], tally: Tally): EventReport[] {
  return collect(values, tally, (fields) => {
    const { uid, change, status } = fields
    if (uid !== null && uid !== undefined && !(typeof uid === 'string' && UID.test(uid))) return null
    if (status !== 'open' && status !== 'closed') return null
    const number = readNumber(change)
    if (!Number.isSafeInteger(number) || number < 0) return null
    const report = complete(fields, fields.metric, readAnyTime(fields.time), uid ?? null, number, status)
    return report !== null && fields.stale === true ? { ...report, stale: true } : report
  })
}

/** Events of the original's dialect: `monitor` for the metric, `status` 1 opens and 0 closes. */
export function readLegacyEvents(values: readonly unknown[], now: number, tally: Tally): EventReport[] {
  return collect(values, tally, (fields) => {
    const status = readNumber(fields.status)
    if (status !== 0 && status !== 1) return null
    const time = readTime(fields.time, now)
    return complete(fields, fields.monitor, time, null, time, status === 1 ? 'open' : 'closed')
  })
}

function collect(
  values: readonly unknown[],
  tally: Tally,
  read: (fields: Fields) => EventReport | null,
): EventReport[] {
  const reports: EventReport[] = []
  for (const value of values) {
    const report = isFields(value) ? read(value) : null
    if (report === null) tally.refuse('event')
    else reports.push(report)
  }
  return reports
}

function complete(
  fields: Fields,
  metric: unknown,
  time: number,
  uid: string | null,
  change: number,
  status: 'open' | 'closed',
): EventReport | null {
  const severity = readNumber(fields.severity)
  if (time < 0 || !isSeverity(severity)) return null
  if (typeof metric !== 'string' || !isMetricName(metric)) return null
  return {
    uid,
    change,
    time,
    metric,
    severity,
    status,
    message: readText(fields.message, MAX_EVENT_MESSAGE),
  }
}
