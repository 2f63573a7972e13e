/** @jsxImportSource #markup */

import {
  countAll,
  SEVERITIES,
  SEVERITY_NAMES,
  type Severity,
  type SeverityCounts,
} from '../../../domain/event.ts'
import { MAX_HOST_NAME } from '../../../domain/hosts/host.ts'
import { MAX_METRIC_NAME } from '../../../domain/sample.ts'
import { beyondEnd, capitalize, withParameters } from '../../ui/components.tsx'
import { searchInput } from '../../ui/form-fields.tsx'
import { formatCount, formatField, formatNumber, formatStamp } from '../../ui/format.ts'
import { severityMark } from '../../ui/icons.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { type EventFilter, isNarrowed } from './event-filter.ts'

type FilterModel = {
  readonly url: URL
  readonly filter: EventFilter
  readonly now: number
}

/** The form that narrows the list; open where the list is narrowed. */
export function filterForm({ url, filter, now }: FilterModel): Html {
  const { status, severity, host, metric, acknowledged, from, to } = filter
  const chosen = acknowledged === null ? '' : acknowledged ? 'yes' : 'no'
  const time = (name: string, label: string, value: number | null) => (
    <label>
      {label}{' '}
      <input
        type="datetime-local"
        name={name}
        value={value === null ? '' : formatField(value)}
        data-time-as="field"
        data-time={value !== null && value}
      />
    </label>
  )
  return (
    <details class="filter-more" open={isNarrowed(filter)}>
      <summary>Filter</summary>
      <form class="span-form" method="get" action="/events">
        {status !== 'open' && <input type="hidden" name="status" value={status} />}
        {['sort', 'order'].map((name) => {
          const value = url.searchParams.get(name)
          return value !== null && <input type="hidden" name={name} value={value} />
        })}
        {severity !== null && <input type="hidden" name="severity" value={severity} />}
        {filter.facets.flat().map((group) => (
          <input type="hidden" name="group" value={group} />
        ))}
        {searchInput('Host', {
          name: 'host',
          value: host,
          placeholder: 'part of its name',
          maxLength: MAX_HOST_NAME,
        })}
        {searchInput('Metric', {
          name: 'metric',
          value: metric,
          placeholder: 'memory used',
          maxLength: MAX_METRIC_NAME,
        })}
        <label>
          Acknowledged{' '}
          <select name="acknowledged">
            {[
              ['', 'either'],
              ['yes', 'yes'],
              ['no', 'no'],
            ].map(([value, words]) => (
              <option value={value} selected={value === chosen}>
                {words}
              </option>
            ))}
          </select>
        </label>
        {time('from', 'Opened from', from)}
        {time('to', 'to', to)}
        <button type="submit">Filter</button>
        <span class="soft unscripted">in server time, now {formatStamp(now)}</span>
        {isNarrowed(filter) && (
          <a
            href={withParameters(url, {
              severity: null,
              host: null,
              group: null,
              metric: null,
              acknowledged: null,
              from: null,
              to: null,
              offset: null,
            })}
          >
            Show all
          </a>
        )}
      </form>
    </details>
  )
}

/** The number of matching events of each severity, as links that filter the list by it. */
export function severityLinks({
  url,
  filter,
  counts,
}: Omit<FilterModel, 'now'> & { readonly counts: SeverityCounts }): Html[] {
  const link = (value: Severity | null, words: Html, count: number) => (
    <a
      href={withParameters(url, { severity: value === null ? null : String(value), offset: null })}
      aria-current={filter.severity === value && 'true'}
    >
      {words}
      <b>{formatNumber(count)}</b>
    </a>
  )
  return [
    link(null, <>All</>, countAll(counts)),
    ...SEVERITIES.map((one) =>
      link(
        one,
        <>
          {severityMark(one)}
          {capitalize(SEVERITY_NAMES[one])}
        </>,
        counts[one],
      ),
    ),
  ]
}

/** Replaces a list without rows. */
export function emptyView({
  filter,
  offset,
  url,
  down,
}: Omit<FilterModel, 'now'> & { readonly offset: number; readonly down: number }): Html {
  if (offset > 0) return beyondEnd(url)
  if (isNarrowed(filter))
    return (
      <section class="empty">
        <h2>No {filter.status === 'all' ? '' : `${filter.status} `}event matches</h2>
        <p>
          <a href={filter.status === 'open' ? '/events' : `/events?status=${filter.status}`}>
            Show all {filter.status === 'all' ? '' : `${filter.status} `}events
          </a>
        </p>
      </section>
    )
  return filter.status === 'open' ? (
    <section class="empty">
      <h2>No open events</h2>
      {down === 0 ? (
        <p>All clear.</p>
      ) : (
        <p>
          But <a href="/hosts?status=down">{formatCount(down, 'host')}</a> {down === 1 ? 'is' : 'are'} down.
        </p>
      )}
    </section>
  ) : (
    <section class="empty">
      <h2>No {filter.status === 'closed' ? 'closed ' : ''}events</h2>
      <p>Closed events are kept here until their retention ends.</p>
    </section>
  )
}
