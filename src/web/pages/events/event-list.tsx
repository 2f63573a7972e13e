/** @jsxImportSource #markup */
import { type Event, lengthOf } from '../../../domain/event.ts'
import { eventPath, spokenMark, stampLabel } from '../../ui/components.tsx'
import { formatDuration } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'
import { eventState, hostName } from './event-table.tsx'

export type EventLineOptions = {
  /** Says whose they are. */
  readonly hosts?: boolean
  /** The text about the problem; the message of its reporter by default. */
  readonly say?: (event: Event) => string
}

/** Events, one per line: severity, problem, and the text about its time that `tell` returns. */
export function eventLines(
  events: readonly Event[],
  tell: (event: Event) => Html,
  { hosts = false, say = ({ message }) => message }: EventLineOptions = {},
): Html {
  return (
    <ul class={['event-lines', hosts && 'with-hosts']}>
      {events.map((event) => (
        <li class={`severity-${event.severity}`} data-key={`event-${event.id}`}>
          {spokenMark(event.severity)}
          {hosts && (
            <span class="event-host" title={event.host}>
              {hostName(event)}
            </span>
          )}
          <span class="event-message">
            <a class="plain" href={eventPath(event.id)}>
              {say(event)}
            </a>
            {hosts && eventState(event)}
          </span>
          <span class="event-when soft">{tell(event)}</span>
        </li>
      ))}
    </ul>
  )
}

/** When it opened, and for how long where it is over. */
export const describeDurationOf = (event: Event): Html => (
  <>
    {stampLabel(event.opened)}, {event.status === 'open' ? 'open' : describeLength(event)}
  </>
)

function describeLength(event: Event): string {
  const seconds = lengthOf(event, event.opened)
  return seconds === null ? 'its end is unknown' : `for ${formatDuration(seconds)}`
}
