import type { Store } from '../../src/storage/ports/store.ts'
import { PAGES } from '../../src/web/pages/index.ts'
import { FIRST_HOST, LONG_HOST, ODD_HOST } from '../support/seed.ts'

/** One state of a page, to be checked by eye, by axe-core and by a validator. */
export type ListedPage = {
  readonly name: string
  readonly path: string
  /** Of a website without a host. */
  readonly ofEmpty?: boolean
  /** The user who is signed in: the administrator unless given, null for none. */
  readonly user?: string | null
  /** 200 unless given. */
  readonly status?: number
}

const HOST = `/hosts/${FIRST_HOST}`
const METRIC = `${HOST}/metrics/perf.processor.percent.used`
const PROCESSOR = 'perf.processor.percent.used'
/** Stands for the number of an event that has notices and comments. */
const STORY = 'STORY'
const COMPARED = `series=${FIRST_HOST}:${PROCESSOR}&series=web01:perf.network.bytes.sent&series=nobody:perf.x`

/** Every page of the website, in the states that look different. A test compares it with the declared routes. */
export const PAGE_LIST: readonly ListedPage[] = [
  { name: 'login', path: '/login', user: null },
  { name: 'home', path: '/' },
  { name: 'home-empty', path: '/', ofEmpty: true },
  { name: 'hosts', path: '/hosts' },
  { name: 'hosts-sorted', path: '/hosts?sort=ip&order=desc' },
  { name: 'hosts-none', path: '/hosts?q=nothing-like-this' },
  { name: 'hosts-group', path: '/hosts?group=shop' },
  { name: 'hosts-group-none', path: '/hosts?group=none' },
  { name: 'host', path: HOST },
  { name: 'host-down', path: '/hosts/web02' },
  { name: 'host-maintenance', path: '/hosts/cache01' },
  { name: 'host-odd', path: `/hosts/${encodeURIComponent(ODD_HOST)}` },
  { name: 'host-long', path: `/hosts/${LONG_HOST}` },
  { name: 'host-thresholds', path: `${HOST}/thresholds` },
  { name: 'host-week', path: `${HOST}?range=7d` },
  { name: 'host-mute', path: `${HOST}/mute` },
  { name: 'manage-host', path: `${HOST}/manage` },
  { name: 'host-metrics', path: `${HOST}/metrics` },
  { name: 'host-metrics-none', path: `${HOST}/metrics?metric=nothing-like-this` },
  { name: 'graph', path: METRIC },
  { name: 'graph-day', path: `${HOST}/metrics/perf.network.bytes.received?range=24h` },
  { name: 'graph-month', path: `${METRIC}?range=30d` },
  { name: 'graph-limit', path: `${HOST}/metrics/perf.memory.percent.used?range=24h` },
  { name: 'graph-nothing', path: `${METRIC}?from=1000&to=5000` },
  { name: 'compare', path: `/compare?${COMPARED}` },
  { name: 'compare-empty', path: '/compare' },
  { name: 'compare-find', path: `/compare?${COMPARED}&host=db&metric=memory` },
  { name: 'kiosk', path: '/?kiosk=60' },
  { name: 'kiosk-host', path: `${HOST}?kiosk` },
  { name: 'kiosk-events', path: '/events?kiosk' },
  { name: 'events', path: '/events' },
  { name: 'events-empty', path: '/events', ofEmpty: true },
  { name: 'events-closed', path: '/events?status=closed' },
  { name: 'events-all', path: '/events/change-all?metric=memory' },
  { name: 'events-all-none', path: '/events/change-all?metric=nothing-like-this' },
  { name: 'events-filtered', path: '/events?host=db01&acknowledged=yes' },
  { name: 'event', path: `/events/${STORY}` },
  { name: 'event-plain', path: '/events/1' },
  { name: 'event-acknowledge', path: `/events/${STORY}/acknowledge` },
  { name: 'event-mute', path: `/events/${STORY}/mute` },
  { name: 'search', path: '/search?q=db01' },
  { name: 'search-none', path: '/search?q=nothing-like-this' },
  { name: 'reports', path: '/reports' },
  { name: 'report-hosts', path: '/reports/hosts' },
  { name: 'report-agents', path: '/reports/agents' },
  { name: 'report-events', path: '/reports/events' },
  { name: 'report-availability', path: '/reports/availability' },
  { name: 'report-availability-empty', path: '/reports/availability', ofEmpty: true },
  { name: 'report-capacity', path: '/reports/capacity' },
  { name: 'report-capacity-empty', path: '/reports/capacity', ofEmpty: true },
  { name: 'add-host', path: '/add-host?server=monitor.example.org' },
  { name: 'settings', path: '/settings' },
  { name: 'rules', path: '/settings/rules' },
  { name: 'rules-empty', path: '/settings/rules', ofEmpty: true },
  { name: 'rules-saved', path: '/settings/rules?done=saved' },
  { name: 'rule-new', path: '/settings/rules/new' },
  { name: 'rule', path: '/settings/rules/2' },
  { name: 'rule-delete', path: '/settings/rules/2/delete' },
  { name: 'targets', path: '/settings/targets' },
  { name: 'targets-empty', path: '/settings/targets', ofEmpty: true },
  { name: 'target-new', path: '/settings/targets/new' },
  { name: 'target', path: '/settings/targets/1' },
  { name: 'target-delete', path: '/settings/targets/1/delete' },
  { name: 'windows', path: '/settings/maintenance' },
  { name: 'windows-empty', path: '/settings/maintenance', ofEmpty: true },
  { name: 'window-new', path: '/settings/maintenance/new' },
  { name: 'window', path: '/settings/maintenance/1' },
  { name: 'window-delete', path: '/settings/maintenance/1/delete' },
  { name: 'views', path: '/settings/views' },
  { name: 'views-empty', path: '/settings/views', ofEmpty: true },
  { name: 'view-new', path: '/settings/views/new?path=%2Fhosts%3Fgroup%3Dshop' },
  { name: 'view', path: '/settings/views/1' },
  { name: 'view-delete', path: '/settings/views/1/delete' },
  { name: 'users', path: '/settings/users' },
  { name: 'user', path: '/settings/users/viewer' },
  { name: 'user-delete', path: '/settings/users/viewer/delete' },
  { name: 'sessions', path: '/settings/sessions?user=' },
  { name: 'tokens', path: '/settings/tokens' },
  { name: 'tokens-empty', path: '/settings/tokens', ofEmpty: true },
  { name: 'two-factor', path: '/settings/two-factor' },
  { name: 'preferences', path: '/settings/preferences' },
  { name: 'storage', path: '/settings/storage' },
  { name: 'storage-empty', path: '/settings/storage', ofEmpty: true },
  { name: 'audit', path: '/settings/audit' },
  { name: 'guide', path: '/settings/guide' },
  { name: 'about', path: '/settings/about' },
  { name: 'password', path: '/password' },
  { name: 'not-found', path: '/hosts/nobody', status: 404 },
  { name: 'not-found-stranger', path: '/nothing-like-this', user: null, status: 404 },
  { name: 'not-allowed', path: '/settings/users', user: 'viewer', status: 403 },
  { name: 'not-possible', path: '/logout', status: 405 },
]

/** The address of a listed page on a seeded website. */
export async function findAddress({ path }: ListedPage, store: Store): Promise<string> {
  if (!path.includes(STORY)) return path
  const { events } = await store.events.list({ host: FIRST_HOST, status: 'open', limit: 1 })
  return path.replace(STORY, String(events[0]?.id))
}

/** Paths of pages that are declared, and that none of the listed ones shows. */
export function findForgotten(list: readonly ListedPage[] = PAGE_LIST): string[] {
  // Routes that are not pages: streams, files and what scripts fetch.
  const declared = PAGES.filter(
    ({ method, path }) =>
      method === 'GET' &&
      !/^\/(live|jump|fleet|fleet\/:name|install\.sh|install\.ps1|releases\/:file)$|\/csv$/.test(path),
  )
  const shown = new Set(
    list.map(({ path }) => {
      const { pathname } = new URL(path, 'http://monitor.invalid')
      const exact = declared.find((page) => page.path === pathname)
      const alike = (page: { path: string }) =>
        new RegExp(`^${page.path.replace(/:\w+/g, '[^/]+')}$`).test(pathname)
      return exact ?? declared.find(alike)
    }),
  )
  return declared.filter((page) => !shown.has(page)).map(({ path }) => path)
}
