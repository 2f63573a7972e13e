import type { Event } from '../domain/event.ts'
import { type Html, html } from './html.ts'
import { severityLabel, stampLabel } from './widgets.ts'
import { formatSpan } from './words.ts'

export const eventPath = (id: number) => `/events/${id}`

/** Events one a line: how bad, what, from when, and for how long where they are over. */
export function eventLines(events: readonly Event[]): Html {
  return html`<ul class="event-lines">${events.map(
    ({ id, severity, message, opened, closed }) =>
      html`<li data-key="event-${id}">${severityLabel(severity)}<a class="plain event-message" href="${eventPath(id)}">${message}</a><span class="soft">${stampLabel(opened)}, ${closed === null ? 'open' : `for ${formatSpan(closed - opened)}`}</span></li>\n`,
  )}</ul>`
}
