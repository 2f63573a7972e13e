import { hostName, METRICS } from '../data.ts'
import type { Benchmark, Figure } from '../figure.ts'
import { fillStore, openBenchStore } from '../fill.ts'
import { deleteFolder, makeFolder, runOurs, startOurs } from '../ours.ts'
import { measureRequests, signIn } from '../requests.ts'

const DAY = 86400
const WEB_ALONE = ['server', '--no-collect', '--no-events']
/** One of two decimals that moves all the time: the dearer kind. */
const METRIC = METRICS[1]

/** Processor time of graphs over long ranges, and of pages with many hosts beside few. */
export const pages: Benchmark = {
  name: 'pages',
  run: async () => [...(await measureGraphs()), ...(await measureManyHosts())],
}

async function measureGraphs(): Promise<Figure[]> {
  const folder = makeFolder()
  const now = Math.floor(Date.now() / 1000 / DAY) * DAY
  const store = await openBenchStore(folder)
  await fillStore(store, { hosts: 3, start: now - 365 * DAY, minutes: 365 * 1440, seen: now })
  await store.close()
  const web = await startOurs(WEB_ALONE, folder)
  const token = (
    await runOurs(['token', 'create', '--user', 'admin', '--name', 'bench', '--access', 'admin'], folder)
  ).trim()
  const graph = (days: number, times: number) =>
    measureRequests(web, times, async (i) => {
      const from = now - days * DAY
      const url = `/api/v1/hosts/${hostName(i % 3)}/metrics/${METRIC}?from=${from}&to=${now - 60}&points=1000`
      const response = await fetch(`http://127.0.0.1:${web.web}${url}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      const { points } = (await response.json()) as { points: unknown[] }
      if (points.length < 900) throw new Error(`${points.length} points came back`)
    })
  const month = await graph(30, 100)
  const year = await graph(365, 30)
  await web.stop()
  deleteFolder(folder)
  return [
    {
      name: 'graph of 30 days, 43,200 points thinned to 1000',
      unit: 'ms',
      ours: month,
      peer: 10,
      peerName: 'promise',
      bound: 1,
    },
    {
      name: 'graph of a year, 525,600 points thinned to 1000',
      unit: 'ms',
      ours: year,
      peer: 100,
      peerName: 'promise',
      bound: 1,
    },
  ]
}

async function measureManyHosts(): Promise<Figure[]> {
  const few = await measurePages(100)
  const many = await measurePages(10_000)
  return (['home', 'host'] as const).map((page) => ({
    name: `${page} page with 10,000 hosts`,
    unit: 'ms',
    ours: many[page],
    peer: few[page],
    peerName: 'with 100',
    bound: 1.5,
  }))
}

async function measurePages(hosts: number): Promise<{ home: number; host: number }> {
  const folder = makeFolder()
  const now = Math.floor(Date.now() / 60_000) * 60
  const store = await openBenchStore(folder)
  await fillStore(store, { hosts, start: now - 60 * 60, minutes: 60, seen: now })
  await store.close()
  const web = await startOurs(WEB_ALONE, folder)
  const cookie = await signIn(web, folder)
  const measure = (path: (i: number) => string) =>
    measureRequests(web, 200, async (i) => {
      const response = await fetch(`http://127.0.0.1:${web.web}${path(i)}`, {
        headers: { cookie },
        redirect: 'manual',
      })
      const text = await response.text()
      if (response.status !== 200)
        throw new Error(`${path(i)} answered ${response.status} ${text.slice(0, 200)}`)
    })
  const home = await measure(() => '/')
  const host = await measure((i) => `/hosts/${hostName(i % hosts)}`)
  await web.stop()
  deleteFolder(folder)
  return { home, host }
}
