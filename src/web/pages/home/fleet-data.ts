import { PACKED_STATES, type PackedFleet } from '../../../domain/hosts/packed-fleet.ts'
import { readFacets } from '../../filters/facets.tsx'
import { filterFleet, groupFleet } from '../../fleet/fleet.ts'
import { readText } from '../../http/query-parameters.ts'
import { route } from '../../http/route.ts'
import { fillTenths, readFill } from './host-map.tsx'

/** A large map as a script draws it. */
export const fleetData = route({ path: '/fleet', access: 'viewer' }, async ({ url, web }) => {
  const facets = readFacets(url)
  const fill = readFill(url)
  const by = readText(url, 'by', 64) ?? ''
  const { entries } = await web.fleet.read()
  const chosen = filterFleet(entries, facets.lists)
  const most = Math.max(1, ...chosen.map((host) => host.network ?? 0))
  const data: PackedFleet = {
    groups: groupFleet(chosen, by).map(({ name, entries: hosts }) => ({
      name,
      hosts: hosts.map((host) => host.name),
      fills: hosts.map((host) => fillTenths(host, fill, most)?.toString(11) ?? '-').join(''),
      states: hosts.map(({ state }) => PACKED_STATES.indexOf(state)).join(''),
      events: hosts.map(({ worst }) => worst ?? 0).join(''),
    })),
  }
  return Response.json(data)
})
