/** @jsxImportSource #markup */
import { SEVERITY_NAMES } from '../../../domain/event.ts'
import { facetValue } from '../../../domain/hosts/facet.ts'
import { type FleetEntry, type FleetGroup, groupFleet, listFacets, rememberOf } from '../../fleet/fleet.ts'
import { readChoice } from '../../http/query-parameters.ts'
import { hostPath, withParameters } from '../../ui/components.tsx'
import { formatCount, formatNumber, formatValue } from '../../ui/format.ts'
import { severityMark, statusMark } from '../../ui/icons.tsx'
import type { Html } from '../../ui/markup/html.ts'

/** The values that can fill the cells of the map. */
export const FILLS = [
  { key: 'cpu', name: 'CPU', of: (host: FleetEntry) => host.processor, unit: '%' },
  { key: 'memory', name: 'Memory', of: (host: FleetEntry) => host.memory, unit: '%' },
  { key: 'disk', name: 'Disk', of: (host: FleetEntry) => host.disk, unit: '%' },
  { key: 'network', name: 'Network', of: (host: FleetEntry) => host.network, unit: 'B/s' },
  { key: 'state', name: 'State', of: () => null, unit: '%' },
] as const
export type Fill = (typeof FILLS)[number]

/** The fill that the address sets; the first one by default. */
export function readFill(url: URL): Fill {
  const key = readChoice(
    url,
    'fill',
    FILLS.map((fill) => fill.key),
  )
  return FILLS.find((fill) => fill.key === key) ?? FILLS[0]
}

/** More cells are drawn by a script alone, from packed data; without scripts there are counts by group. */
const MAX_CELLS = 500
/** Groups of a map; those of fewer hosts are put together behind them. */
const MAX_GROUPS = 24

export type HostMap = {
  readonly entries: readonly FleetEntry[]
  readonly fill: Fill
  /** The facet by which hosts stand together; null where no host has a group. */
  readonly by: string | null
  readonly url: URL
  /** The chosen groups as parameters, for links and for the data. */
  readonly kept: string
  readonly now: number
}

export function hostMap(model: HostMap): Html {
  const { entries, by } = model
  const groups = groupFleet(entries, by ?? '').slice(0, MAX_GROUPS)
  const isLarge = entries.length > MAX_CELLS
  return (
    <section class="card host-map" aria-label="Hosts" data-fill={model.fill.key}>
      <div class="section-head">
        <h2>Hosts</h2>
        <a href={`/hosts${model.kept === '' ? '' : `?${model.kept}`}`}>All hosts</a>
        <div class="map-controls">
          {groupLinks(model)}
          {fillLinks(model)}
        </div>
      </div>
      {isLarge ? countsByGroup(groups, model) : groups.map((group) => cellGroup(group, model))}
      {isLarge && <div class="cells-large" data-kept data-fleet={fleetAddress(model)} />}
      {legend(model)}
    </section>
  )
}

function fleetAddress({ fill, by, kept }: HostMap): string {
  const query = new URLSearchParams({ fill: fill.key, ...(by !== null && { by }) }).toString()
  return `/fleet?${query}${kept === '' ? '' : `&${kept}`}`
}

function fillLinks({ url, fill }: HostMap): Html {
  return (
    <ul class="segments">
      {FILLS.map(({ key, name }) => (
        <li>
          <a
            href={withParameters(url, { fill: key === 'cpu' ? null : key })}
            aria-current={key === fill.key && 'true'}
          >
            {name}
          </a>
        </li>
      ))}
    </ul>
  )
}

function groupLinks({ entries, url, by }: HostMap): Html | null {
  const facets = listFacets(entries)
  if (facets.length < 2) return null
  return (
    <p class="map-by soft">
      by{' '}
      {facets.map((facet) => (
        <>
          <a
            href={withParameters(url, { by: facet === '' ? 'group' : facet })}
            aria-current={facet === by && 'true'}
          >
            {facet === '' ? 'group' : facet}
          </a>{' '}
        </>
      ))}
    </p>
  )
}

type Group = FleetGroup

const titleOf = (name: string, by: string | null) =>
  name !== '' ? facetValue(name) : by === null ? null : 'other'

function cellGroup({ name, entries }: Group, model: HostMap): Html {
  const title = titleOf(name, model.by)
  const most = Math.max(1, ...model.entries.map((host) => host.network ?? 0))
  return (
    <div class="cell-group">
      {title !== null && (
        <h3>
          <span title={title}>{title}</span> <span class="soft">{formatNumber(entries.length)}</span>
        </h3>
      )}
      <ul class={entries.length > 150 ? 'cells small-cells' : 'cells'}>
        {entries.map((host) => (
          <li data-key={`cell-${host.name}`}>
            <a
              href={hostPath(host.name)}
              class={cellClass(host, model.fill, most)}
              title={describeCell(host)}
            >
              <span class="visually-hidden">{describeCell(host)}</span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** How a cell looks: its state, in tenths how much of the fill it has, and its worst event. */
export function cellClass(host: FleetEntry, fill: Fill, mostNetwork: number): string {
  const words = ['cell', `is-${host.state}`]
  const tenths = fillTenths(host, fill, mostNetwork)
  if (tenths !== null) words.push(`f${tenths}`)
  if (host.worst !== null) words.push(`edge severity-${host.worst}`)
  return words.join(' ')
}

/**
 * Null when there is no value, or only an old one of a host that is down. Network uses a logarithmic scale.
 */
export function fillTenths(host: FleetEntry, fill: Fill, mostNetwork: number): number | null {
  const value = host.isDown ? null : fill.of(host)
  if (value === null) return null
  const share = fill.unit === '%' ? value / 100 : Math.log10(1 + value) / Math.log10(1 + mostNetwork)
  return Math.max(0, Math.min(10, Math.round(share * 10)))
}

const STATE_WORDS = { up: 'up', down: 'down', maintenance: 'in maintenance', new: 'no data yet' } as const

/** `web01: down; critical event` · `web02: CPU 12.0%, memory 41.5%, disk 71.4%, network 3.1 KiB/s`. */
export function describeCell(host: FleetEntry): string {
  const values = [
    host.processor !== null && `CPU ${formatValue(host.processor, '%')}`,
    host.memory !== null && `memory ${formatValue(host.memory, '%')}`,
    host.disk !== null && `disk ${formatValue(host.disk, '%')}`,
    host.network !== null && `network ${formatValue(host.network, 'B/s')}`,
  ].filter((text) => text !== false)
  const parts = [
    host.state !== 'up' && STATE_WORDS[host.state],
    !host.isDown && values.length > 0 && values.join(', '),
    host.worst !== null && `${SEVERITY_NAMES[host.worst]} event`,
  ].filter((text) => text !== false)
  return parts.length === 0 ? host.name : `${host.name}: ${parts.join('; ')}`
}

/** How many hosts of a group are down, and how many have a major or critical event. */
const troubleOf = rememberOf((entries) => ({
  down: entries.filter(({ state }) => state === 'down').length,
  troubled: entries.filter(({ worst }) => worst !== null && worst <= 2).length,
}))

function countsByGroup(groups: readonly Group[], { by, kept }: HostMap): Html {
  return (
    <ul class="group-counts">
      {groups.map(({ name, entries }) => {
        const { down, troubled } = troubleOf(entries)
        const title = titleOf(name, by) ?? 'All hosts'
        return (
          <li>
            {name === '' ? (
              <b>{title}</b>
            ) : (
              <a href={`/?group=${encodeURIComponent(name)}${kept === '' ? '' : `&${kept}`}`}>{title}</a>
            )}{' '}
            <span class="soft">{formatCount(entries.length, 'host')}</span>
            {down > 0 && (
              <span>
                {' '}
                {statusMark('down')} {formatNumber(down)} down
              </span>
            )}
            {troubled > 0 && (
              <span>
                {' '}
                {severityMark(2)} {formatNumber(troubled)} with critical or major events
              </span>
            )}
          </li>
        )
      })}
    </ul>
  )
}

function legend({ fill }: HostMap): Html {
  return (
    <p class="map-legend soft">
      <span>
        <span class="cell is-down" /> down
      </span>
      <span>
        <span class="cell is-maintenance" /> in maintenance
      </span>
      <span>
        <span class="cell edge severity-2" /> open event
      </span>
      {fill.key !== 'state' && (
        <span class="map-more">stronger colour: more {fill.key === 'cpu' ? 'CPU' : fill.key}</span>
      )}
    </p>
  )
}
