/** @jsxImportSource #markup */
import type { SeverityCounts } from '../../../domain/event.ts'
import type { MaintenanceCalendar } from '../../../domain/time/maintenance-window.ts'
import type { DeliverySum } from '../../../storage/ports/store.ts'
import { facetBar, readFacets } from '../../filters/facets.tsx'
import { countFleet, filterFleet } from '../../fleet/fleet.ts'
import { MOST_EVENTS_PASSED, readCursor, readInteger, writeCursor } from '../../http/query-parameters.ts'
import { HttpError, mayUse, route, type WebRequest } from '../../http/route.ts'
import { type EventView, viewEvents } from '../../problems/event-view.ts'
import { capitalize, madeLine, pager, withParameters } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatCount, formatNumber } from '../../ui/format.ts'
import { icon } from '../../ui/icons.tsx'
import { readKiosk } from '../../ui/layout/kiosk.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { saveViewLink } from '../../ui/save-view.tsx'
import { actionResult } from './action-result.tsx'
import { changeAllPath } from './bulk-actions.tsx'
import {
  type EventFilter,
  type EventSort,
  findEventQuery,
  isNarrowed,
  readEventFilter,
  readEventSort,
  toEventOrder,
} from './event-filter.ts'
import { emptyView, filterForm, severityLinks } from './event-list-filter.tsx'
import { eventTable } from './event-table.tsx'
import { eventView } from './event-view.tsx'
import { type EventModel, readEvent } from './read-event.ts'

const PAGE = 100
const TITLES = { open: 'Open events', closed: 'Closed events', all: 'All events' } as const

export const eventsPage = route({ path: '/events', access: 'viewer' }, async (request) => {
  const { url, session, csrf, now, web } = request
  const filter = readEventFilter(url, now)
  const offset = readInteger(url, 'offset', { min: 0, max: 1e9, default: 0 })
  const query = await findEventQuery(filter, web.store.hosts)
  const { severity: _, ...ofAnySeverity } = query
  const sort = readEventSort(url, filter.status)
  const asked = readInteger(url, 'event', { min: 1, max: Number.MAX_SAFE_INTEGER, default: null })
  const chosen = asked === null ? null : await findChosen(request, asked)
  const order = toEventOrder(sort)
  const after = order === 'newest' && offset > 0 ? readCursor(url, 'after') : null
  if (after === null && offset > MOST_EVENTS_PASSED)
    throw new HttpError(
      400,
      `offset: expected at most ${MOST_EVENTS_PASSED}. Narrow the list, by a time for example.`,
    )
  const [result, view, counts, groups, all, list] = await Promise.all([
    actionResult(request),
    web.fleet.read(),
    web.store.events.countBySeverity(ofAnySeverity),
    web.store.hosts.groups(),
    // Counted apart: the page itself may begin behind an event.
    web.store.events.list({ ...query, limit: 0 }),
    web.store.events.list({
      ...query,
      order,
      ...(after === null ? { offset } : { after }),
      limit: PAGE,
      isCounted: false,
    }),
  ])
  // A wall screen has no user who could act.
  const mayChange = mayUse({ session }, 'operator') && readKiosk(url) === null
  const facets = readFacets(url)
  const [events, deliveries] = await Promise.all([
    viewEvents(list.events, web, now),
    web.store.events.deliverySums(list.events.map(({ id }) => id)),
  ])
  const model = {
    url,
    filter,
    offset,
    counts,
    total: all.total,
    isMore: all.isMore,
    events,
    isNewestFirst: order === 'newest',
    deliveries,
    sort,
    chosen,
    calendar: view.calendar,
    down: countFleet(filterFleet(view.entries, facets.lists)).down,
    csrf,
    mayChange,
    now,
  }
  return layout({
    title: TITLES[filter.status],
    active: 'events',
    session,
    csrf,
    url,
    filters: facetBar(url, groups, facets),
    body: (
      <>
        {madeLine(request)}
        {result}
        {asked !== null && chosen === null && (
          <p class="problem" role="alert">
            There is no event #{asked}. Events are deleted when their retention ends.
          </p>
        )}
        {eventsView(model)}
      </>
    ),
  })
})

/** The event that the address names, to stand beside the list; null for one that is gone. */
async function findChosen(request: WebRequest, id: number): Promise<EventModel | null> {
  const { url, web } = request
  const event = await web.store.events.find(id)
  return event === null ? null : readEvent(event, request, `${url.pathname}${url.search}`)
}

type EventsModel = {
  readonly url: URL
  readonly filter: EventFilter
  readonly calendar: MaintenanceCalendar
  readonly offset: number
  /** Counts of all events that match the filter, regardless of its severity. */
  readonly counts: SeverityCounts
  readonly total: number
  /** Hosts that are down, open event or not. */
  readonly down: number
  readonly isMore: boolean
  readonly isNewestFirst: boolean
  readonly events: readonly EventView[]
  readonly deliveries: ReadonlyMap<number, DeliverySum>
  readonly sort: EventSort
  readonly chosen: EventModel | null
  readonly csrf: string
  readonly mayChange: boolean
  readonly now: number
}

/** By time the next page begins behind the last event of this one: it costs the same however far it is. */
function wayOn({ events, isNewestFirst }: EventsModel) {
  const last = events.at(-1)?.event
  return isNewestFirst && last !== undefined
    ? { behind: { after: writeCursor(last), rows: events.length } }
    : {}
}

function eventsView(model: EventsModel): Html {
  const { url, filter, events, offset, total, isMore, mayChange, chosen } = model
  const word = filter.status === 'all' ? 'event' : `${filter.status} event`
  const table = (
    <>
      {events.length === 0
        ? emptyView(model)
        : eventTable({ ...model, chosen: model.chosen?.event.id ?? null })}
      {pager({ url, offset, limit: PAGE, total, isMore, ...wayOn(model) })}
    </>
  )
  return (
    <>
      <div class="head">
        <div>
          <h1>Events</h1>
          <p class="lead" data-live="lead">
            {isMore && 'More than '}
            {formatCount(total, isNarrowed(filter) ? `matching ${word}` : word)}
            {saveViewLink(url)}
          </p>
        </div>
        <div class="totals" data-live="totals" role="group" aria-label="Severity">
          {severityLinks(model)}
        </div>
      </div>
      <div class="filters">
        <nav class="wide" aria-label="Status">
          <ul class="segments">
            {(['open', 'closed', 'all'] as const).map((one) => (
              <li>
                <a
                  href={withParameters(url, {
                    status: one === 'open' ? null : one,
                    sort: null,
                    order: null,
                    event: null,
                    offset: null,
                  })}
                  aria-current={one === filter.status && 'true'}
                >
                  {capitalize(one)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        {filterForm(model)}
      </div>
      <div class={['events-split', chosen !== null && 'with-event']}>
        <div class="card list-card" data-live="events">
          {mayChange && events.length > 0 ? (
            <form method="post" action="/events/change">
              {csrfField(model.csrf)}
              <input type="hidden" name="back" value={`${url.pathname}${url.search}`} />
              {bulkBar(model)}
              {table}
            </form>
          ) : (
            table
          )}
        </div>
        {chosen !== null && besideView(chosen, url)}
      </div>
    </>
  )
}

/** The chosen event beside the list, with the way to be rid of it. */
function besideView(chosen: EventModel, url: URL): Html {
  return (
    <section class="event-beside card" aria-label={`Event ${chosen.event.id}`}>
      <a
        class="beside-close button"
        href={withParameters(url, { event: null })}
        aria-label="Close this event's details"
      >
        {icon('close')}
      </a>
      {eventView(chosen, { isBeside: true })}
    </section>
  )
}

/** Shown while any event is selected; browsers without `:has()` in CSS always show it. */
function bulkBar({ filter, url, total, events }: EventsModel): Html {
  if (filter.status === 'closed') return <></>
  const hasMore = filter.status === 'open' && total > events.length
  return (
    <div class="bulk">
      <span class="bulk-count" data-checked-count role="status" />
      <label>
        Comment for these <input type="text" name="comment" maxlength={2000} autocomplete="off" />
      </label>
      <button type="submit" name="action" value="acknowledge">
        Acknowledge selected
      </button>
      <button
        type="submit"
        name="action"
        value="close"
        title="Hides them until they have recovered and come again"
      >
        Close selected
      </button>
      {hasMore && (
        <a class="button" href={changeAllPath(url)}>
          Select all {formatNumber(total)} matching…
        </a>
      )}
    </div>
  )
}
