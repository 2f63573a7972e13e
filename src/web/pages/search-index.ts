import type { Event } from '../../domain/event.ts'
import type { Host } from '../../domain/hosts/host.ts'
import { splitWords } from '../../domain/pattern.ts'
import type { Access } from '../../domain/users/user.ts'
import { covers } from '../../domain/users/user.ts'
import type { WebContext } from '../http/route.ts'
import { type SiteInfo, settingAnchor } from '../http/site-info.ts'
import { REPORTS } from '../reports/index.ts'
import { SETTINGS_ENTRIES } from './settings/settings-entries.ts'

/** The results of a search, a few of each kind. */
export type Found = {
  readonly hosts: { readonly total: number; readonly list: readonly Host[] }
  /** Of hosts that the words name as well. */
  readonly hostMetrics: readonly { readonly host: string; readonly metric: string }[]
  readonly metrics: readonly string[]
  readonly events: readonly Event[]
  readonly places: readonly Place[]
}

export type Place = { readonly path: string; readonly title: string; readonly doc: string }

const EACH = 12
/** Hosts whose metrics are looked through. */
const HOSTS_TRIED = 3
/**
 * Newest events, open and closed, of which any word may be meant, in any case of any script, and the number
 * too.
 */
const EVENTS_TRIED = 1000

export type FindOptions = {
  readonly access: Access
  /** Hosts and events of this group alone; of all when it is null. */
  readonly group: string | null
  readonly now: number
  readonly web: WebContext
}

export async function find(text: string, { access, group, now, web }: FindOptions): Promise<Found> {
  const words = splitWords(text)
  const none = { hosts: { total: 0, list: [] }, hostMetrics: [], metrics: [], events: [], places: [] }
  if (words.length === 0) return none
  const { hosts, events } = web.store
  const upSince = now - web.silence
  const within = group === null ? {} : { group }
  const [whole, metrics, open, closed, older, hostMetrics, groups] = await Promise.all([
    hosts.list({ search: text.trim(), upSince, limit: EACH, sort: 'name', ...within }),
    hosts.findMetrics(words, EACH),
    events.list({ status: 'open', limit: EVENTS_TRIED, ...within }),
    events.list({ status: 'closed', limit: EVENTS_TRIED, ...within }),
    events.list({ words, limit: EACH, ...within }),
    words.length > 1 ? findHostMetrics(words, { upSince, ...within }, web) : [],
    hosts.groups(),
  ])
  return {
    hosts: { total: whole.total, list: whole.hosts },
    hostMetrics,
    metrics,
    events: mergeEvents(
      [...open.events, ...closed.events].filter((event) => fitsEvent(event, words)),
      older.events,
    ),
    places: findPlaces(words, access, web.about, groups),
  }
}

/** Each once, a few of them. */
function mergeEvents(...lists: readonly (readonly Event[])[]): Event[] {
  return [...new Map(lists.flat().map((event) => [event.id, event])).values()].slice(0, EACH)
}

/** `web01 memory`: one word names a host, the others its metrics. */
async function findHostMetrics(
  words: readonly string[],
  which: { readonly upSince: number; readonly group?: string },
  web: WebContext,
) {
  const found: { host: string; metric: string }[] = []
  for (const [i, word] of words.entries()) {
    const rest = words.filter((_, j) => j !== i)
    const { hosts } = await web.store.hosts.list({ ...which, search: word, limit: HOSTS_TRIED, sort: 'name' })
    for (const { name } of hosts) {
      const metrics = await web.store.hosts.metrics(name)
      for (const metric of metrics)
        if (rest.every((one) => metric.toLowerCase().includes(one))) found.push({ host: name, metric })
      if (found.length >= EACH) return found.slice(0, EACH)
    }
  }
  return found
}

/** All words in its message, host or metric, or its number. */
function fitsEvent({ id, message, host, metric }: Event, words: readonly string[]): boolean {
  const text = `${message} ${host} ${metric}`.toLowerCase()
  return words.every((word) => text.includes(word) || word === `#${id}` || word === String(id))
}

/** Pages, groups, reports and settings that hold all these words. */
export function findPlaces(
  words: readonly string[],
  access: Access,
  { sections }: SiteInfo,
  groups: readonly string[],
): Place[] {
  const places: (Place & { readonly words?: string | undefined })[] = [
    ...groups.map((name) => ({
      path: `/hosts?group=${encodeURIComponent(name)}`,
      title: `Group: ${name}`,
      doc: 'The hosts that are in it.',
    })),
    { path: '/', title: 'Home', doc: 'Availability, open events, this server.' },
    { path: '/hosts', title: 'Hosts', doc: 'Every machine that ever reported.' },
    { path: '/events', title: 'Events', doc: 'What is or was wrong.' },
    { path: '/compare', title: 'Compare', doc: 'Metrics of several hosts in one graph.' },
    ...REPORTS.map(({ key, title, doc, words }) => ({
      path: `/reports/${key}`,
      title: `Report: ${title}`,
      doc,
      words,
    })),
    ...SETTINGS_ENTRIES.filter((entry) => covers(access, entry.access)),
    ...sections.flatMap(({ settings }) =>
      settings.map(({ key, doc }) => ({ path: `/settings/guide#${settingAnchor(key)}`, title: key, doc })),
    ),
  ]
  return places
    .filter(({ title, doc, words: more = '' }) =>
      words.every((word) => `${title} ${doc} ${more}`.toLowerCase().includes(word)),
    )
    .map(({ path, title, doc }) => ({ path, title, doc }))
    .slice(0, EACH)
}
