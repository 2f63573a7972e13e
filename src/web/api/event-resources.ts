import { type Event, isSeverity, MAX_COMMENT } from '../../domain/event.ts'
import { MAX_HOST_NAME } from '../../domain/hosts/host.ts'
import { describeEvent } from '../../domain/json-shapes.ts'
import { maskTarget } from '../../domain/notifications/target.ts'
import type { Delivery, EventHistoryEntry } from '../../storage/ports/store.ts'
import { readFacets } from '../filters/facets.tsx'
import {
  MOST_EVENTS_PASSED,
  pickFields,
  readChoice,
  readCursor,
  readInteger,
  readPaging,
  readText,
  readTime,
  refuseWrongTimes,
  writeCursor,
} from '../http/query-parameters.ts'
import { HttpError, notFound, type Route, route, type WebContext, type WebRequest } from '../http/route.ts'
import { boundOf, mayUseEvent } from '../http/token-scope.ts'
import { type EventView, viewEvents } from '../problems/event-view.ts'
import { readBody } from './request-body.ts'
import { readId } from './resource.ts'
import { SCHEMAS } from './schemas.ts'

const EVENT_FIELDS: readonly string[] = Object.keys(SCHEMAS.Event.properties ?? {})

const listEvents = route(
  {
    path: '/api/v1/events',
    access: 'viewer',
    scope: 'filtered',
    doc: 'Events, the newest first.',
  },
  async (request) => {
    const { url, now, web } = request
    const status = readChoice(url, 'status', ['open', 'closed', 'all'])
    const host = readText(url, 'host', MAX_HOST_NAME)
    const facets = readFacets(url).lists
    const metric = readText(url, 'metric', 255)
    const severity = readInteger(url, 'severity', { min: 1, max: 4, default: null })
    const acknowledged = readChoice(url, 'acknowledged', ['yes', 'no'])
    const from = readTime(url, 'from', now)
    const to = readTime(url, 'to', now)
    if (from !== null && to !== null && from > to)
      throw new HttpError(400, `from: expected a time not after to (${to}), got ${from}`)
    refuseWrongTimes({ from, to: null }, now)
    const cursor = readCursor(url, 'cursor')
    const paging = readPaging(url)
    if (cursor === null && paging.offset > MOST_EVENTS_PASSED)
      throw new HttpError(
        400,
        `offset: expected at most ${MOST_EVENTS_PASSED}, and beyond it "cursor" with the "next" of the page before`,
      )
    const { total, isMore, events } = await web.store.events.list({
      ...paging,
      ...boundOf(request),
      ...(cursor === null ? {} : { after: cursor }),
      ...(status === undefined || status === 'all' ? {} : { status }),
      ...(host === undefined ? {} : { host }),
      ...(facets.length === 0 ? {} : { facets }),
      ...(metric === undefined ? {} : { metric }),
      ...(isSeverity(severity) ? { severity } : {}),
      ...(acknowledged === undefined ? {} : { acknowledged: acknowledged === 'yes' }),
      ...(from === null ? {} : { from }),
      ...(to === null ? {} : { to }),
    })
    const last = events.length === paging.limit ? events.at(-1) : undefined
    return Response.json({
      total,
      // The total counts up to 10,000.
      ...(isMore && { is_more: true }),
      next: last === undefined ? null : writeCursor(last),
      events: pickFields(url, (await viewEvents(events, web, now)).map(describeView), EVENT_FIELDS),
    })
  },
)

/** The event of the path, for who may know of it. Throws an `HttpError`. */
async function findEvent(request: WebRequest): Promise<Event> {
  const event = await request.web.store.events.find(readId(request.params))
  if (!event || !(await mayUseEvent(request, event))) throw notFound('event')
  return event
}

const showEvent = route(
  {
    path: '/api/v1/events/:id',
    access: 'viewer',
    scope: 'filtered',
    doc: 'One event with its history and its notifications.',
  },
  async (request) => {
    const { id } = await findEvent(request)
    return Response.json(await describeWhole(request.web, id, request.now))
  },
)

type ApiEventChange = 'acknowledge' | 'close' | 'reopen' | 'comment'

const CHANGES: Readonly<Record<ApiEventChange, string>> = {
  acknowledge: 'Says that somebody looks after it; a comment may go with it.',
  close: 'Closes it by hand; a comment may go with it.',
  reopen: 'Opens it again; a comment may go with it.',
  comment: 'Adds a comment.',
}

const REJECTIONS: Readonly<Record<ApiEventChange, string>> = {
  acknowledge: 'The event is not open.',
  close: 'The event is not open.',
  reopen: 'The event is open already, or another one of the same metric is.',
  comment: 'There is no such event.',
}

/** The body may hold a comment; the answer is the event as it is afterwards. */
const changeEvent = (change: ApiEventChange) =>
  route(
    {
      path: `/api/v1/events/:id/${change}`,
      method: 'POST',
      access: 'operator',
      scope: 'filtered',
      does: `${change} event`,
      doc: CHANGES[change],
    },
    async (request) => {
      const { body, session, now, web } = request
      const { events } = web.store
      const before = await findEvent(request)
      const { id } = before
      const fields = readBody(body)
      const comment = fields.text('comment', change === 'comment' ? undefined : '').trim()
      const isTooLong = comment.length > MAX_COMMENT || (change === 'comment' && comment === '')
      fields.finish(
        isTooLong ? [{ field: 'comment', expected: `a text of 1 to ${MAX_COMMENT} characters` }] : [],
      )
      const by = session?.user ?? ''
      const isDone =
        change === 'comment'
          ? await events.comment(id, by, now, comment)
          : await events[change](id, by, now, comment === '' ? undefined : comment)
      const isSo = change === 'acknowledge' && before.status === 'open' && before.acknowledgedBy === by
      if (!isDone && !isSo) throw new HttpError(409, REJECTIONS[change])
      return Response.json(await describeWhole(web, id, now))
    },
  )

export const apiEvents: readonly Route[] = [
  listEvents,
  showEvent,
  changeEvent('acknowledge'),
  changeEvent('close'),
  changeEvent('reopen'),
  changeEvent('comment'),
]

const describeView = ({ event, problem, current }: EventView) => ({
  ...describeEvent(event, problem.text),
  current,
})

async function describeWhole(web: WebContext, id: number, now: number) {
  const { events } = web.store
  const [event, history, deliveries] = await Promise.all([
    events.find(id),
    events.history(id),
    events.deliveries(id),
  ])
  if (!event) throw notFound('event')
  const views = await viewEvents([event], web, now)
  return {
    ...views.map(describeView)[0],
    acknowledged: event.acknowledged,
    no_data: event.isStale,
    members: event.members,
    history: history.map(describeEntry),
    deliveries: deliveries.map(describeDelivery),
  }
}

function describeEntry({ action, time, noted, severity, actor, comment }: EventHistoryEntry) {
  return { action, time, noted, severity, by: actor, comment }
}

function describeDelivery({ target, attempts, ...rest }: Delivery) {
  return {
    ...rest,
    target: maskTarget(target),
    attempts: attempts.map(({ time, isDelivered, answer }) => ({ time, delivered: isDelivered, answer })),
  }
}
