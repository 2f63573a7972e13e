/** @jsxImportSource #markup */

import { MUTE_TIMES, muteHostUntil, readMuteEnd, writeMuted } from '../../changes/mute-host.ts'
import { readLocalPath } from '../../http/request-body.ts'
import { findHost, HttpError, type RouteResult, redirect, route, type WebRequest } from '../../http/route.ts'
import { viewEvent } from '../../problems/event-view.ts'
import { eventPath, hostPath, severityLabel } from '../../ui/components.tsx'
import { refuseForm } from '../../ui/form-fields.tsx'
import { formatStamp } from '../../ui/format.ts'
import { keepUnits } from '../../ui/keep-units.ts'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { tellAt } from '../events/action-result.tsx'
import { findEvent } from '../events/actions.ts'
import { hostName } from '../events/event-table.tsx'
import { muteForm } from './mute-form.tsx'

/** The host that is muted, and how pages describe it. */
type Subject = {
  readonly host: string
  readonly path: string
  /** Where it leads. */
  readonly back: string
  readonly crumbs: Html
  readonly words: Html
  readonly active: 'events' | 'hosts'
}

function mutePageOf(request: WebRequest, subject: Subject, problem?: string): Html {
  const { session, csrf, url } = request
  return layout({
    title: `Mute ${subject.host}`,
    active: subject.active,
    session,
    csrf,
    url,
    body: (
      <section class="question">
        <p class="crumbs">{subject.crumbs}</p>
        <h1>Mute notifications</h1>
        <p>{subject.words}</p>
        {muteForm(request, { action: subject.path, back: subject.back, problem })}
      </section>
    ),
  })
}

async function mute(request: WebRequest, subject: Subject): Promise<RouteResult> {
  const { form, wantsJson } = request
  const end = readMuteEnd(request)
  if ('problem' in end) {
    if (wantsJson || form.get('seconds') === null) throw new HttpError(400, end.problem)
    return refuseForm(mutePageOf(request, subject, end.problem))
  }
  const muted = await muteHostUntil(subject.host, end.to, request)
  const undo = writeMuted(muted)
  if (wantsJson) {
    const time = MUTE_TIMES.find(({ seconds }) => seconds === muted.to - muted.from)
    const words = time ? `for ${time.words}` : `until ${formatStamp(muted.to)}`
    return Response.json({ words: `Muted ${subject.host} ${words}.`, undo, isDone: true })
  }
  return redirect(tellAt(readLocalPath(form.get('back') ?? subject.back), { did: undo }))
}

async function hostSubject(request: WebRequest): Promise<Subject> {
  const host = await findHost(request)
  const path = hostPath(host.name)
  return {
    host: host.name,
    path: `${path}/mute`,
    back: path,
    crumbs: (
      <>
        <a href="/hosts">Hosts</a> › <a href={path}>{host.name}</a>
      </>
    ),
    words: <b>{host.name}</b>,
    active: 'hosts',
  }
}

async function eventSubject(request: WebRequest): Promise<Subject> {
  const event = await findEvent(request)
  if (event.members.length > 0)
    throw new HttpError(
      400,
      'This event is of several hosts. Mute them with a maintenance window, under Settings › Maintenance.',
    )
  const { web, now } = request
  const { problem } = viewEvent(event, await web.store.hosts.find(event.host), now, web)
  const path = eventPath(event.id)
  return {
    host: event.host,
    path: `${path}/mute`,
    back: path,
    crumbs: (
      <>
        <a href="/events">Events</a> › <a href={path}>Event #{event.id}</a>
      </>
    ),
    words: (
      <>
        {severityLabel(event.severity)} {hostName(event)}: <b>{keepUnits(problem.what)}</b>
        {problem.detail !== null && <span class="soft"> {keepUnits(problem.detail)}</span>}
      </>
    ),
    active: 'events',
  }
}

const HOST_PATH = '/hosts/:name/mute'
const EVENT_PATH = '/events/:id/mute'
const WRITE = { method: 'POST', access: 'operator', does: 'mute host' } as const

/** Pages that lead to a mute, and the forms on them; the menus of lists post to the same addresses. */
export const MUTE_PAGES = [
  route({ path: HOST_PATH, access: 'operator' }, async (request) =>
    mutePageOf(request, await hostSubject(request)),
  ),
  route({ path: HOST_PATH, ...WRITE }, async (request) => mute(request, await hostSubject(request))),
  route({ path: EVENT_PATH, access: 'operator' }, async (request) =>
    mutePageOf(request, await eventSubject(request)),
  ),
  route({ path: EVENT_PATH, ...WRITE }, async (request) => mute(request, await eventSubject(request))),
]
