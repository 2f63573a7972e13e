import { isSeverity, type Severity } from '../../../domain/event.ts'
import { MAX_HOST_NAME } from '../../../domain/hosts/host.ts'
import { splitWords } from '../../../domain/pattern.ts'
import { MAX_METRIC_NAME } from '../../../domain/sample.ts'
import type { EventOrder, EventQuery, HostStore } from '../../../storage/ports/store.ts'
import { readTime } from '../../charts/time-range.ts'
import { readFacets } from '../../filters/facets.tsx'
import { readChoice, readInteger, readText, refuseWrongTimes } from '../../http/query-parameters.ts'
import { HttpError } from '../../http/route.ts'

/** The filter of a list of events, as its address contains it. */
export type EventFilter = {
  readonly status: 'open' | 'closed' | 'all'
  readonly severity: Severity | null
  readonly host: string
  readonly facets: readonly (readonly string[])[]
  readonly metric: string
  readonly acknowledged: boolean | null
  readonly from: number | null
  readonly to: number | null
}

/** Throws an HttpError for an invalid parameter. */
export function readEventFilter(url: URL, now: number): EventFilter {
  const severity = readInteger(url, 'severity', { min: 1, max: 4, default: null })
  const acknowledged = readChoice(url, 'acknowledged', ['yes', 'no', ''])
  return {
    status: readChoice(url, 'status', ['open', 'closed', 'all']) ?? 'open',
    severity: isSeverity(severity) ? severity : null,
    host: readText(url, 'host', MAX_HOST_NAME)?.trim() ?? '',
    facets: readFacets(url).lists,
    metric: readText(url, 'metric', MAX_METRIC_NAME)?.trim() ?? '',
    acknowledged: acknowledged === 'yes' ? true : acknowledged === 'no' ? false : null,
    ...readPeriod(url, now),
  }
}

/** Throws an HttpError for an invalid time: a list of all events must not look like one of that time. */
function readPeriod(url: URL, now: number): Pick<EventFilter, 'from' | 'to'> {
  const read = (name: string) => {
    const text = url.searchParams.get(name) ?? ''
    const time = readTime(text)
    if (text !== '' && time === null)
      throw new HttpError(
        400,
        `${name}: expected a time such as 2026-11-29T22:00, or seconds since 1970, got “${text.slice(0, 40)}”`,
      )
    return time
  }
  const [from, to] = [read('from'), read('to')]
  if (from !== null && to !== null && from > to) throw new HttpError(400, 'to: expected a time after from')
  refuseWrongTimes({ from, to: null }, now)
  return { from, to }
}

/** The order of a list of events. */
export type EventSort = {
  readonly column: 'severity' | 'host' | 'since'
  /** The oldest come first. */
  readonly isReversed: boolean
  /**
   * The columns by which this list can be sorted: closed events are too many for any order but that of their
   * times.
   */
  readonly columns: readonly EventSort['column'][]
}

const OPEN_COLUMNS = ['severity', 'host', 'since'] as const
const OTHER_COLUMNS = ['since'] as const

/**
 * Open events are sorted by severity, others by time, unless the address sets another order. Throws an
 * HttpError.
 */
export function readEventSort(url: URL, status: EventFilter['status']): EventSort {
  const columns: EventSort['columns'] = status === 'open' ? OPEN_COLUMNS : OTHER_COLUMNS
  const column = readChoice(url, 'sort', columns) ?? columns[0] ?? 'since'
  return {
    column,
    isReversed: column === 'since' && readChoice(url, 'order', ['asc', 'desc']) === 'asc',
    columns,
  }
}

export function toEventOrder({ column, isReversed }: EventSort): EventOrder {
  return column === 'since' ? (isReversed ? 'oldest' : 'newest') : column
}

/** Among these a whole name is looked for: those that have it in theirs too are few. */
const MAX_METRICS = 200

/**
 * A whole name of a host or a metric means that one, as links of other pages do; anything else means all that
 * have it in their names.
 */
export async function findEventQuery(
  filter: EventFilter,
  hosts: Pick<HostStore, 'find' | 'findMetrics'>,
): Promise<EventQuery> {
  const host = filter.host.toLowerCase()
  const metricWords = splitWords(filter.metric)
  const [known, metrics] = await Promise.all([
    host === '' ? null : hosts.find(host),
    metricWords.length === 1 ? hosts.findMetrics(metricWords, MAX_METRICS) : ([] as string[]),
  ])
  const { status, severity, facets, acknowledged, from, to } = filter
  return {
    ...(status === 'all' ? {} : { status }),
    ...(severity === null ? {} : { severity }),
    ...(known ? { host } : host === '' ? {} : { hostPart: host }),
    ...(facets.length === 0 ? {} : { facets }),
    ...(metrics.includes(filter.metric) ? { metric: filter.metric } : { metricWords }),
    ...(acknowledged === null ? {} : { acknowledged }),
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
  }
}

/** Whether anything besides the status narrows the list. */
export const isNarrowed = ({ status: _, ...rest }: EventFilter) =>
  Object.values(rest).some(
    (value) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0),
  )
