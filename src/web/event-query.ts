import { isSeverity, type Severity } from '../domain/event.ts'
import { MAX_HOST_NAME } from '../domain/host.ts'
import { MAX_METRIC_NAME } from '../domain/sample.ts'
import type { EventQuery } from '../storage/store.ts'
import { readChoice, readInteger, readText } from './api/query.ts'
import { readGroup } from './group-filter.ts'
import { readTime } from './span.ts'

/** What a list of events is filtered by, as its address says it. */
export type EventFilter = {
  readonly status: 'open' | 'closed' | 'all'
  readonly severity: Severity | null
  readonly host: string
  readonly group: string
  readonly metric: string
  readonly acknowledged: boolean | null
  readonly from: number | null
  readonly to: number | null
}

export function readEventFilter(url: URL): EventFilter {
  const severity = readInteger(url, 'severity', { min: 1, max: 4, default: null })
  const acknowledged = readChoice(url, 'acknowledged', ['yes', 'no', ''])
  return {
    status: readChoice(url, 'status', ['open', 'closed', 'all']) ?? 'open',
    severity: isSeverity(severity) ? severity : null,
    host: readText(url, 'host', MAX_HOST_NAME)?.trim() ?? '',
    group: readGroup(url) ?? '',
    metric: readText(url, 'metric', MAX_METRIC_NAME)?.trim() ?? '',
    acknowledged: acknowledged === 'yes' ? true : acknowledged === 'no' ? false : null,
    from: readTime(url.searchParams.get('from')),
    to: readTime(url.searchParams.get('to')),
  }
}

export function toEventQuery({
  status,
  severity,
  host,
  group,
  metric,
  acknowledged,
  from,
  to,
}: EventFilter): EventQuery {
  return {
    ...(status === 'all' ? {} : { status }),
    ...(severity === null ? {} : { severity }),
    ...(host === '' ? {} : { host }),
    ...(group === '' ? {} : { group }),
    ...(metric === '' ? {} : { metric }),
    ...(acknowledged === null ? {} : { acknowledged }),
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
  }
}

/** Whether anything besides the status narrows the list. */
export const isNarrowed = ({ status: _, ...rest }: EventFilter) =>
  Object.values(rest).some((value) => value !== null && value !== '')
