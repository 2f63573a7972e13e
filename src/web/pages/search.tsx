/** @jsxImportSource #markup */
import { hostStatus } from '../../domain/hosts/host.ts'
import { readText } from '../http/query-parameters.ts'
import { route } from '../http/route.ts'
import { type EventView, viewEvents } from '../problems/event-view.ts'
import { agoLabel, eventPath, hostPath, metricPath, spokenMark, statusLabel } from '../ui/components.tsx'
import { formatNumber } from '../ui/format.ts'
import { groupFilter, readGroup } from '../ui/group-filter.tsx'
import { MAX_JUMP_TEXT } from '../ui/jump-row.ts'
import { keepUnits } from '../ui/keep-units.ts'
import { layout } from '../ui/layout/layout.tsx'
import type { Html } from '../ui/markup/html.ts'
import { eventState, hostName } from './events/event-table.tsx'
import { type Found, find } from './search-index.ts'

export const searchPage = route(
  { path: '/search', access: 'viewer' },
  async ({ url, session, csrf, now, web }) => {
    const text = readText(url, 'q', MAX_JUMP_TEXT)?.trim() ?? ''
    const group = readGroup(url)
    const [found, groups] = await Promise.all([
      find(text, { access: session?.access ?? 'viewer', group, now, web }),
      web.store.hosts.groups(),
    ])
    const body =
      text === '' ? (
        <>
          <h1>Search</h1>
          <section class="empty">
            <h2>What are you looking for?</h2>
            <p>
              Hosts by name, address, domain or platform; metrics; events by their words or number; pages and
              settings. <kbd>/</kbd> or <kbd>Ctrl</kbd>+<kbd>K</kbd> opens the search from anywhere;{' '}
              <code>web01 memory</code> finds the metrics of a host.
            </p>
          </section>
        </>
      ) : (
        foundView({
          text,
          found,
          events: await viewEvents(found.events, web, now),
          group,
          filter: groupFilter(url, groups, group),
          now,
          silence: web.silence,
        })
      )
    return layout({
      title: text === '' ? 'Search' : `${text} · Search`,
      active: null,
      session,
      csrf,
      url,
      body,
    })
  },
)

type FoundModel = {
  readonly text: string
  readonly found: Found
  readonly events: readonly EventView[]
  readonly group: string | null
  readonly filter: Html | null
  readonly now: number
  readonly silence: number
}

function foundView({ text, found, events, group, filter, now, silence }: FoundModel): Html {
  const { hosts, hostMetrics, metrics, places } = found
  const isEmpty = hosts.total + hostMetrics.length + metrics.length + events.length + places.length === 0
  const head = (
    <>
      <div class="head">
        <div>
          <h1>Search</h1>
          <p class="lead">for “{text}”</p>
        </div>
      </div>
      {filter}
    </>
  )
  const inGroup = group === null ? '' : `&group=${encodeURIComponent(group)}`
  if (isEmpty)
    return (
      <>
        {head}
        {nothingFound()}
      </>
    )
  return (
    <>
      {head}
      <div class="found">
        {section(
          hosts.list.length,
          'Hosts',
          hosts.list.map((host) => hostItem(host, now, silence)),
          {
            className: 'found-hosts',
            rest: hosts.total > hosts.list.length && (
              <a href={`/hosts?q=${encodeURIComponent(text)}${inGroup}`}>
                View all {formatNumber(hosts.total)}
              </a>
            ),
          },
        )}
        {section(
          hostMetrics.length,
          'Metrics of hosts',
          hostMetrics.map(({ host, metric }) => (
            <li>
              <a href={metricPath(host, metric)}>
                {host} <code>{metric}</code>
              </a>
            </li>
          )),
        )}
        {section(
          events.length,
          'Events',
          events.map((view) => eventItem(view, now)),
        )}
        {section(
          metrics.length,
          'Metrics',
          metrics.map((metric) => (
            <li>
              <a href={`/compare?metric=${encodeURIComponent(metric)}${inGroup}`}>
                <code>{metric}</code>
              </a>
            </li>
          )),
        )}
        {section(
          places.length,
          'Pages and settings',
          places.map(({ path, title, doc }) => (
            <li>
              <a href={path}>{title}</a> <span class="soft">{doc}</span>
            </li>
          )),
        )}
      </div>
    </>
  )
}

const nothingFound = () => (
  <section class="empty">
    <h2>No results</h2>
    <p>
      No results. Try a shorter term. <a href="/hosts">All hosts</a> or{' '}
      <a href="/settings/guide">the guide</a> may help.
    </p>
  </section>
)

const hostItem = (host: Found['hosts']['list'][number], now: number, silence: number) => (
  <li>
    {statusLabel(hostStatus(host, now, silence))} <a href={hostPath(host.name)}>{host.name}</a>{' '}
    <span class="soft">{host.ip}</span> <span class="soft">{host.build}</span>
  </li>
)

const eventItem = ({ event, problem }: EventView, now: number) => (
  <li>
    {spokenMark(event.severity)} <a href={eventPath(event.id)}>{keepUnits(problem.what)}</a>{' '}
    {problem.detail !== null && <span class="soft">{keepUnits(problem.detail)}</span>}{' '}
    <span class="soft">
      {hostName(event)}, {event.status}, {agoLabel(event.opened, now)}
    </span>{' '}
    {eventState(event)}
  </li>
)

function section(
  count: number,
  title: string,
  items: readonly Html[],
  { className, rest }: { readonly className?: string; readonly rest?: Html | false } = {},
): Html | null {
  return count === 0 ? null : (
    <section class="section">
      <div class="section-head">
        <h2>{title}</h2>
        {rest}
      </div>
      <ul class={['found-list', className]}>{items}</ul>
    </section>
  )
}
