/** @jsxImportSource #markup */
import type { Event, EventAction } from '../../../domain/event.ts'
import type { UndoResult } from '../../../storage/ports/store.ts'
import { describeMuteKept, findMute, mutedHost, readMuted, writeMuted } from '../../changes/mute-host.ts'
import type { WebRequest } from '../../http/route.ts'
import { viewEvent } from '../../problems/event-view.ts'
import { eventPath, untilLabel, withParameters } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatAgo, formatCount } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'

/**
 * The outcome of an action, in the address to which it redirects: `did=acknowledge.TIME.12-13` (without ids:
 * all of that second), `undid=…` in the same form, `missed=acknowledge.12`. The page shows it as text;
 * scripts get the text in the response.
 */

/** More ids than these are not written into an address. */
const MAX_NAMED = 20

export const UNDOABLE = ['acknowledge', 'close'] as const
export type Undoable = (typeof UNDOABLE)[number]

const DONE: Readonly<Record<Undoable | 'reopen', string>> = {
  acknowledge: 'Acknowledged',
  close: 'Closed',
  reopen: 'Reopened',
}

export type Done = {
  readonly what: Undoable | 'reopen'
  readonly at: number
  readonly ids: readonly number[]
}

export const writeDone = ({ what, at, ids }: Done): string =>
  `${what}.${at}.${ids.length > MAX_NAMED || ids.length === 0 ? `n${ids.length}` : ids.join('-')}`

/** Null for a text of another form: no outcome is shown then. */
export function readDone(text: string | null): (Done & { readonly count: number }) | null {
  const [, word, at, ids, count] =
    /^(\w+)\.(\d{1,12})\.(?:(\d[\d-]{0,320})|n(\d{1,6}))$/.exec(text ?? '') ?? []
  const what = (['acknowledge', 'close', 'reopen'] as const).find((one) => one === word)
  if (what === undefined) return null
  const list = ids === undefined ? [] : ids.split('-').map(Number).filter(Number.isSafeInteger)
  return {
    what,
    at: Number(at),
    ids: list.slice(0, MAX_NAMED),
    count: count === undefined ? list.length : Number(count),
  }
}

/** `Acknowledged: web01, Memory 97.0 %`; `Acknowledged 12 events`; `No event acknowledged`. */
export function describeDone(
  what: Done['what'],
  count: number,
  only: Event | null,
  sentence: string | null,
): string {
  if (count === 0) return `No event ${DONE[what].toLowerCase()}`
  return only === null
    ? `${DONE[what]} ${formatCount(count, 'event')}`
    : `${DONE[what]}: ${only.host}, ${sentence}`
}

/** The text about events that an action for several left as they were; empty when there are none. */
export const describeKept = (count: number): string =>
  count <= 0
    ? ''
    : count === 1
      ? '. 1 event stays as it was: it is already acknowledged or closed.'
      : `. ${formatCount(count, 'event')} stay as they were: already acknowledged or closed.`

/** The change that another user, or the agent, has made to an event meanwhile. */
export function describeLater(action: EventAction, actor: string | null, time: number, now: number): string {
  const words: Partial<Record<EventAction, string>> = {
    acknowledged: 'acknowledged',
    closed: actor === null ? 'over' : 'closed',
    reopened: 'reopened',
    unacknowledged: 'unacknowledged',
    severity: 'changed in severity',
  }
  const by = actor === null ? '' : ` by ${actor}`
  return `${words[action] ?? 'changed'}${by} ${formatAgo(time, now)}`
}

export function describeUndone({ undone, kept }: UndoResult, now: number): string {
  const [first] = kept
  const left =
    first === undefined
      ? ''
      : kept.length === 1
        ? `Event #${first.id} was ${describeLater(first.action, first.actor, first.time, now)}, and stays as it is.`
        : `${formatCount(kept.length, 'event')} changed meanwhile and stay as they are.`
  if (undone.length === 0) return left === '' ? 'There was nothing to undo.' : `Not undone. ${left}`
  return [`Undone${undone.length > 1 ? ` for ${formatCount(undone.length, 'event')}` : ''}.`, left]
    .join(' ')
    .trim()
}

/** Query parameters that contain the outcome of an action. */
const TOLD = ['did', 'undid', 'kept', 'missed'] as const

/** The address without the outcome of an action. */
export function withoutResult(path: string): URL {
  const url = new URL(path, 'http://local.invalid')
  for (const name of TOLD) url.searchParams.delete(name)
  return url
}

/** Where an action leads back to, with what came of it. */
export const tellAt = (back: string, outcome: Readonly<Record<string, string>>): string =>
  withParameters(withoutResult(back), outcome) + new URL(back, 'http://local.invalid').hash

/** The line above a page with the outcome of the action before it; null when there was none. */
export async function actionResult(request: WebRequest): Promise<Html | null> {
  const { url, web, csrf, now, session } = request
  const { searchParams } = url
  const muted = readMuted(searchParams.get('did'))
  if (muted !== null) {
    const window = await findMute(muted, request)
    if (typeof window === 'string') return null
    const until = untilLabel(muted.to, now)
    return resultLine(
      <>
        Muted {mutedHost(window)} until {until}.
      </>,
      undoForm(url, csrf, writeMuted(muted)),
    )
  }
  const unmuted = readMuted(searchParams.get('undid'))
  if (unmuted !== null) return resultLine('Undone. Notifications are sent again.')
  const stays = readMuted(searchParams.get('missed'))
  if (stays !== null) return resultLine(describeMuteKept(await findMute(stays, request)))
  const done = readDone(searchParams.get('did'))
  if (done !== null) {
    const [id] = done.ids
    const only = done.count === 1 && id !== undefined ? await web.store.events.find(id) : null
    const kept = Number(/^\d{1,6}$/.exec(searchParams.get('kept') ?? '')?.[0] ?? 0)
    const words =
      describeDone(done.what, done.count, only, await sentenceOf(only, web, now)) + describeKept(kept)
    const canUndo = done.what !== 'reopen' && done.count > 0
    return resultLine(words, canUndo ? undoForm(url, csrf, writeDone(done)) : null)
  }
  const undone = readDone(searchParams.get('undid'))
  if (undone?.count === 0) return resultLine('There was nothing to undo.')
  if (undone !== null)
    return resultLine(undone.count === 1 ? 'Undone.' : `Undone for ${formatCount(undone.count, 'event')}.`)
  const missed = readDone(searchParams.get('missed'))
  const [id] = missed?.ids ?? []
  if (missed === null || id === undefined) return null
  const event = await web.store.events.find(id)
  const words = event === null ? null : await describeMissed(event, web, now)
  if (words === null) return null
  const path = eventPath(id)
  return resultLine(
    words,
    url.pathname === path || session === null ? null : <a href={path}>Open the event</a>,
  )
}

/** The problem of an event as a sentence, as it was before the action closed it. */
export async function sentenceOf(
  event: Event | null,
  web: WebRequest['web'],
  now: number,
): Promise<string | null> {
  if (event === null) return null
  const host = event.members.length > 0 ? null : await web.store.hosts.find(event.host)
  return viewEvent({ ...event, status: 'open', closed: null }, host, now, web).problem.what
}

/** `Not changed: event #12 was acknowledged by ann 5 s ago.` */
export async function describeMissed(
  event: Event,
  web: WebRequest['web'],
  now: number,
): Promise<string | null> {
  const history = await web.store.events.history(event.id)
  const last = history.findLast(({ action }) => action !== 'comment')
  if (last === undefined) return null
  return `Not changed: event #${event.id} was ${describeLater(last.action, last.actor, last.noted, now)}.`
}

const resultLine = (words: Html | string, more: Html | null = null): Html => (
  <div class="result" role="status" data-result>
    <span>{words}</span>
    {more}
  </div>
)

function undoForm(url: URL, csrf: string, what: string): Html {
  return (
    <form method="post" action="/events/undo" data-action>
      {csrfField(csrf)}
      <input type="hidden" name="what" value={what} />
      <input type="hidden" name="back" value={`${url.pathname}${url.search}`} />
      <button type="submit" class="quiet-link">
        Undo
      </button>
    </form>
  )
}
