/** @jsxImportSource #markup */
import { formatCount, formatNumber } from '../format.ts'
import { type IconName, icon } from '../icons.tsx'
import type { Html } from '../markup/html.ts'
import type { NavigationState } from './frame.ts'

/** Entries of the main navigation, in their order. Those that are `wide` have no room at the bottom of a phone. */
const NAVIGATION = [
  { key: 'home', href: '/', label: 'Home' },
  { key: 'events', href: '/events', label: 'Events' },
  { key: 'hosts', href: '/hosts', label: 'Hosts' },
  { key: 'graphs', href: '/compare', label: 'Graphs', isWide: true },
  { key: 'reports', href: '/reports', label: 'Reports' },
  { key: 'settings', href: '/settings', label: 'Settings' },
] as const satisfies readonly {
  readonly key: IconName
  readonly href: string
  readonly label: string
  readonly isWide?: true
}[]

export type NavigationKey = (typeof NAVIGATION)[number]['key']

/** Pages with hosts of one group keep to it; the sign above them leads to all. */
const OF_A_GROUP: readonly NavigationKey[] = ['home', 'hosts', 'events']
/** Further views are on the page of all. */
const SHOWN_VIEWS = 12
const VIEWS_PATH = '/settings/views'

type RailOptions = {
  readonly active: NavigationKey | null
  readonly url: URL | undefined
  readonly frame: NavigationState | undefined
}

/** The navigation at the side; at the bottom of a phone. */
export function navigationRail({ active, url, frame }: RailOptions): Html {
  const groups = url?.searchParams.getAll('group') ?? []
  const query = new URLSearchParams(groups.map((group) => ['group', group])).toString()
  const kept = (key: NavigationKey) => (query !== '' && OF_A_GROUP.includes(key) ? `?${query}` : '')
  return (
    <nav class="rail" aria-label="Main">
      <div class="rail-inner">
        <a class="brand" href="/" aria-label="Monitor, home">
          {icon('brand')}
          <span>Monitor</span>
        </a>
        <ul data-live="navigation">
          {NAVIGATION.map((entry) => (
            <li class={'isWide' in entry && 'rail-wide'}>
              <a
                href={`${entry.href}${kept(entry.key)}`}
                aria-current={entry.key === active ? 'page' : null}
                aria-describedby={
                  frame !== undefined && countOf(entry.key, frame) !== null && `count-${entry.key}`
                }
              >
                {icon(entry.key)}
                <span class="rail-label">{entry.label}</span>
                {frame && countMark(entry.key, frame)}
              </a>
            </li>
          ))}
        </ul>
        {frame && frame.views.length > 0 && viewList(frame, url)}
      </div>
    </nav>
  )
}

/** The count beside an entry; null for none. */
function countOf(key: NavigationKey, { openEvents, hosts }: NavigationState) {
  if (key === 'events' && openEvents > 0)
    return {
      figure: formatNumber(openEvents),
      words: `${formatCount(openEvents, 'open event')} nobody has acknowledged`,
    }
  if (key === 'hosts' && hosts > 0) return { figure: formatNumber(hosts), words: formatCount(hosts, 'host') }
  return null
}

function countMark(key: NavigationKey, frame: NavigationState): Html | null {
  const count = countOf(key, frame)
  if (count === null) return null
  return (
    <span class={`rail-count count-of-${key}`} title={count.words}>
      <span aria-hidden="true">{count.figure}</span>
      <span id={`count-${key}`} hidden>
        {count.words}
      </span>
    </span>
  )
}

function viewList({ views }: NavigationState, url: URL | undefined): Html {
  const here = url === undefined ? '' : `${url.pathname}${url.search}`
  return (
    <div class="rail-views">
      <p class="rail-head">
        <a href={VIEWS_PATH}>Saved views</a>
      </p>
      <ul>
        {views.slice(0, SHOWN_VIEWS).map(({ name, path }) => (
          <li>
            <a href={path} title={name} aria-current={path === here ? 'true' : null}>
              <span class="rail-label">{name}</span>
            </a>
          </li>
        ))}
      </ul>
      {views.length > SHOWN_VIEWS && <a href={VIEWS_PATH}>All {formatNumber(views.length)} views</a>}
    </div>
  )
}
