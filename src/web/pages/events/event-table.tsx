/** @jsxImportSource #markup */
import { type Event, lengthOf } from '../../../domain/event.ts'
import type { MaintenanceCalendar } from '../../../domain/time/maintenance-window.ts'
import type { EventView } from '../../problems/event-view.ts'
import { capitalize, eventPath, hostPath, severityLabel, stampLabel } from '../../ui/components.tsx'
import { formatDuration } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'
import { heldWords } from './event-state.tsx'

export type EventTableOptions = {
  readonly events: readonly EventView[]
  /** Tells which notifications are held. */
  readonly calendar: MaintenanceCalendar
  readonly now: number
  /**
   * Adds a box for each event, and a button for the step that hides nothing: acknowledging an open event, or reopening a
   * closed one. The table then stands inside a form.
   */
  readonly mayChange?: boolean
}

/** Events one a row. Those of several hosts name them by their number. */
export function eventTable({ events, now, calendar, mayChange = false }: EventTableOptions): Html {
  return (
    <table class="table fixed events">
      <thead>
        <tr>
          {mayChange && (
            <th scope="col" class="col-check">
              <input type="checkbox" data-check-all="id" aria-label="Select all" hidden />
            </th>
          )}
          <th scope="col" class="col-severity">
            Severity
          </th>
          <th scope="col" class="col-host phone-hidden">
            Host
          </th>
          <th scope="col">Event</th>
          <th scope="col" class="col-stamp phone-hidden">
            Opened
          </th>
          <th scope="col" class="col-time number">
            Duration
          </th>
          {mayChange && (
            <th scope="col" class="col-action phone-hidden">
              <span class="visually-hidden">Change</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>{events.map((view) => eventRow(view, now, calendar, mayChange))}</tbody>
    </table>
  )
}

function eventRow(
  { event, problem }: EventView,
  now: number,
  calendar: MaintenanceCalendar,
  mayChange: boolean,
): Html {
  const { id, host, severity, opened, status } = event
  const length = lengthOf(event, now)
  const name = hostName(event)
  const action = status === 'closed' ? 'reopen' : event.acknowledgedBy === null ? 'acknowledge' : null
  return (
    <tr data-key={`event-${id}`}>
      {mayChange && (
        <td class="col-check">
          <input type="checkbox" name="id" value={id} aria-label={`Select event ${id} of ${host}`} />
        </td>
      )}
      <td class="col-severity">{severityLabel(severity)}</td>
      <th scope="row" class="col-host phone-hidden" title={host}>
        {name}
      </th>
      <td class="event-message" title={problem.text}>
        <span class="sub">{name}</span>
        <a class="plain clamp" href={eventPath(id)}>
          {problem.what}
        </a>
        {problem.detail !== null && <span class="event-detail soft"> {problem.detail}</span>}
        {eventState(event)}
        {heldWords(event, calendar, now)}
      </td>
      <td class="col-stamp phone-hidden">{stampLabel(opened)}</td>
      <td class="col-time number">{length === null ? 'unknown' : formatDuration(length)}</td>
      {mayChange && (
        <td class="col-action number phone-hidden">
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
        </td>
      )}
    </tr>
  )
}

/** The host as a link to its page; an event of several hosts has no such page. */
export const hostName = ({ host, members }: Pick<Event, 'host' | 'members'>) =>
  members.length > 0 ? <span>{host}</span> : <a href={hostPath(host)}>{host}</a>

/** What a list says of an event besides its severity. */
export function eventState({ status, acknowledgedBy, isStale }: Event): Html | null {
  const words = [
    acknowledgedBy !== null && `acknowledged by ${acknowledgedBy}`,
    status === 'open' && isStale && 'no data',
  ].filter(Boolean)
  return words.length === 0 ? null : <span class="event-state soft">{words.join(', ')}</span>
}
