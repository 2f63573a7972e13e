import { readFacets } from '../../filters/facets.tsx'
import { filterFleet, groupFleet } from '../../fleet/fleet.ts'
import { readChoice, readText } from '../../http/query-parameters.ts'
import { route } from '../../http/route.ts'
import { FILLS, fillTenths } from './host-map.tsx'

const STATES = { up: 0, down: 1, maintenance: 2, new: 3 } as const

/** A large map as a script draws it: names by group, and one character a host for each of fill, state and worst event. */
export type FleetData = {
  readonly groups: readonly {
    readonly name: string
    readonly hosts: readonly string[]
    /** Tenths of the fill, `a` for ten, `-` for none. */
    readonly fills: string
    /** 0 up, 1 down, 2 in maintenance, 3 no data yet. */
    readonly states: string
    /** Severity of the worst open event, 0 for none. */
    readonly events: string
  }[]
}

export const fleetData = route({ path: '/fleet', access: 'viewer' }, async ({ url, web }) => {
  const facets = readFacets(url)
  const fill =
    FILLS.find(
      ({ key }) =>
        key ===
        readChoice(
          url,
          'fill',
          FILLS.map((one) => one.key),
        ),
    ) ?? FILLS[0]
  const by = readText(url, 'by', 64) ?? ''
  const { entries } = await web.fleet.read()
  const chosen = filterFleet(entries, facets.lists)
  const most = Math.max(1, ...chosen.map((host) => host.network ?? 0))
  const data: FleetData = {
    groups: groupFleet(chosen, by).map(({ name, entries: hosts }) => ({
      name,
      hosts: hosts.map((host) => host.name),
      fills: hosts.map((host) => fillTenths(host, fill, most)?.toString(11) ?? '-').join(''),
      states: hosts.map(({ state }) => STATES[state]).join(''),
      events: hosts.map(({ worst }) => worst ?? 0).join(''),
    })),
  }
  return Response.json(data)
})
