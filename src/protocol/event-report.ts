import { type EventReport, isSeverity } from '../domain/event.ts'
import { readProcesses } from '../domain/events/running-process.ts'
import { isMetricName } from '../domain/sample.ts'
import { TEXT_BOUNDS } from '../domain/text-bounds.ts'
import { isFields, type JsonMembers, readAnyTime, readNumber, readText } from './field.ts'
import { Spellings } from './legacy/legacy-metric.ts'
import type { Tally } from './rejection-tally.ts'

const UID = /^[A-Za-z0-9._:-]+$/
const { uid: MAX_UID, message: MAX_MESSAGE } = TEXT_BOUNDS.event

/**
 * Events of our dialect. Those that are incomplete are left out and counted. An event from the future is
 * taken as well: a problem must not wait for a clock, and the time of receipt is noted beside the agent's.
 */
export function readEvents(values: readonly unknown[], tally: Tally): EventReport[] {
  return collect(values, tally, (fields) => {
    const { uid, change, status } = fields
    if (uid !== null && uid !== undefined && !isUid(uid)) return null
    if (status !== 'open' && status !== 'closed') return null
    const number = readNumber(change)
    if (!Number.isSafeInteger(number) || number < 0) return null
    const report = complete(fields, {
      metric: fields.metric,
      time: readAnyTime(fields.time),
      uid: uid ?? null,
      change: number,
      status,
    })
    if (report === null) return null
    return {
      ...report,
      ...(typeof fields.value === 'number' && Number.isFinite(fields.value) && { value: fields.value }),
      ...withProcesses(fields.processes),
      ...(fields.stale === true && { stale: true }),
    }
  })
}

function withProcesses(value: unknown): Pick<EventReport, 'processes'> {
  const processes = readProcesses(value).flatMap((process) => {
    const name = readText(process.name, process.name.length)
    return name === '' ? [] : [{ ...process, name }]
  })
  return processes.length === 0 ? {} : { processes }
}

const isUid = (uid: unknown): uid is string =>
  typeof uid === 'string' && uid.length <= MAX_UID && UID.test(uid)

/**
 * Events of the original's dialect: `monitor` for the metric, `status` 1 opens and 0 closes. A closing
 * carries the time of the opening, so its `opened` is set and its own time is not known yet: see
 * `dateClosings`. A time that lies in the future counts as now, because the clock of the agent is fast and
 * the event has happened: see `bringToPresent`.
 */
export function readLegacyEvents(
  values: readonly unknown[],
  now: number,
  tally: Tally,
  spellings = new Spellings(),
): EventReport[] {
  const reports = collect(values, tally, (fields) => {
    const status = readNumber(fields.status)
    if (status !== 0 && status !== 1) return null
    const time = readAnyTime(fields.time)
    const metric = typeof fields.monitor === 'string' ? spellings.read(fields.monitor) : fields.monitor
    return complete(fields, {
      metric,
      time,
      uid: null,
      change: time,
      status: status === 1 ? 'open' : 'closed',
    })
  })
  return bringToPresent(reports, now).map((report) =>
    report.status === 'open' ? report : { ...report, opened: report.time },
  )
}

/**
 * Keeps events of one metric in the order in which they began: an event with the beginning of another would
 * be taken for the same event, received again.
 */
function bringToPresent(reports: readonly EventReport[], now: number): readonly EventReport[] {
  if (reports.every(({ time }) => time <= now)) return reports
  const present = new Map<EventReport, number>()
  const earliest = new Map<string, { said: number; given: number }>()
  for (const report of [...reports].sort((a, b) => b.time - a.time)) {
    const later = earliest.get(report.metric)
    const latest = later === undefined ? now : report.time === later.said ? later.given : later.given - 1
    const given = Math.min(report.time, latest)
    earliest.set(report.metric, { said: report.time, given })
    present.set(report, given)
  }
  return reports.map((report) => {
    const time = present.get(report) ?? now
    return { ...report, time, change: time }
  })
}

/**
 * Brings the events of one packet into the order in which they happened, and gives the closings among them their
 * time: that of the packet, or that of the next opening of the same metric, which came after it. `now` is the
 * packet's time. The order matters where the severity has changed, because that is a closing and an opening.
 */
export function dateClosings(events: readonly EventReport[], now: number): EventReport[] {
  const next = new Map<string, { opened: number; end: number }>()
  return [...events]
    .sort(compareBeginnings)
    .reverse()
    .map((event) => {
      const opened = beginningOf(event)
      const later = next.get(event.metric)
      const end = later === undefined ? now : later.opened > opened ? later.opened : later.end
      next.set(event.metric, { opened, end })
      return event.opened === undefined ? event : { ...event, time: Math.max(opened, Math.min(now, end)) }
    })
    .reverse()
}

const beginningOf = ({ opened, time }: EventReport) => opened ?? time

/** A fast clock gives several events the same time: the closed one then comes before the open one. */
const compareBeginnings = (a: EventReport, b: EventReport) =>
  beginningOf(a) - beginningOf(b) || (a.status === b.status ? 0 : a.status === 'closed' ? -1 : 1)

function collect(
  values: readonly unknown[],
  tally: Tally,
  read: (fields: JsonMembers) => EventReport | null,
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
  fields: JsonMembers,
  {
    metric,
    time,
    uid,
    change,
    status,
  }: {
    readonly metric: unknown
    readonly time: number
    readonly uid: string | null
    readonly change: number
    readonly status: 'open' | 'closed'
  },
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
    message: readText(fields.message, MAX_MESSAGE),
  }
}
