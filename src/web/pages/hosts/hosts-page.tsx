/** @jsxImportSource #markup */
import { HOST_SORTS } from '../../../domain/hosts/host.ts'
import { facetBar, readFacets } from '../../filters/facets.tsx'
import { countFleet, filterFleet } from '../../fleet/fleet.ts'
import { readChoice, readInteger, readText } from '../../http/query-parameters.ts'
import { mayUse, route } from '../../http/route.ts'
import { madeLine } from '../../ui/components.tsx'
import { readKiosk } from '../../ui/layout/kiosk.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import { STRIP_SLOT } from './host-columns.tsx'
import { readColumns } from './host-selection.tsx'
import { hostsView, SHOWN_HOSTS } from './hosts-view.tsx'
import { readSorted, sortByValue } from './sort-by-value.ts'

const DAY = 86_400

export const hostsPage = route(
  { path: '/hosts', access: 'viewer' },
  async ({ url, session, csrf, now, web }) => {
    const search = readText(url, 'q', 200)?.trim()
    const status = readChoice(url, 'status', ['up', 'down', 'maintenance', ''])
    const sort = readChoice(url, 'sort', HOST_SORTS) ?? 'name'
    const isDescending = readChoice(url, 'order', ['asc', 'desc']) === 'desc'
    const facets = readFacets(url)
    const offset = readInteger(url, 'offset', { min: 0, max: 1e9, default: 0 })
    const view = await web.fleet.read()
    // By the clock of the counts, not by that of a second later.
    const upSince = view.now - web.silence
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
        ? web.store.hosts.list({
            ...wanted,
            sort,
            descending: isDescending,
            offset,
            limit: SHOWN_HOSTS,
            upSince,
          })
        : readSorted(web.store.hosts, sorted, { offset, limit: SHOWN_HOSTS, upSince }),
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
