import { phraseMetric } from '../../domain/events/metric-phrase.ts'
import { MAX_HOST_NAME } from '../../domain/hosts/host.ts'
import { splitWords } from '../../domain/pattern.ts'
import { covers } from '../../domain/users/user.ts'
import { readText } from '../http/query-parameters.ts'
import { route, type WebRequest } from '../http/route.ts'
import { hostPath, metricPath } from '../ui/components.tsx'
import { type JumpRow, MAX_JUMP_TEXT, THEME_ACTION } from '../ui/jump-row.ts'
import { findPlaces } from './search-index.ts'

/** Rows of an answer, the way to the whole search among them. */
const MOST = 12
const MOST_OF = { host: 6, metric: 4, action: 3, view: 3, page: 4 } as const

/** The rows of the jump box while the user types: `q` is the text, `host` the host whose page is open. */
export const jump = route({ path: '/jump', access: 'viewer' }, async (request) => {
  const text = readText(request.url, 'q', MAX_JUMP_TEXT)?.trim() ?? ''
  const host = readText(request.url, 'host', MAX_HOST_NAME)
  return Response.json({ rows: await findRows(request, text, host?.toLowerCase() ?? null) })
})

async function findRows(request: WebRequest, text: string, host: string | null): Promise<JumpRow[]> {
  const words = splitWords(text)
  if (words.length === 0) return []
  const { store } = request.web
  const [names, metrics, groups, views] = await Promise.all([
    store.hosts.findNames(text, MOST_OF.host),
    host === null ? [] : store.hosts.metrics(host),
    store.hosts.groups(),
    store.views.list(request.session?.user ?? ''),
  ])
  const hosts = names.map(({ name, ip, lastSeen }): JumpRow => {
    const isUp = lastSeen >= request.now - request.web.silence
    return { kind: 'host', title: name, detail: isUp ? ip : `${ip} · down`, path: hostPath(name) }
  })
  const access = request.session?.access ?? 'viewer'
  const pages = findPlaces(words, access, request.web.about, groups)
  const rows: JumpRow[] = [
    ...hosts,
    ...(host === null ? [] : findMetrics(words, host, metrics)),
    ...findActions(words, host !== null && metrics.length > 0 ? host : null, covers(access, 'operator')),
    ...views
      .filter(({ name }) => fits(name, words))
      .slice(0, MOST_OF.view)
      .map(({ name, path }): JumpRow => ({ kind: 'view', title: name, detail: path, path })),
    ...pages
      .slice(0, MOST_OF.page)
      .map(({ path, title, doc }) => ({ kind: 'page', title, detail: doc, path }) as const),
  ]
  const search = `/search?q=${encodeURIComponent(text)}`
  return [
    ...rows.slice(0, MOST - 1),
    { kind: 'search', title: `Search everything for “${text}”`, detail: '', path: search },
  ]
}

/** Metrics of the host whose page is open, by their names or their titles. */
function findMetrics(words: readonly string[], host: string, metrics: readonly string[]): JumpRow[] {
  return metrics
    .map((metric): JumpRow => {
      const title = phraseMetric(metric).noun
      return { kind: 'metric', title, detail: metric, path: metricPath(host, metric) }
    })
    .filter(({ title, detail }) => fits(`${title} ${detail}`, words))
    .slice(0, MOST_OF.metric)
}

/** Actions that change something lead to a page that asks; nothing is changed by opening an address. */
function findActions(words: readonly string[], host: string | null, mayChange: boolean): JumpRow[] {
  const ofHost = host === null || !mayChange ? [] : actionsOn(host)
  const theme = { title: 'Change theme', detail: 'System, light or dark', path: THEME_ACTION }
  return [...ofHost, theme]
    .filter(({ title, detail }) => fits(`${title} ${detail}`, words))
    .slice(0, MOST_OF.action)
    .map((action) => ({ kind: 'action', ...action }))
}

function actionsOn(host: string) {
  const name = encodeURIComponent(host)
  return [
    {
      title: `Acknowledge all events on ${host}`,
      detail: 'Shows which before anything changes',
      path: `/events/change-all?host=${name}&acknowledged=no`,
    },
    {
      title: `Mute ${host}`,
      detail: 'Hold its notifications for some time',
      path: `/hosts/${name}/mute`,
    },
  ]
}

function fits(text: string, words: readonly string[]): boolean {
  const sought = text.toLowerCase()
  return words.every((word) => sought.includes(word))
}
