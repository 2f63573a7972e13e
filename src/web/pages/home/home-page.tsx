/** @jsxImportSource #markup */
import {
  countAll,
  type Event,
  SEVERITIES,
  SEVERITY_NAMES,
  type SeverityCounts,
} from '../../../domain/event.ts'
import { NARROW_SPACE } from '../../../domain/metrics/figure.ts'
import { facetBar, keepFacets, readFacets } from '../../filters/facets.tsx'
import { countFleet, type FleetCounts, type FleetView, filterFleet, listFacets } from '../../fleet/fleet.ts'
import { mayUse, route, type WebRequest } from '../../http/route.ts'
import { viewEvents } from '../../problems/event-view.ts'
import { formatCount, formatNumber } from '../../ui/format.ts'
import { readKiosk } from '../../ui/layout/kiosk.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { actionResult } from '../events/action-result.tsx'
import { WAITING_SHOWN, waitingHosts } from '../hosts/waiting-hosts.tsx'
import { attentionView } from './attention.tsx'
import { busiestView } from './busiest.tsx'
import { firstStart } from './first-start.tsx'
import { fleetStrip, SLOT } from './fleet-strip.tsx'
import { hostMap, readFill } from './host-map.tsx'
import { nextSteps } from './next-steps.tsx'
import { serverTrouble } from './server-trouble.tsx'

/** Rows of unacknowledged events; a wall screen has room for more. */
const ATTENTION = 8
const ATTENTION_ON_WALL = 12
/** A map of more hosts is higher than the rankings beside it. */
const TALL = 160

export const homePage = route({ path: '/', access: 'viewer' }, async (request) => {
  const { url, session, csrf, now, web } = request
  const facets = readFacets(url)
  const shown = readKiosk(url) === null ? ATTENTION : ATTENTION_ON_WALL
  const fill = readFill(url)
  const [waiting, view, groups, result] = await Promise.all([
    web.store.enrolment.listWaiting(WAITING_SHOWN),
    web.fleet.read(),
    web.store.hosts.groups(),
    actionResult(request),
  ])
  const { open, unacknowledged, worst, times } = await web.fleetEvents.read({
    facets: facets.lists,
    limit: shown,
    slot: SLOT,
    now,
    // Groups change without an event having changed.
    hosts: facets.lists.length === 0 ? String(view.entries.length) : String(await web.store.hosts.revision()),
  })
  const entries = filterFleet(view.entries, facets.lists)
  const counts = countFleet(entries)
  const kept = keepFacets(facets)
  const attention = {
    rows: await viewRows(worst, request),
    counts: unacknowledged,
    calendar: view.calendar,
    kept: keepFacets(facets, '&'),
    back: `${url.pathname}${url.search}`,
    csrf,
    mayChange: mayUse({ session }, 'operator'),
    now,
  }
  const isWhole = facets.chosen.length === 0 && readKiosk(url) === null
  const newcomers = isWhole
    ? waitingHosts({ ...waiting, now, csrf, mayDecide: mayUse({ session }, 'admin') })
    : null
  const strip = fleetStrip(times, entries, { now, kept: keepFacets(facets, '&') })
  const steps = isWhole && view.entries.length === 1 ? await nextSteps(request) : null
  // It stands where there is room.
  const isTall = entries.length > TALL
  const body =
    view.entries.length === 0 ? (
      firstStart(web, mayUse({ session }, 'admin'))
    ) : (
      <>
        <h1 class="visually-hidden">Home</h1>
        {serverTrouble(view, web)}
        {unknownFacet(url, view)}
        {verdictView(
          { counts, open, unacknowledged, total: entries.length },
          figuresOf(request, entries, facets.lists),
          kept,
        )}
        {attentionView(attention)}
        <div class="home-columns">
          <div>
            {hostMap({ entries, fill, by: chooseFacet(url, view), url, kept, now })}
            {!isTall && strip}
          </div>
          <div class="home-side">
            {busiestView(entries, view)}
            {isTall && strip}
            {steps}
          </div>
        </div>
      </>
    )
  return layout({
    title: homeTitle(counts, open),
    active: 'home',
    session,
    csrf,
    url,
    filters: facetBar(url, groups, facets),
    ...(entries.length > 0 && { scripts: ['host-map'] }),
    body: (
      <>
        {result}
        <div data-live="home">
          {newcomers}
          {body}
        </div>
      </>
    ),
  })
})

async function viewRows(worst: readonly Event[], { web, now }: WebRequest) {
  const views = await viewEvents(worst, web, now)
  return Promise.all(views.map(async (view) => ({ ...view, spark: await web.sparks.of(view.event) })))
}

/** The facet that the address asks for, else the first that hosts have. */
function chooseFacet(url: URL, { entries }: FleetView): string | null {
  const facets = listFacets(entries)
  return facets.find((facet) => facet === askedFacet(url)) ?? facets[0] ?? null
}

/** Plain groups are the facet without a name, which addresses call `group`. */
function askedFacet(url: URL): string | null {
  const asked = url.searchParams.get('by')
  return asked === 'group' ? '' : asked
}

/** A facet goes with the last host that has it: who kept its address learns why the map stands otherwise. */
function unknownFacet(url: URL, { entries }: FleetView): Html | null {
  const asked = askedFacet(url)
  if (asked === null || listFacets(entries).includes(asked)) return null
  return (
    <p class="problem" role="alert">
      Hosts can't be grouped by “{url.searchParams.get('by')?.slice(0, 40)}”: no host has such a group.
    </p>
  )
}

type Figures = { readonly availability: number | null; readonly fullSoon: number }

function figuresOf(
  { web, now }: WebRequest,
  entries: FleetView['entries'],
  facets: readonly (readonly string[])[],
): Figures {
  return {
    availability: web.fleetFigures.availability(facets),
    fullSoon: web.fleetFigures.fullSoon(entries, now).length,
  }
}

/** Contains the problems, so that the title of a background tab shows them. */
export function homeTitle({ down }: Pick<FleetCounts, 'down'>, open: SeverityCounts): string {
  const parts = [down > 0 && `${down} down`, open[1] > 0 && `${open[1]} critical`].filter(Boolean)
  return parts.length === 0 ? 'Home' : `${parts.join(', ')} · Home`
}

/** `1 major, 2 warning`. */
const listSeverities = (counts: SeverityCounts): string =>
  SEVERITIES.filter((severity) => counts[severity] > 0)
    .map((severity) => `${formatNumber(counts[severity])} ${SEVERITY_NAMES[severity]}`)
    .join(', ')

export type FleetVerdict = {
  readonly counts: FleetCounts
  readonly open: SeverityCounts
  readonly unacknowledged: SeverityCounts
  readonly total: number
}

/** One line about the state of the fleet, the worst first. */
export function describeVerdict({ counts, open, unacknowledged, total }: FleetVerdict): {
  readonly title: string
  readonly more: string
} {
  const waiting = countAll(unacknowledged)
  const all = countAll(open)
  const more: string[] = []
  const { maintenance } = counts
  if (maintenance > 0)
    more.push(`${formatNumber(maintenance)}${counts.down > 0 ? ' more' : ''} in maintenance`)
  const isSaid = total > 0 && counts.down === 0 && unacknowledged[1] === 0 && waiting === all
  if (all > 0)
    more.push(
      waiting === 0
        ? `all ${formatNumber(all)} open events acknowledged`
        : isSaid
          ? // The title has the rest.
            listSeverities(unacknowledged)
          : `${formatNumber(waiting)} of ${formatCount(all, 'open event')} not acknowledged`,
    )
  const title =
    total === 0
      ? 'No hosts in this selection'
      : counts.down > 0
        ? `${formatCount(counts.down, 'host')} down`
        : waiting > 0
          ? unacknowledged[1] > 0
            ? `${formatCount(unacknowledged[1], 'critical problem')}`
            : `${formatCount(waiting, 'open event')} nobody has acknowledged`
          : 'All clear'
  if (more.length === 0 && total > 0) more.push(`${formatCount(total, 'host')}, no open events`)
  return { title, more: more.join(' · ') }
}

function verdictView(verdict: FleetVerdict, { availability, fullSoon }: Figures, kept: string): Html {
  const { title, more } = describeVerdict(verdict)
  const { counts, unacknowledged } = verdict
  const and = kept === '' ? '' : `&${kept}`
  const tone =
    counts.down > 0 || unacknowledged[1] > 0 ? 'bad' : countAll(unacknowledged) > 0 ? 'warn' : 'good'
  return (
    <section class={`card verdict ${tone}`}>
      <div>
        <p class="verdict-title">{title}</p>
        <p class="soft">{more}</p>
      </div>
      <ul class="verdict-figures">
        {figure(formatNumber(counts.down), 'down', `/hosts?status=down${and}`, counts.down > 0 && 'bad')}
        {figure(formatNumber(counts.maintenance), 'in maintenance', `/hosts?status=maintenance${and}`)}
        {figure(formatNumber(counts.up), 'up', `/hosts?status=up${and}`)}
        {figure(
          writeShare(availability),
          'availability, 30\u00a0d',
          `/reports/availability?period=30d${and}`,
        )}
        {figure(
          formatNumber(fullSoon),
          fullSoon === 1 ? 'disk full within 14\u00a0d' : 'disks full within 14\u00a0d',
          `/reports/capacity${kept === '' ? '' : `?${kept}`}`,
          fullSoon > 0 && 'warn',
        )}
      </ul>
    </section>
  )
}

/** Rounded down: what was down at all is never 100 %. */
const writeShare = (percent: number | null) =>
  percent === null ? '–' : `${(Math.floor(percent * 100) / 100).toFixed(2)}${NARROW_SPACE}%`

const figure = (value: string, name: string, href: string, tone: string | false = false): Html => (
  <li class={tone}>
    <a href={href}>
      <b>{value}</b>
      <span>{name}</span>
    </a>
  </li>
)
