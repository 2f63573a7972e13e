/** @jsxImportSource #markup */
import { countAll, MAX_COMMENT } from '../../../domain/event.ts'
import { readLocalPath } from '../../http/request-body.ts'
import { HttpError, route, type WebRequest } from '../../http/route.ts'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatCount, formatNumber } from '../../ui/format.ts'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { answerDone, readComment } from './actions.ts'
import { type EventFilter, findEventQuery, readEventFilter } from './event-filter.ts'

/** For the storm after an outage: all open events that a list is filtered to, however many pages they fill. */

const PATH = '/events/change-all'
const PAGE = 1000
/** More are changed by asking again. */
const MOST = 10_000
/** Characters of the filter that the audit log gets. */
const NOTED = 300
const CHANGES = ['acknowledge', 'close'] as const

/** The address of the page that changes all events that match this list's filter. */
export function changeAllPath({ searchParams }: URL): string {
  const query = new URLSearchParams(searchParams)
  for (const name of ['offset', 'kiosk', 'status', 'event', 'sort', 'order']) query.delete(name)
  return `${PATH}?${query.toString()}`
}

export const changeAllPage = route({ path: PATH, access: 'operator' }, async (request) => {
  const { url, session, csrf, now, web } = request
  const filter = readOpenFilter(url, now)
  const counts = await web.store.events.countBySeverity(await findEventQuery(filter, web.store.hosts))
  const total = countAll(counts)
  const body = changeAllView({ filter, total, url, csrf })
  return layout({ title: 'All matching events', active: 'events', session, csrf, url, body })
})

export const changeAllEvents = route(
  { path: PATH, method: 'POST', access: 'operator', does: 'change events' },
  async (request) => {
    const { form, session, now, web, note } = request
    const what = CHANGES.find((one) => one === form.get('action'))
    if (what === undefined) throw new HttpError(400, `action: expected one of ${CHANGES.join(', ')}`)
    const comment = readComment(form)
    const back = readLocalPath(form.get('back') ?? '/events')
    const asked = new URL(back, request.url)
    // Without its filter this would mean everything.
    if (asked.pathname !== '/events')
      throw new HttpError(400, 'back: expected the address of a list of events')
    const filter = readOpenFilter(asked, readSeen(form, now))
    const ids = await listIds(filter, request)
    const changed = await web.store.events.changeAll(what, ids, { by: session?.user ?? '', at: now, comment })
    const narrowed = asked.searchParams.toString().slice(0, NOTED)
    note(
      `${what} ${formatCount(changed.length, 'event')}${narrowed === '' ? '' : `, filtered by ${narrowed}`}`,
    )
    return answerDone(request, back, { what, at: now, ids: changed }, ids)
  },
)

/**
 * The filter of a list, limited to open events that opened before the page was shown: the user has not seen
 * the others.
 */
function readOpenFilter(url: URL, seen: number): EventFilter {
  const filter = readEventFilter(url, seen)
  return { ...filter, status: 'open', to: Math.min(filter.to ?? seen, seen) }
}

function readSeen(form: URLSearchParams, now: number): number {
  const seen = Number(form.get('seen'))
  if (!Number.isSafeInteger(seen) || seen <= 0) throw new HttpError(400, 'seen: expected seconds since 1970')
  return Math.min(seen, now)
}

/** All ids are read first, because changed events leave the list. */
async function listIds(filter: EventFilter, { web }: WebRequest): Promise<number[]> {
  const query = await findEventQuery(filter, web.store.hosts)
  const ids: number[] = []
  while (ids.length < MOST) {
    const { events } = await web.store.events.list({ ...query, offset: ids.length, limit: PAGE })
    ids.push(...events.map(({ id }) => id))
    if (events.length < PAGE) break
  }
  return ids
}

type ChangeAllModel = {
  readonly filter: EventFilter
  readonly total: number
  readonly url: URL
  readonly csrf: string
}

function changeAllView({ filter, total, url, csrf }: ChangeAllModel): Html {
  const list = `/events${url.search}`
  const head = (
    <div class="head">
      <div>
        <p class="crumbs">
          <a href={list}>Events</a>
        </p>
        <h1>All matching events</h1>
        <p class="lead">{formatCount(total, 'open event')}</p>
      </div>
    </div>
  )
  if (total === 0)
    return (
      <>
        {head}
        <section class="empty">
          <h2>No open event matches</h2>
          <p>
            Somebody else may have changed them. <a href={list}>Back to the list</a>
          </p>
        </section>
      </>
    )
  const many = Math.min(total, MOST)
  return (
    <>
      {head}
      <form class="form" method="post" action={PATH}>
        {csrfField(csrf)}
        <input type="hidden" name="back" value={list} />
        <input type="hidden" name="seen" value={filter.to ?? ''} />
        <p>
          This changes every open event of the list, those on its other pages too
          {total > MOST && <>, the newest {formatNumber(MOST)} of them</>}. Events that open from now on stay
          as they are.
        </p>
        <label for="comment">Comment</label>
        <textarea id="comment" name="comment" rows={2} maxlength={MAX_COMMENT} />
        <div class="form-end">
          <button type="submit" name="action" value="acknowledge" class="primary">
            Acknowledge all {formatNumber(many)}
          </button>
          <button type="submit" name="action" value="close" class="danger">
            Close all {formatNumber(many)}
          </button>
          <a class="button" href={list}>
            Cancel
          </a>
        </div>
      </form>
    </>
  )
}
