/** @jsxImportSource #markup */

import type { OpenByHost } from '../../domain/event.ts'
import { countAll, type Event, SEVERITIES, SEVERITY_NAMES, type SeverityCounts } from '../../domain/event.ts'
import { type Host, hostStatus } from '../../domain/hosts/host.ts'
import { metricUnit } from '../../domain/metrics/metric.ts'
import type { Series } from '../../domain/sample.ts'
import { sparkline } from '../charts/chart.tsx'
import { donut } from '../charts/donut.tsx'
import { chartStart } from '../charts/host-charts.ts'
import { readInteger } from '../http/query-parameters.ts'
import { mayUse, route, type WebContext } from '../http/route.ts'
import {
  agoLabel,
  capitalize,
  hostPath,
  metricPath,
  pager,
  statusLabel,
  withParameters,
} from '../ui/components.tsx'
import { formatNumber, formatValue } from '../ui/format.ts'
import { groupFilter, readGroup } from '../ui/group-filter.tsx'
import type { Html } from '../ui/html.ts'
import { severityMark, statusMark } from '../ui/icons.tsx'
import { readKiosk } from '../ui/kiosk.tsx'
import { layout } from '../ui/layout.tsx'
import { eventLines } from './events/event-list.tsx'
import { describePlatform, hostTable } from './hosts/host-table.tsx'
import { WAITING_SHOWN, waitingHosts } from './hosts/waiting-hosts.tsx'

const PAGE = 100
/** Lines of what nobody looks after yet; a wall has room for more. */
const ATTENTION = 6
const ATTENTION_ON_WALL = 10
const HOUR = 3600
const SERVER_FIGURES = [
  { metric: 'perf.processor.percent.used', name: 'Processor', most: 100 },
  { metric: 'perf.memory.percent.used', name: 'Memory', most: 100 },
  { metric: 'perf.system.load.1', name: 'Load', most: undefined },
] as const

export const homePage = route({ path: '/', access: 'viewer' }, async ({ url, session, csrf, now, web }) => {
  const { store, silence, serverName } = web
  const upSince = now - silence
  const offset = readInteger(url, 'offset', { min: 0, max: 1e9, default: 0 })
  const group = readGroup(url)
  const ofGroup = group === null ? {} : { group }
  const onWall = readKiosk(url) !== null
  const shown = onWall ? ATTENTION_ON_WALL : ATTENTION
  const metrics = SERVER_FIGURES.map(({ metric }) => metric)
  const [waiting, count, groups, open, attention, server, lines, list] = await Promise.all([
    store.enrolment.listWaiting(WAITING_SHOWN),
    store.hosts.count(upSince, group ?? undefined),
    store.hosts.groups(),
    store.events.countBySeverity({ ...ofGroup, status: 'open' }),
    store.events.listWorst({ ...ofGroup, status: 'open', acknowledged: false, limit: shown + 1 }),
    store.hosts.find(serverName),
    store.samples.ranges(serverName, metrics, now - HOUR, now),
    // Nobody scrolls a wall: there the hosts with the worst events come first.
    store.hosts.list({ ...ofGroup, upSince, offset, limit: PAGE, sort: onWall ? 'events' : 'name' }),
  ])
  const openByHost = await store.events.countOpenOf(list.hosts.map(({ name }) => name))
  const model: HomeModel = {
    count,
    group,
    groups,
    open,
    attention: attention.slice(0, shown),
    hasMore: attention.length > shown,
    openByHost,
    server,
    serverName,
    lines,
    ...list,
    url,
    offset,
    now,
    silence,
  }
  const isFirstPage = offset === 0 && group === null && !onWall
  const newcomers = isFirstPage
    ? waitingHosts({ ...waiting, now, csrf, mayDecide: mayUse({ session }, 'admin') })
    : null
  const body =
    list.total === 0 && offset === 0 && group === null
      ? emptyView(web, mayUse({ session }, 'admin'))
      : homeView(model)
  return layout({
    title: homeTitle(count, open),
    active: 'home',
    session,
    csrf,
    url,
    body: (
      <div data-live="home">
        {newcomers}
        {body}
      </div>
    ),
    next: offset + PAGE < list.total ? withParameters(url, { offset: String(offset + PAGE) }) : undefined,
  })
})

type HomeModel = {
  readonly count: { readonly up: number; readonly down: number }
  readonly group: string | null
  readonly groups: readonly string[]
  readonly open: SeverityCounts
  /** The worst of the open events that nobody has acknowledged. */
  readonly attention: readonly Event[]
  readonly hasMore: boolean
  readonly openByHost: OpenByHost
  readonly server: Host | null
  readonly serverName: string
  readonly lines: ReadonlyMap<string, Series>
  readonly total: number
  readonly hosts: readonly Host[]
  readonly url: URL
  readonly offset: number
  readonly now: number
  readonly silence: number
}

/** Says what is wrong, so that a tab in the background tells it. */
export function homeTitle({ down }: HomeModel['count'], open: HomeModel['open']): string {
  const parts = [down > 0 && `${down} down`, open[1] > 0 && `${open[1]} critical`].filter(Boolean)
  return parts.length === 0 ? 'Home' : `${parts.join(', ')} · Home`
}

function homeView(model: HomeModel): Html {
  const { hosts, openByHost, now, silence, url, offset, total } = model
  return (
    <>
      <h1 class="visually-hidden">Home</h1>
      {groupFilter(url, model.groups, model.group)}
      <div class="overview">
        {availability(model)}
        {openEvents(model)}
        {serverPanel(model)}
      </div>
      {offset === 0 && attentionView(model)}
      <section class="section">
        <div class="section-head">
          <h2>{model.group === null ? 'Hosts' : `Hosts in ${model.group}`}</h2>
          <a href={`/hosts${inGroup(model, '?')}`}>Search and sort</a>
        </div>
        {hostTable({ hosts, open: openByHost, now, silence })}
        {pager({ url, offset, limit: PAGE, total })}
      </section>
    </>
  )
}

/** The group as a further parameter of a link. */
const inGroup = ({ group }: HomeModel, before = '&') =>
  group === null ? '' : `${before}group=${encodeURIComponent(group)}`

function availability(model: HomeModel): Html {
  const { up, down } = model.count
  const all = up + down
  const share = all === 0 ? '–' : `${Math.floor((up / all) * 1000) / 10}%`
  const slices = [
    { value: up, className: 'slice-up' },
    { value: down, className: 'slice-down' },
  ]
  return (
    <section>
      <h2>Host availability</h2>
      <div class="ring-and-key">
        {donut(slices, share, 'up')}
        <ul class="key">
          <li class={up === 0 && 'none'}>
            <a href={`/hosts?status=up${inGroup(model)}`}>
              {statusMark('up')}Up<b>{formatNumber(up)}</b>
            </a>
          </li>
          <li class={down === 0 && 'none'}>
            <a href={`/hosts?status=down${inGroup(model)}`}>
              {statusMark('down')}Down<b>{formatNumber(down)}</b>
            </a>
          </li>
        </ul>
      </div>
    </section>
  )
}

function openEvents(model: HomeModel): Html {
  const { open } = model
  const slices = SEVERITIES.map((severity) => ({ value: open[severity], className: `severity-${severity}` }))
  return (
    <section>
      <h2>Open events</h2>
      <div class="ring-and-key">
        {donut(slices, formatNumber(countAll(open)), 'open')}
        <ul class="key">
          {SEVERITIES.map((severity) => (
            <li class={open[severity] === 0 && 'none'}>
              <a href={`/events?severity=${severity}${inGroup(model)}`}>
                {severityMark(severity)}
                {capitalize(SEVERITY_NAMES[severity])}
                <b>{formatNumber(open[severity])}</b>
              </a>
            </li>
          ))}
        </ul>
      </div>
    </section>
  )
}

/** What to look at first. Nothing at all while all is well. */
function attentionView(model: HomeModel): Html | null {
  const { attention, hasMore, now } = model
  if (attention.length === 0) return null
  return (
    <section class="section attention">
      <div class="section-head">
        <h2>Needs attention</h2>
        <a href={`/events?acknowledged=no${inGroup(model)}`}>{hasMore ? 'All of them' : 'As a list'}</a>
      </div>
      {eventLines(attention, ({ opened }) => agoLabel(opened, now), { hosts: true })}
    </section>
  )
}

function serverPanel({ server, serverName, lines, now, silence }: HomeModel): Html {
  if (!server)
    return (
      <section>
        <h2>This server</h2>
        <p class="soft">
          No agent reports as <b>{serverName}</b> yet. <code>monitor server --agent</code> watches this
          machine as well.
        </p>
      </section>
    )
  const from = chartStart(server, now)
  return (
    <section>
      <h2>This server</h2>
      <p class="server-line">
        <a href={hostPath(server.name)}>
          <b>{server.name}</b>
        </a>{' '}
        {statusLabel(hostStatus(server, now, silence))}{' '}
        <span class="soft">reported {agoLabel(server.lastSeen, now)}</span>
      </p>
      <p class="server-line soft">{describeMachine(server)}</p>
      <div class="trio">
        {SERVER_FIGURES.map(({ metric, name, most }) => {
          const value = server.latest[metric]
          const series = lines.get(metric)
          return (
            <a href={metricPath(server.name, metric)}>
              <span class="soft">{name}</span>
              <b>{value === undefined ? '–' : formatValue(value, metricUnit(metric))}</b>
              {series && sparkline({ name, ...series }, from, now, most)}
            </a>
          )
        })}
      </div>
    </section>
  )
}

function describeMachine(host: Host): string {
  const { processors, memoryMb } = host
  const memory = formatValue(memoryMb * 1024 * 1024, 'B')
  return `${describePlatform(host)}, ${processors} ${processors === 1 ? 'processor' : 'processors'}, ${memory}`
}

function emptyView({ findAgentDoor, about }: WebContext, mayAdd: boolean): Html {
  const door = findAgentDoor()
  const way =
    door === null
      ? `agent.server=tcp://SERVER:${about.enrolment?.plainPort ?? 'PORT'}`
      : `agent.server=tls://SERVER:${door.port} --set agent.fingerprint=${door.fingerprint}`
  return (
    <>
      <h1 class="visually-hidden">Home</h1>
      <section class="empty">
        <h2>No host has reported yet</h2>
        <p>
          Install an agent and its host appears here by itself. This page shows the first one as soon as it
          does.
        </p>
        <ol>
          <li>
            To watch this machine, start the server with an agent of its own:
            <pre class="command" tabindex="0">
              <code>monitor server --agent</code>
            </pre>
          </li>
          <li>
            To watch another machine, copy the program there and start an agent. It needs a copy of the file{' '}
            <code>passphrase</code> in this server's data directory:
            <pre class="command" tabindex="0">
              <code>monitor agent --set {way} --set agent.passphrase_file=FILE</code>
            </pre>
          </li>
        </ol>
        {mayAdd && (
          <p>
            <a href="/add-host">Add a host</a> has commands for Linux and Windows that install the agent as a
            service, with everything filled in.
          </p>
        )}
      </section>
    </>
  )
}
