/** @jsxImportSource #markup */
import { route } from '../../http/route.ts'
import { viewEvent } from '../../problems/event-view.ts'
import { eventPath, severityLabel } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { keepUnits } from '../../ui/keep-units.ts'
import { layout } from '../../ui/layout/layout.tsx'
import { findEvent } from './actions.ts'
import { hostName } from './event-table.tsx'

/** Where a link of a notification leads: a page with a button, so that opening a link changes nothing. */
export const acknowledgePage = route(
  { path: '/events/:id/acknowledge', access: 'operator' },
  async (request) => {
    const { url, session, csrf, now, web } = request
    const event = await findEvent(request)
    const host = event.members.length > 0 ? null : await web.store.hosts.find(event.host)
    const { problem } = viewEvent(event, host, now, web)
    const title = 'Acknowledge event'
    const isOver = event.status === 'closed'
    const isTaken = event.acknowledgedBy !== null
    const body = (
      <section class="question">
        <p class="crumbs">
          <a href="/events">Events</a> › <a href={eventPath(event.id)}>Event #{event.id}</a>
        </p>
        <h1>{title}</h1>
        <p>
          {severityLabel(event.severity)} {hostName(event)}: <b>{keepUnits(problem.what)}</b>
          {problem.detail !== null && <span class="soft"> {keepUnits(problem.detail)}</span>}
        </p>
        {isOver && <p class="notice">This event is already closed.</p>}
        {isTaken && <p class="notice">{event.acknowledgedBy} has acknowledged it already.</p>}
        <form class="form" method="post" action={`${eventPath(event.id)}/acknowledge`}>
          {csrfField(csrf)}
          {isTaken && <input type="hidden" name="again" value="1" />}
          <p class="hint-text">Shows that you are working on it, and stops repeated notifications.</p>
          <div class="form-end">
            <button type="submit" class="primary" disabled={isOver}>
              {isTaken ? 'Take over' : 'Acknowledge'}
            </button>
            <a class="button" href={eventPath(event.id)}>
              Cancel
            </a>
          </div>
        </form>
      </section>
    )
    return layout({ title, active: 'events', session, csrf, url, body })
  },
)
