import { type Event, MAX_COMMENT } from '../../../domain/event.ts'
import type { EventStore } from '../../../storage/ports/store.ts'
import { readLocalPath } from '../../http/request-body.ts'
import { HttpError, notFound, redirect, route, type WebRequest } from '../../http/route.ts'
import { readId } from '../../ui/form-fields.tsx'

/** What people do to events. One that is in the wanted state already is fine: somebody else was quicker. */

const MAX_AT_ONCE = 1000
const CHANGES = ['acknowledge', 'close', 'reopen'] as const
type Change = (typeof CHANGES)[number]

/** The comment that came along; undefined when none was typed. Throws an HttpError when it is too long. */
export function readComment(form: URLSearchParams): string | undefined {
  const text = (form.get('comment') ?? '').replaceAll('\r\n', '\n').trim()
  if (text.length > MAX_COMMENT) throw new HttpError(400, `A comment has at most ${MAX_COMMENT} characters.`)
  return text === '' ? undefined : text
}

async function findEvent({ params, web }: WebRequest): Promise<Event> {
  const event = await web.store.events.find(readId(params.id))
  if (!event) throw notFound('event')
  return event
}

const describe = ({ id, host, message }: Event) => `${id} of ${host}: ${message}`

function change(events: EventStore, what: Change, id: number, by: string, at: number, comment?: string) {
  return comment === undefined ? events[what](id, by, at) : events[what](id, by, at, comment)
}

const changeOne = (what: Change) =>
  route(
    { path: `/events/:id/${what}`, method: 'POST', access: 'operator', does: `${what} event` },
    async (request) => {
      const { form, session, now, web, note } = request
      const event = await findEvent(request)
      const comment = readComment(form)
      const isChanged = await change(web.store.events, what, event.id, session?.user ?? '', now, comment)
      const isClosed = !isChanged && (await web.store.events.find(event.id))?.status === 'closed'
      // Two events of one metric can't both be open: that is the only way in which reopening fails.
      if (isClosed && what === 'reopen')
        throw new HttpError(409, 'Another event of this metric of the host is open: close that one first.')
      // Somebody else closed it meanwhile: what was typed is kept all the same.
      if (isClosed && comment !== undefined)
        await web.store.events.comment(event.id, session?.user ?? '', now, comment)
      note(describe(event))
      return redirect(readLocalPath(form.get('back') ?? `/events/${event.id}`))
    },
  )

export const acknowledgeEvent = changeOne('acknowledge')
export const closeEvent = changeOne('close')
export const reopenEvent = changeOne('reopen')

export const commentEvent = route(
  { path: '/events/:id/comment', method: 'POST', access: 'operator', does: 'comment event' },
  async (request) => {
    const { form, session, now, web, note } = request
    const event = await findEvent(request)
    const comment = readComment(form)
    if (comment === undefined) throw new HttpError(400, 'A comment needs words.')
    await web.store.events.comment(event.id, session?.user ?? '', now, comment)
    note(describe(event))
    return redirect(`/events/${event.id}`)
  },
)

/** Several at once: those that were chosen by their boxes. */
export const changeEvents = route(
  { path: '/events/change', method: 'POST', access: 'operator', does: 'change events' },
  async (request) => {
    const { form, session, now, web, note } = request
    const what = CHANGES.find((one) => one === form.get('action'))
    if (what === undefined) throw new HttpError(400, `action: expected one of ${CHANGES.join(', ')}`)
    const ids = [...new Set(form.getAll('id').map(readId))].slice(0, MAX_AT_ONCE)
    if (ids.length === 0)
      throw new HttpError(400, 'No event is selected: tick the boxes of the events to change.')
    const comment = readComment(form)
    const known = ids.filter((id) => id >= 0)
    const changed = await web.store.events.changeAll(what, known, session?.user ?? '', now, comment)
    note(`${what} ${changed.length === 0 ? 'none' : changed.join(', ')}`)
    return redirect(readLocalPath(form.get('back') ?? '/events'))
  },
)
