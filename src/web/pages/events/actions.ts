import { type Event, MAX_COMMENT } from '../../../domain/event.ts'
import type { EventStore } from '../../../storage/ports/store.ts'
import { readMuted, undoMute, writeMuted } from '../../changes/mute-host.ts'
import { readLocalPath } from '../../http/request-body.ts'
import { HttpError, notFound, type RouteResult, redirect, route, type WebRequest } from '../../http/route.ts'
import { readId } from '../../ui/form-fields.tsx'
import {
  type Done,
  describeDone,
  describeKept,
  describeMissed,
  describeUndone,
  readDone,
  sentenceOf,
  tellAt,
  writeDone,
} from './action-result.tsx'

/**
 * The actions of users on events. An action from a page that is older than another user's change reports that
 * change, and changes nothing. A form redirects back to its page; a script (`accept: application/json`) gets
 * the text in the response.
 */

const MAX_AT_ONCE = 1000
const CHANGES = ['acknowledge', 'close', 'reopen'] as const
type PageChange = (typeof CHANGES)[number]

/** The comment that came along; undefined when none was typed. Throws an HttpError when it is too long. */
export function readComment(form: URLSearchParams): string | undefined {
  const text = (form.get('comment') ?? '').replaceAll('\r\n', '\n').trim()
  if (text.length > MAX_COMMENT) throw new HttpError(400, `A comment has at most ${MAX_COMMENT} characters.`)
  return text === '' ? undefined : text
}

export async function findEvent({ params, web }: WebRequest): Promise<Event> {
  const event = await web.store.events.find(readId(params.id))
  if (!event) throw notFound('event')
  return event
}

const describe = ({ id, host, message }: Event) => `${id} of ${host}: ${message}`

function change(
  events: EventStore,
  what: PageChange,
  {
    id,
    by,
    at,
    comment,
  }: { readonly id: number; readonly by: string; readonly at: number; readonly comment: string | undefined },
) {
  return comment === undefined ? events[what](id, by, at) : events[what](id, by, at, comment)
}

/**
 * The text that a script shows, and the data that it posts to undo the action; null where it can't be undone.
 */
export type ActionAnswer = { readonly words: string; readonly undo: string | null; readonly isDone: boolean }

function answer(
  request: WebRequest,
  back: string,
  outcome: Readonly<Record<string, string>>,
  said: ActionAnswer,
): RouteResult {
  if (request.wantsJson) return Response.json(said)
  return redirect(tellAt(back, outcome))
}

/**
 * Says what was done, with the way to undo it, and how many of the events that were asked for stay as they were:
 * another user has acknowledged or closed them.
 */
export async function answerDone(
  request: WebRequest,
  back: string,
  done: Done,
  asked: readonly number[] = done.ids,
): Promise<RouteResult> {
  const { web, now } = request
  const [id] = done.ids
  const [alone] = asked
  if (id === undefined && asked.length === 1 && alone !== undefined) {
    const event = await web.store.events.find(alone)
    const missed = event && (await describeMissed(event, web, now))
    if (missed !== null)
      return answer(
        request,
        back,
        { missed: writeDone({ ...done, ids: [alone] }) },
        { words: missed, undo: null, isDone: false },
      )
  }
  const only = done.ids.length === 1 && id !== undefined ? await web.store.events.find(id) : null
  const kept = asked.length - done.ids.length
  const words = describeDone(done.what, done.ids.length, only, await sentenceOf(only, web, now))
  const undo = done.what === 'reopen' || done.ids.length === 0 ? null : writeDone(done)
  return answer(
    request,
    back,
    { did: writeDone(done), ...(kept > 0 && { kept: String(kept) }) },
    { words: words + describeKept(kept), undo, isDone: true },
  )
}

/**
 * Another user has acknowledged it meanwhile; a user who wants to take it over does so on the event's page.
 */
const isTaken = (what: PageChange, { acknowledgedBy, status }: Event, { form, session }: WebRequest) =>
  what === 'acknowledge' &&
  status === 'open' &&
  acknowledgedBy !== null &&
  acknowledgedBy !== session?.user &&
  !form.has('again')

const changeOne = (what: PageChange) =>
  route(
    { path: `/events/:id/${what}`, method: 'POST', access: 'operator', does: `${what} event` },
    async (request) => {
      const { form, session, now, web, note } = request
      const { events } = web.store
      const event = await findEvent(request)
      const by = session?.user ?? ''
      const back = readLocalPath(form.get('back') ?? `/events/${event.id}`)
      const comment = readComment(form)
      const isChanged =
        !isTaken(what, event, request) && (await change(events, what, { id: event.id, by, at: now, comment }))
      note(describe(event))
      if (isChanged) return answerDone(request, back, { what, at: now, ids: [event.id] })
      const after = (await events.find(event.id)) ?? event
      // Two events of one metric can't both be open: that is the only way in which reopening fails.
      if (after.status === 'closed' && what === 'reopen')
        throw new HttpError(
          409,
          'Another event for this metric of the host is already open: close that one first.',
        )
      // A repeated acknowledgement by the same user changes nothing, and is not reported as a conflict.
      if (what === 'acknowledge' && after.status === 'open' && after.acknowledgedBy === by)
        return redirect(back)
      // The comment is stored in any case.
      if (comment !== undefined) await events.comment(event.id, by, now, comment)
      const words = (await describeMissed(after, web, now)) ?? 'Not changed.'
      const missed = writeDone({ what, at: now, ids: [event.id] })
      return answer(request, back, { missed }, { words, undo: null, isDone: false })
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
    if (comment === undefined) throw new HttpError(400, 'Type a comment first.')
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
    const changed = await web.store.events.changeAll(what, known, {
      by: session?.user ?? '',
      at: now,
      comment,
    })
    note(`${what} ${changed.length === 0 ? 'none' : changed.join(', ')}`)
    const back = readLocalPath(form.get('back') ?? '/events')
    return answerDone(request, back, { what, at: now, ids: changed }, known)
  },
)

/** Takes back what the same person did a moment ago, where nothing has happened since. */
export const undoEvents = route(
  { path: '/events/undo', method: 'POST', access: 'operator', does: 'undo change of events' },
  async (request) => {
    const { form, session, now, web, note } = request
    const muted = readMuted(form.get('what'))
    if (muted !== null) {
      const { isDone, words } = await undoMute(muted, request)
      const outcome = { [isDone ? 'undid' : 'missed']: writeMuted(muted) }
      return answer(request, readLocalPath(form.get('back') ?? '/'), outcome, { words, undo: null, isDone })
    }
    const done = readDone(form.get('what'))
    if (done === null || done.what === 'reopen')
      throw new HttpError(400, 'what: expected what the answer of a change gave')
    const ids = done.ids.length > 0 ? done.ids : undefined
    const result = await web.store.events.undo(done.what, {
      by: session?.user ?? '',
      done: done.at,
      at: now,
      ids,
    })
    note(`${done.what} ${result.undone.length === 0 ? 'none' : result.undone.join(', ')}`)
    const words = describeUndone(result, now)
    const back = readLocalPath(form.get('back') ?? '/events')
    const [kept] = result.kept
    const outcome: Record<string, string> =
      result.undone.length > 0 || kept === undefined
        ? { undid: writeDone({ what: done.what, at: now, ids: result.undone }) }
        : { missed: writeDone({ what: done.what, at: now, ids: [kept.id] }) }
    return answer(request, back, outcome, { words, undo: null, isDone: result.undone.length > 0 })
  },
)
