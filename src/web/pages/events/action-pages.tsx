/** @jsxImportSource #markup */

import { MUTE_TIMES } from '../../changes/mute-host.ts'
import { route } from '../../http/route.ts'
import { viewEvent } from '../../problems/event-view.ts'
import { eventPath, severityLabel } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { layout } from '../../ui/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { findEvent } from './actions.ts'
import { hostName } from './event-table.tsx'

/** Where the links of a notification lead: a page with a button, so that opening a link changes nothing. */

const QUESTIONS = {
  acknowledge: {
    title: 'Acknowledge event',
    hint: 'Says that you look after it, and stops repeated notifications.',
  },
  mute: {
    title: 'Mute notifications',
    hint: 'Holds the notifications of this host. What is still open at the end is sent then.',
  },
} as const

const actionPage = (what: keyof typeof QUESTIONS) =>
  route({ path: `/events/:id/${what}`, access: 'operator' }, async (request) => {
    const { url, session, csrf, now, web } = request
    const event = await findEvent(request)
    const host = event.members.length > 0 ? null : await web.store.hosts.find(event.host)
    const { problem } = viewEvent(event, host, now, web.silence)
    const { title, hint } = QUESTIONS[what]
    const isOver = event.status === 'closed'
    const body = (
      <section class="question">
        <p class="crumbs">
          <a href="/events">Events</a> › <a href={eventPath(event.id)}>Event #{event.id}</a>
        </p>
        <h1>{title}</h1>
        <p>
          {severityLabel(event.severity)} {hostName(event)}: <b>{problem.what}</b>
          {problem.detail !== null && <span class="soft"> {problem.detail}</span>}
        </p>
        {isOver && <p class="notice">This event is closed already.</p>}
        {event.acknowledgedBy !== null && <p class="notice">Acknowledged by {event.acknowledgedBy}.</p>}
        <form class="form" method="post" action={`${eventPath(event.id)}/${what}`}>
          {csrfField(csrf)}
          {what === 'acknowledge' && event.acknowledgedBy !== null && (
            <input type="hidden" name="again" value="1" />
          )}
          <p class="hint-text">{hint}</p>
          <div class="form-end">
            {buttons(what, isOver, event.members.length > 0)}
            <a class="button" href={eventPath(event.id)}>
              Cancel
            </a>
          </div>
        </form>
      </section>
    )
    return layout({ title, active: 'events', session, csrf, url, body })
  })

function buttons(what: keyof typeof QUESTIONS, isOver: boolean, isOfSeveral: boolean): Html {
  if (what === 'acknowledge')
    return (
      <button type="submit" class="primary" disabled={isOver}>
        Acknowledge
      </button>
    )
  if (isOfSeveral)
    return (
      <a class="button primary" href="/settings/maintenance/new">
        Add a maintenance window
      </a>
    )
  return (
    <>
      {MUTE_TIMES.map(({ seconds, words }) => (
        <button type="submit" name="seconds" value={String(seconds)} class={seconds === 3600 && 'primary'}>
          {words}
        </button>
      ))}
    </>
  )
}

export const acknowledgePage = actionPage('acknowledge')
export const mutePage = actionPage('mute')
