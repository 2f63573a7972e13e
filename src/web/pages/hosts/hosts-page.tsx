/** @jsxImportSource #markup */

import type { OpenByHost } from '../../../domain/event.ts'
import type { Host, HostStatus } from '../../../domain/hosts/host.ts'
import { HOST_SORTS, type HostSort } from '../../../domain/hosts/host.ts'
import type { HostColumn } from '../../../domain/users/preferences.ts'
import { type ChosenFacets, facetBar, keepFacets, readFacets } from '../../filters/facets.tsx'
import { countFleet, type FleetCounts, type FleetView, filterFleet } from '../../fleet/fleet.ts'
import type { DiskForecasts } from '../../forecasts/disk-forecasts.ts'
import { readChoice, readInteger, readText } from '../../http/query-parameters.ts'
import { mayUse, route } from '../../http/route.ts'
import { beyondEnd, madeLine, pager, withParameters } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatCount, formatNumber } from '../../ui/format.ts'
import { statusMark } from '../../ui/icons.tsx'
import { readKiosk } from '../../ui/layout/kiosk.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { saveViewLink } from '../../ui/save-view.tsx'
import { type HostTableOptions, STRIP_SLOT } from './host-columns.tsx'
import { columnsMenu, readColumns, selectionBar } from './host-selection.tsx'
import { hostTable } from './host-table.tsx'
import { readSorted, sortByValue } from './sort-by-value.ts'

const PAGE = 100
const DAY = 86_400

export const hostsPage = route(
  { path: '/hosts', access: 'viewer' },
  async ({ url, session, csrf, now, web }) => {
    const upSince = now - web.silence
    const search = readText(url, 'q', 200)?.trim()
    const status = readChoice(url, 'status', ['up', 'down', 'maintenance', ''])
    const sort = readChoice(url, 'sort', HOST_SORTS) ?? 'name'
    const isDescending = readChoice(url, 'order', ['asc', 'desc']) === 'desc'
    const facets = readFacets(url)
    const offset = readInteger(url, 'offset', { min: 0, max: 1e9, default: 0 })
    const view = await web.fleet.read()
    const inMaintenance = view.entries.filter(({ state }) => state === 'maintenance').map(({ name }) => name)
    const wanted = {
      ...(search ? { search } : {}),
      ...(facets.lists.length === 0 ? {} : { facets: facets.lists }),
      ...(status === 'maintenance' && { names: inMaintenance }),
      // Hosts in maintenance are counted separately, whether they report or not.
      ...((status === 'up' || status === 'down') && { status, withoutNames: inMaintenance }),
    }
    const chosen = filterFleet(view.entries, facets.lists)
    const sorted = search
      ? null
      : sortByValue(status ? chosen.filter(({ state }) => state === status) : chosen, sort, isDescending)
    const [groups, list] = await Promise.all([
      web.store.hosts.groups(),
      sorted === null
        ? web.store.hosts.list({ ...wanted, sort, descending: isDescending, offset, limit: PAGE, upSince })
        : readSorted(web.store.hosts, sorted, { offset, limit: PAGE, upSince }),
    ])
    const count = countFleet(chosen)
    const names = list.hosts.map(({ name }) => name)
    const [open, times] = await Promise.all([
      web.store.events.countOpenOf(names),
      web.store.events.listOpenTimesOf(names, now - DAY, STRIP_SLOT),
    ])
    const model = {
      url,
      open,
      times,
      columns: readColumns(session),
      isUsual: session?.preferences?.hostColumns === undefined,
      csrf,
      mayChange: mayUse({ session }, 'operator') && readKiosk(url) === null,
      mayAdd: mayUse({ session }, 'admin'),
      search: search ?? '',
      status: status || null,
      facets,
      view,
      groups,
      sort,
      isDescending,
      offset,
      count,
      ...list,
      now,
      silence: web.silence,
      forecasts: web.forecasts,
    }
    return layout({
      title: 'Hosts',
      active: 'hosts',
      session,
      csrf,
      url,
      filters: facetBar(url, groups, facets),
      body: (
        <>
          {madeLine({ now, web })}
          {hostsView(model)}
        </>
      ),
    })
  },
)

const countAllHosts = ({ up, down, maintenance }: HostsModel['count']) => up + down + maintenance

type HostsModel = {
  readonly url: URL
  readonly open: OpenByHost
  readonly times: HostTableOptions['times']
  readonly columns: readonly HostColumn[]
  readonly isUsual: boolean
  readonly csrf: string
  readonly mayChange: boolean
  readonly mayAdd: boolean
  readonly search: string
  readonly status: HostStatus | 'maintenance' | null
  readonly facets: ChosenFacets
  readonly view: FleetView
  readonly groups: readonly string[]
  readonly sort: HostSort
  readonly isDescending: boolean
  readonly offset: number
  readonly count: Pick<FleetCounts, 'up' | 'down' | 'maintenance'>
  readonly total: number
  readonly hosts: readonly Host[]
  readonly now: number
  readonly silence: number
  readonly forecasts: DiskForecasts
}

function hostsView(model: HostsModel): Html {
  const { url, search, hosts, total } = model
  return (
    <>
      <div class="head">
        <div>
          <h1>Hosts</h1>
          <p class="lead" data-live="lead">
            {describeList(model)} · <a href={`/compare${keepFacets(model.facets, '?')}`}>Compare metrics</a>
            {saveViewLink(url)}
            {model.mayAdd && (
              <>
                {' '}
                · <a href="/add-host">Add a host</a>
              </>
            )}
          </p>
        </div>
        <div class="totals" data-live="totals" role="group" aria-label="Status">
          {statusLinks(model)}
        </div>
      </div>
      <div class="filters">
        {filterForm(url, search)}
        {columnsMenu(model)}
      </div>
      <div class="card list-card" data-live="hosts">
        {total === 0 || hosts.length === 0 ? emptyView(model) : listView(model)}
        {search !== '' && (
          <p class="pager">
            <a href={withParameters(url, { q: null, offset: null })}>Show all hosts</a>
          </p>
        )}
      </div>
    </>
  )
}

/** The hosts with what can be done with those that are selected; a wall shows the hosts alone. */
function listView(model: HostsModel): Html {
  const { url, sort, isDescending, offset, total } = model
  const list = (
    <>
      <div class="scroller">{hostTable({ ...model, order: { url, sort, isDescending } })}</div>
      {pager({ url, offset, limit: PAGE, total })}
    </>
  )
  if (readKiosk(url) !== null) return list
  return (
    <form method="post" action="/change-hosts">
      {csrfField(model.csrf)}
      <input type="hidden" name="back" value={`${url.pathname}${url.search}`} />
      {selectionBar(model)}
      {list}
    </form>
  )
}

/** Parameters of the address other than the search text are kept. */
function filterForm(url: URL, search: string): Html {
  const kept = ['status', 'group', 'sort', 'order'].flatMap((name) =>
    url.searchParams.getAll(name).map((value) => <input type="hidden" name={name} value={value} />),
  )
  return (
    <form class="one-line" method="get" action="/hosts" data-filter-typing>
      {kept}
      <input
        type="text"
        name="q"
        value={search}
        maxlength={200}
        autocomplete="off"
        spellcheck="false"
        aria-label="Name, address, domain or platform"
        placeholder="Name, address, domain, platform"
      />
      <button type="submit">Filter</button>
    </form>
  )
}

/** The contents of the list in one line. */
export function describeList({
  search,
  status,
  facets,
  total,
  count,
}: Pick<HostsModel, 'search' | 'status' | 'total' | 'count'> & Partial<Pick<HostsModel, 'facets'>>): Html {
  const all = countAllHosts(count)
  const chosen = facets?.chosen ?? []
  const within = chosen.length === 0 ? null : <> in {chosen.join(', ')}</>
  if (search === '' && status === null)
    return (
      <>
        {formatCount(all, 'host')}
        {within}
      </>
    )
  const conditions = [
    status === 'maintenance' ? 'in maintenance' : status,
    search === '' ? null : `“${search}” in name, address, domain, platform or build`,
  ].filter((condition) => condition !== null)
  return (
    <>
      {formatNumber(total)} of {formatCount(all, 'host')}
      {within}: {conditions.join(', ')}
    </>
  )
}

function statusLinks({ url, status, count }: HostsModel): Html[] {
  const link = (value: HostsModel['status'], words: Html, number: number) => (
    <a href={withParameters(url, { status: value, offset: null })} aria-current={status === value && 'true'}>
      {words}
      <b>{formatNumber(number)}</b>
    </a>
  )
  return [
    link(null, <>All</>, countAllHosts(count)),
    link('up', <>{statusMark('up')}Up</>, count.up),
    link('down', <>{statusMark('down')}Down</>, count.down),
    link('maintenance', <>{statusMark('maintenance')}In maintenance</>, count.maintenance),
  ]
}

function emptyView({ search, status, facets, count, offset, url, mayAdd }: HostsModel): Html {
  if (facets.chosen.length > 0 && countAllHosts(count) === 0)
    return (
      <section class="empty">
        <h2>No host is in {facets.chosen.join(', ')}</h2>
        <p>
          Groups are given on a host's page, or by <code>agent.groups</code> in its agent's configuration.
        </p>
      </section>
    )
  if (countAllHosts(count) === 0)
    return (
      <section class="empty">
        <h2>No host has reported yet</h2>
        <p>
          Install an agent and its host appears here by itself.{' '}
          <a href={mayAdd ? '/add-host' : '/'}>{mayAdd ? 'Add a host' : 'Home'}</a> has the commands.
        </p>
      </section>
    )
  if (offset > 0) return beyondEnd(url)
  if (status === 'down' && search === '')
    return (
      <section class="empty">
        <h2>No host is down</h2>
        <p>Every host has reported within the time allowed.</p>
      </section>
    )
  return (
    <section class="empty">
      <h2>No host matches</h2>
      <p>No results. Try a shorter term.</p>
    </section>
  )
}
