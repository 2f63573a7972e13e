/** @jsxImportSource #markup */
import { type Event, lengthOf } from '../../../domain/event.ts'
import { formatMetricValue } from '../../../domain/metrics/metric.ts'
import type { MaintenanceCalendar } from '../../../domain/time/maintenance-window.ts'
import type { DeliverySum } from '../../../storage/ports/store.ts'
import type { EventView } from '../../problems/event-view.ts'
import {
  capitalize,
  eventPath,
  hostPath,
  spokenMark,
  stampLabel,
  withParameters,
} from '../../ui/components.tsx'
import { formatDuration, formatNumber, formatStamp } from '../../ui/format.ts'
import { icon } from '../../ui/icons.tsx'
import { keepUnits } from '../../ui/keep-units.ts'
import type { Html } from '../../ui/markup/html.ts'
import type { EventSort } from './event-filter.ts'
import { eventMenu } from './event-menu.tsx'
import { findHold, heldWords } from './event-state.tsx'

export type EventTableOptions = {
  readonly events: readonly EventView[]
  /** How their notifications did; an event without one is not in it. */
  readonly deliveries: ReadonlyMap<number, DeliverySum>
  /** Tells which notifications are held. */
  readonly calendar: MaintenanceCalendar
  readonly now: number
  /** The address of the list: heads sort it, and a wide window shows an event beside it. */
  readonly url: URL
  readonly sort: EventSort
  /** The event that stands beside the list; null for none. */
  readonly chosen: number | null
  /**
   * Adds a box for each event, and a button for the step that hides nothing: acknowledging an open event, or reopening a
   * closed one. The table then stands inside a form.
   */
  readonly mayChange: boolean
}

/** Events one a row. Those of several hosts name them by their number. */
export function eventTable(options: EventTableOptions): Html {
  const { events, mayChange, url, sort } = options
  return (
    <table class="table fixed events">
      <thead>
        <tr>
          {mayChange && (
            <th scope="col" class="col-check">
              <input type="checkbox" data-check-all="id" aria-label="Select all" hidden />
            </th>
          )}
          {sortHead('severity', sort, { name: 'Event', className: 'col-event', url })}
          {sortHead('host', sort, { name: 'Host', className: 'col-host phone-hidden', url })}
          <th scope="col" class="col-now number phone-hidden">
            Value now
          </th>
          {sortHead('since', sort, { name: 'Since', className: 'col-since number', url })}
          <th scope="col" class="col-owner phone-hidden">
            Acknowledged
          </th>
          <th scope="col" class="col-notified phone-hidden">
            Notified
          </th>
          {mayChange && (
            <th scope="col" class="col-action">
              <span class="visually-hidden">Change</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>{events.map((view) => eventRow(view, options))}</tbody>
    </table>
  )
}

/** The name of a column, as a link that sorts by it where the list can be sorted by it. */
function sortHead(
  column: EventSort['column'],
  { column: current, isReversed, columns }: EventSort,
  { name, className, url }: { readonly name: string; readonly className: string; readonly url: URL },
): Html {
  if (!columns.includes(column))
    return (
      <th scope="col" class={className}>
        {name}
      </th>
    )
  const isCurrent = column === current
  // Only the time has two directions.
  const turns = isCurrent && column === 'since' && !isReversed
  const isAscending = column === 'host' || (column === 'since' && isReversed)
  return (
    <th scope="col" class={className} aria-sort={isCurrent && (isAscending ? 'ascending' : 'descending')}>
      <a href={withParameters(url, { sort: column, order: turns ? 'asc' : null, offset: null })}>
        {name}
        {isCurrent && icon(isAscending ? 'up' : 'down')}
        {column === 'severity' && <span class="visually-hidden">, the most severe first</span>}
      </a>
    </th>
  )
}

function eventRow(view: EventView, options: EventTableOptions): Html {
  const { event, problem, current } = view
  const { now, calendar, mayChange, url, chosen, deliveries } = options
  const { id, host, severity, opened } = event
  const length = lengthOf(event, now)
  const name = hostName(event)
  const beside = withParameters(url, { event: String(id) })
  return (
    <tr data-key={`event-${id}`} class={`severity-${severity}`} aria-current={id === chosen && 'true'}>
      {mayChange && (
        <td class="col-check">
          <input type="checkbox" name="id" value={id} aria-label={`Select event ${id} of ${host}`} />
        </td>
      )}
      <td class="event-message" title={problem.text}>
        <span class="sub">{name}</span>
        <span class="event-line">
          {spokenMark(severity)}
          <a class="plain clamp narrow-only" href={eventPath(id)}>
            {keepUnits(problem.what)}
          </a>
          <a class="plain clamp beside-only" href={beside}>
            {keepUnits(problem.what)}
          </a>
        </span>
        {problem.detail !== null && <span class="event-detail soft">{keepUnits(problem.detail)}</span>}
        {eventState(event)}
        {heldWords(event, calendar, now)}
      </td>
      <th scope="row" class="col-host phone-hidden" title={host}>
        {name}
      </th>
      <td class="col-now number phone-hidden">
        {current === null ? <span class="soft">–</span> : formatMetricValue(event.metric, current)}
      </td>
      <td class="col-since number" title={formatStamp(opened)}>
        {length === null ? (
          'unknown'
        ) : event.status === 'open' ? (
          formatDuration(length)
        ) : (
          <>
            {stampLabel(opened)}
            <span class="soft for-words">for {formatDuration(length)}</span>
          </>
        )}
      </td>
      <td class="col-owner phone-hidden" title={event.acknowledgedBy}>
        {event.acknowledgedBy ?? <span class="soft">–</span>}
      </td>
      <td class="col-notified phone-hidden">{notifiedMark(event, deliveries.get(id), options)}</td>
      {mayChange && <td class="col-action">{rowActions(event, problem.what)}</td>}
    </tr>
  )
}

/**
 * The state of the event's notifications, with the newest receipt as its title; the page of the event lists
 * all of them.
 */
function notifiedMark(
  event: Event,
  sum: DeliverySum | undefined,
  { calendar, now }: EventTableOptions,
): Html {
  if (sum === undefined) {
    const hold = findHold(event, calendar, now)
    return <span class="soft">{hold === null ? '–' : 'held'}</span>
  }
  const { sent, failed, waiting, receipt } = sum
  const title =
    receipt === null
      ? undefined
      : `delivered by ${receipt.channel}, ${formatStamp(receipt.time)}${receipt.answer === '' ? '' : `: ${receipt.answer}`}`
  return (
    <a class="notified" href={`${eventPath(event.id)}#notifications`} title={title}>
      {sent > 0 && (
        <span class="delivery sent">
          ✓ {formatNumber(sent)}
          <span class="visually-hidden"> delivered </span>
        </span>
      )}
      {failed > 0 && (
        <span class="delivery failed">
          ✗ {formatNumber(failed)}
          <span class="visually-hidden"> failed </span>
        </span>
      )}
      {waiting > 0 && <span class="soft">{formatNumber(waiting)} waiting</span>}
    </a>
  )
}

function rowActions(event: Event, what: string): Html {
  const { id, host, status, acknowledgedBy } = event
  const action = status === 'closed' ? 'reopen' : acknowledgedBy === null ? 'acknowledge' : null
  return (
    <div class="row-buttons">
      {action !== null && (
        <button
          class="small"
          type="submit"
          formaction={`${eventPath(id)}/${action}`}
          aria-label={`${capitalize(action)} event ${id} of ${host}`}
        >
          {capitalize(action)}
        </button>
      )}
      {status === 'open' && eventMenu(event, { what })}
    </div>
  )
}

/** The host as a link to its page; an event of several hosts has no such page. */
export const hostName = ({ host, members }: Pick<Event, 'host' | 'members'>) =>
  members.length > 0 ? <span>{host}</span> : <a href={hostPath(host)}>{host}</a>

/** The state of an event in a list, besides its severity. */
export function eventState({ status, acknowledgedBy, isStale }: Event): Html | null {
  const isSilent = status === 'open' && isStale
  if (acknowledgedBy === null && !isSilent) return null
  return (
    <span class="event-state soft">
      {acknowledgedBy !== null && (
        <span class="owner-words">
          acknowledged by {acknowledgedBy}
          {isSilent && ', '}
        </span>
      )}
      {isSilent && 'no data'}
    </span>
  )
}
