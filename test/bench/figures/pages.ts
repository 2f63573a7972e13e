import { fillLargeHost, LARGE_METRICS } from '../../support/large-host.ts'
import { hostName, METRICS, machine, random } from '../data.ts'
import type { Benchmark, Figure } from '../figure.ts'
import { fillStore, openBenchStore } from '../fill.ts'
import { deleteFolder, makeFolder, type Ours, runOurs, startOurs } from '../ours.ts'
import { measureRequests, signIn } from '../requests.ts'

const DAY = 86400
const YEARS = 5
const MONTH_MINUTES = 30 * 1440
const HOST_METRICS = [
  ...[
    'processor.percent.used',
    'processor.percent.user',
    'processor.percent.system',
    'processor.percent.iowait',
  ],
  ...['memory.percent.used', 'pagefile.percent.used', 'system.load.1', 'system.load.5', 'system.load.15'],
  ...['network.bytes.received', 'network.bytes.sent', 'network.packets.received', 'network.packets.sent'],
  ...['disk.sda.bytes.read', 'disk.sda.bytes.written', 'disk.sda.percent.active', 'system.processes.count'],
  ...[
    'filesystem.dev.sda1.percent.used',
    'filesystem.dev.sdb1.percent.used',
    'filesystem.dev.sdc1.percent.used',
  ],
  ...['pressure.cpu.some.percent', 'pressure.io.some.percent', 'pressure.memory.some.percent'],
  ...['tcp.connections.established', 'filehandles.percent.used', 'system.uptime.seconds'],
  ...['network.eth0.bytes.received', 'network.eth0.bytes.sent'],
  ...['network.eth1.bytes.received', 'network.eth1.bytes.sent'],
  ...['disk.sda.latency.read', 'disk.sda.latency.written'],
].map((name) => `perf.${name}`)
const WEB_ALONE = ['server', '--no-collect', '--no-events']

/** Processor time of graphs over long ranges, and of pages with many hosts beside few. */
export const pages: Benchmark = {
  name: 'pages',
  run: async () => [
    ...(await measureGraphs()),
    ...(await measureHostPage()),
    ...(await measureLargeHost()),
    ...(await measureManyHosts()),
    ...(await measureWhatChanged()),
  ],
}

async function measureGraphs(): Promise<Figure[]> {
  const folder = makeFolder()
  const now = Math.floor(Date.now() / 1000 / DAY) * DAY
  const store = await openBenchStore(folder)
  await fillStore(store, { hosts: 1, start: now - YEARS * 365 * DAY, minutes: YEARS * 365 * 1440, seen: now })
  await store.close()
  const web = await startOurs(WEB_ALONE, folder)
  const token = (
    await runOurs(['token', 'create', '--user', 'admin', '--name', 'bench', '--access', 'admin'], folder)
  ).trim()
  const graph = (days: number, times: number) =>
    measureRequests(web, times, async (i) => {
      const from = now - days * DAY
      const url = `/api/v1/hosts/${hostName(0)}/metrics/${METRICS[1 + (i % 3)]}?from=${from}&to=${now - 60}&points=1000`
      const response = await fetch(`http://127.0.0.1:${web.web}${url}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      const { points } = (await response.json()) as { points: unknown[] }
      if (points.length < 500) throw new Error(`${points.length} points came back`)
    })
  const month = await graph(30, 100)
  const year = await graph(365, 50)
  const years = await graph(YEARS * 365, 20)
  await web.stop()
  deleteFolder(folder)
  return [
    { name: 'graph of 30 days, 43,200 samples as at most 1000 rows', unit: 'ms', ours: month, ...goal(4) },
    { name: 'graph of a year, 525,600 samples as at most 1000 rows', unit: 'ms', ours: year, ...goal(6) },
    { name: 'graph of five years, 2.6 million samples', unit: 'ms', ours: years, ...goal(15) },
  ]
}

const goal = (peer: number) => ({ peer, peerName: 'goal', bound: 1 })

/** A host of 26 lines in 12 graphs, as Linux machines have them, and six metrics that no graph shows. */
async function measureHostPage(): Promise<Figure[]> {
  const folder = makeFolder()
  const now = Math.floor(Date.now() / 1000 / DAY) * DAY
  const metrics = HOST_METRICS
  const store = await openBenchStore(folder)
  const next = Array.from({ length: Math.ceil(metrics.length / METRICS.length) }, (_, i) => machine(i))
  for (let minute = 0; minute < MONTH_MINUTES; minute += 500) {
    const frames = Array.from({ length: Math.min(500, MONTH_MINUTES - minute) }, (_, i) => ({
      time: now - (MONTH_MINUTES - minute - i) * 60,
      metrics,
      values: next.flatMap((values) => values()).slice(0, metrics.length),
    }))
    await store.ingest.write([
      { host: hostName(0), facts: null, seen: now, clockSkew: 0, frames, events: [] },
    ])
  }
  while ((await store.maintenance.compact(Number.MAX_SAFE_INTEGER, 64)) === 64);
  await store.close()
  const web = await startOurs(WEB_ALONE, folder)
  const cookie = await signIn(web, folder)
  const query = new URLSearchParams({ from: String(now - 30 * DAY), to: String(now - 60), graphs: 'all' })
  let graphs = 0
  const ours = await measureRequests(web, 20, async () => {
    const response = await fetch(`http://127.0.0.1:${web.web}/hosts/${hostName(0)}?${query}`, {
      headers: { cookie },
      redirect: 'manual',
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`the host's page answered ${response.status}`)
    graphs = text.split('<figure').length - 1
  })
  await web.stop()
  deleteFolder(folder)
  if (graphs !== 12) throw new Error(`the host's page has ${graphs} graphs; it is to have 12`)
  return [{ name: `page of a host over 30 days, ${graphs} graphs`, unit: 'ms', ours, ...goal(20) }]
}

/** The page of a host of containers, disks, checks and services, with a day of samples. */
export async function measureLargeHost(): Promise<Figure[]> {
  const folder = makeFolder()
  const now = Math.floor(Date.now() / 60_000) * 60
  const store = await openBenchStore(folder)
  await fillLargeHost(store, { host: 'large', now, minutes: 1440 })
  // As the event engine leaves them: frames of the last two hours are not compacted.
  while ((await store.maintenance.compact(now - 2 * 3600, 64)) === 64);
  await store.close()
  const web = await startOurs(WEB_ALONE, folder)
  const cookie = await signIn(web, folder)
  const figures: Figure[] = []
  for (const range of ['1h', '24h']) {
    const path = `/hosts/large?range=${range}`
    const ours = await measureRequests(web, 40, async () => void (await get(web, cookie, path)))
    const bytes = Buffer.byteLength(await get(web, cookie, path))
    const name = `page of a host of ${LARGE_METRICS.length} metrics over ${range}`
    figures.push(promised(name, 'ms', ours, 10), promised(name, 'KB', bytes / 1000, 150))
  }
  await web.stop()
  deleteFolder(folder)
  return figures
}

const promised = (name: string, unit: string, ours: number, peer: number): Figure => ({
  name,
  unit,
  ours,
  peer,
  peerName: 'promise',
  bound: 1,
})

async function measureManyHosts(): Promise<Figure[]> {
  const few = await measurePages(100)
  const many = await measurePages(10_000)
  return [
    ...(['home', 'host'] as const).flatMap((page): Figure[] => [
      {
        name: `${page} page with 10,000 hosts`,
        unit: 'ms',
        ours: many[page],
        peer: few[page],
        peerName: 'with 100',
        bound: 1.5,
      },
      promised(`${page} page with 10,000 hosts`, 'ms', many[page], 4),
    ]),
    promised('jump box with 10,000 hosts', 'ms', many.jump, 10),
    promised(
      'home with 10,000 hosts, everything that a first visit fetches',
      'KB',
      many.coldBytes / 1000,
      90,
    ),
  ]
}

async function measurePages(hosts: number) {
  const folder = makeFolder()
  const now = Math.floor(Date.now() / 60_000) * 60
  const store = await openBenchStore(folder)
  await fillStore(store, { hosts, start: now - 60 * 60, minutes: 60, seen: now })
  await store.close()
  const web = await startOurs(WEB_ALONE, folder)
  const cookie = await signIn(web, folder)
  const measure = (path: (i: number) => string) =>
    measureRequests(web, 200, async (i) => void (await get(web, cookie, path(i))))
  const home = await measure(() => '/')
  const host = await measure((i) => `/hosts/${hostName(i % hosts)}`)
  const jump = await measure((i) => `/jump?q=${hostName(i % hosts).slice(0, -1)}`)
  const coldBytes = await weighCold(web, cookie)
  await web.stop()
  deleteFolder(folder)
  return { home, host, jump, coldBytes }
}

async function get(web: Ours, cookie: string, path: string): Promise<string> {
  const url = `http://127.0.0.1:${web.web}${path}`
  const response = await fetch(url, { headers: { cookie }, redirect: 'manual' })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${path} answered ${response.status} ${text.slice(0, 200)}`)
  return text
}

/** Compressed bytes of home with its style sheets, scripts and the packed hosts of its map. */
async function weighCold(web: Ours, cookie: string): Promise<number> {
  const markup = await get(web, cookie, '/')
  const paths = [...markup.matchAll(/ (?:href|src|data-fleet)="(\/(?:assets|fleet)[^"]*)"/g)].map(
    ([, path]) => (path ?? '').replaceAll('&amp;', '&'),
  )
  let bytes = 0
  for (const path of new Set(['/', ...paths])) {
    const response = await fetch(`http://127.0.0.1:${web.web}${path}`, {
      headers: { cookie, 'accept-encoding': 'gzip' },
      decompress: false,
    })
    bytes += (await response.arrayBuffer()).byteLength
  }
  return bytes
}

const CHANGED = { metrics: 500, events: 60, hours: 8 } as const

/** The page of an event on a host of 500 metrics; each event is asked for once, since the answer is kept. */
async function measureWhatChanged(): Promise<Figure[]> {
  const folder = makeFolder()
  const now = Math.floor(Date.now() / 60_000) * 60
  const names = Array.from({ length: CHANGED.metrics }, (_, i) => `perf.text.value_${i}`)
  const next = random(0xc4a6)
  const store = await openBenchStore(folder)
  const facts = {
    ip: '',
    platform: 'Linux',
    build: '',
    architecture: '',
    domain: '',
    processors: 1,
    memoryMb: 1,
  }
  const frames = Array.from({ length: CHANGED.hours * 60 }, (_, minute) => ({
    time: now - (CHANGED.hours * 60 - minute) * 60,
    metrics: names,
    values: names.map((_name, i) => Math.round(next() * 100) + (minute > 400 && i % 10 === 0 ? 300 : 0)),
  }))
  const report = { host: 'bench', facts, seen: now, clockSkew: 0, events: [] }
  await store.ingest.write([{ ...report, frames }])
  await store.events.report(
    'bench',
    names.slice(0, CHANGED.events).map((metric, i) => ({
      uid: `event-${i}`,
      change: 1,
      time: now - 3600,
      metric,
      severity: 2 as const,
      status: 'open' as const,
      message: 'Above its threshold',
    })),
  )
  const { events } = await store.events.list({ host: 'bench', limit: CHANGED.events })
  await store.close()
  const web = await startOurs(WEB_ALONE, folder)
  const cookie = await signIn(web, folder)
  let asked = 0
  const ours = await measureRequests(web, CHANGED.events / 6, async () => {
    const page = await get(web, cookie, `/events/${events[asked++]?.id}`)
    if (!page.includes('the strongest 12 of')) throw new Error('the page does not say what changed')
  })
  await web.stop()
  deleteFolder(folder)
  return [
    {
      name: 'event on a host of 500 metrics, with what else changed',
      unit: 'ms',
      ours,
      peer: 100,
      peerName: 'promise',
      bound: 1,
    },
  ]
}
