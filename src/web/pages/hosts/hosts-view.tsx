/** @jsxImportSource #markup */

import type { OpenByHost } from '../../../domain/event.ts'
import type { Host, HostSort, HostStatus } from '../../../domain/hosts/host.ts'
import type { HostColumn } from '../../../domain/users/preferences.ts'
import { type ChosenFacets, keepFacets } from '../../filters/facets.tsx'
import type { FleetCounts, FleetView } from '../../fleet/fleet.ts'
import type { DiskForecasts } from '../../forecasts/disk-forecasts.ts'
import { beyondEnd, pager, withParameters } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatCount, formatNumber } from '../../ui/format.ts'
import { statusMark } from '../../ui/icons.tsx'
import { readKiosk } from '../../ui/layout/kiosk.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { saveViewLink } from '../../ui/save-view.tsx'
import type { HostTableOptions } from './host-columns.tsx'
import { columnsMenu, selectionBar } from './host-selection.tsx'
import { hostTable } from './host-table.tsx'

/** Hosts on one page. */
export const SHOWN_HOSTS = 100

const countAllHosts = ({ up, down, maintenance }: HostsModel['count']) => up + down + maintenance

/** What the page of hosts shows. */
export type HostsModel = {
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
  readonly forecasts: DiskForecasts
}

/** The page of hosts without its frame. */
export function hostsView(model: HostsModel): Html {
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
      {pager({ url, offset, limit: SHOWN_HOSTS, total })}
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
