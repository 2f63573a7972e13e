import { hostName } from '../data.ts'
import type { Benchmark, Figure } from '../figure.ts'
import { fillFleet } from '../fleet.ts'
import { deleteFolder, makeFolder, type Ours, runOurs, startOurs } from '../ours.ts'
import { measureRequests, signIn } from '../requests.ts'

/** Reads of each page before it is measured. */
const READS_BEFORE = 30

/** The host with 30,000 events. */
const BUSY_PATH = `/hosts/${hostName(0)}`

type Page = {
  readonly name: string
  readonly path: string
  readonly peer: number
  readonly bound: number
  readonly times?: number
}

/** `peer` is what commit 473b423 took, `bound` what is promised, both in milliseconds of processor time. */
export const REPORTS: readonly Page[] = [
  {
    name: 'availability report of 30 days',
    path: '/reports/availability?period=30d',
    peer: 13990,
    bound: 150,
    times: 2,
  },
  {
    name: 'availability report of 30 days as CSV',
    path: '/reports/availability?period=30d&format=csv',
    peer: 12786,
    bound: 150,
    times: 2,
  },
  { name: 'report of hosts', path: '/reports/hosts', peer: 451, bound: 450, times: 2 },
  { name: 'report of open events', path: '/reports/events', peer: 108, bound: 110, times: 2 },
  { name: 'report of capacity', path: '/reports/capacity', peer: 367, bound: 370, times: 2 },
  { name: 'report of hosts as JSON', path: '/api/v1/reports/hosts', peer: 329, bound: 330, times: 2 },
]

/** Bytes of a page of a report. */
const REPORT_PAGE_KB = 300

/** Seconds since 1970. The events of the fleet lie in the year before now. */
function timeOf(daysAgo: number): number {
  return Math.floor(Date.now() / 1000) - daysAgo * 86_400
}

export const PAGES: readonly Page[] = [
  { name: 'home', path: '/', peer: 2.5, bound: 4 },
  { name: 'open events', path: '/events', peer: 4, bound: 4 },
  { name: 'closed events, first page', path: '/events?status=closed', peer: 77, bound: 15 },
  {
    name: 'closed events of a host',
    path: `/events?status=closed&host=${hostName(77)}`,
    peer: 982,
    bound: 15,
  },
  {
    name: 'closed events of a metric',
    path: '/events?status=closed&metric=perf.memory.percent.used',
    peer: 711,
    bound: 15,
  },
  { name: 'closed events of a group', path: '/events?status=closed&group=group10', peer: 786, bound: 15 },
  {
    name: 'closed events with a word that is nowhere',
    path: '/events?status=closed&q=zzzzz',
    peer: 1289,
    bound: 15,
  },
  { name: 'hosts by processor, page 50', path: '/hosts?sort=processor&offset=4900', peer: 60, bound: 15 },
  { name: 'hosts by memory, page 50', path: '/hosts?sort=memory&offset=4900', peer: 60, bound: 15 },
  { name: 'hosts with a rare word', path: '/hosts?q=bench-7777', peer: 142, bound: 20 },
  { name: 'hosts of a group with a word', path: '/hosts?q=bench-&group=group10', peer: 411, bound: 20 },
  { name: 'a host with 30,000 events', path: BUSY_PATH, peer: 69, bound: 10 },
  {
    name: 'its graph of 30 days',
    path: `${BUSY_PATH}/metrics/perf.memory.percent.used?range=30d`,
    peer: 54,
    bound: 10,
  },
  {
    name: 'API, events behind the 500,000th',
    path: `/api/v1/events?status=closed&cursor=${timeOf(182)}-1`,
    peer: 373,
    bound: 15,
  },
  {
    name: 'API, the oldest events',
    path: `/api/v1/events?status=closed&cursor=${timeOf(364)}-1`,
    peer: 715,
    bound: 15,
  },
  { name: 'API of 1000 hosts', path: '/api/v1/hosts?limit=1000', peer: 91, bound: 40 },
  {
    name: 'API of 1000 hosts, three fields',
    path: '/api/v1/hosts?limit=1000&fields=name,status,last_seen',
    peer: 91,
    bound: 40,
  },
]

/** Pages of an old and big installation, and how long an acknowledgement waits while its reports are read. */
export const fleet: Benchmark = {
  name: 'fleet',
  async run(): Promise<Figure[]> {
    const folder = makeFolder()
    await fillFleet(folder, Math.floor(Date.now() / 60_000) * 60)
    const figures = await measureFleet(folder)
    deleteFolder(folder)
    return figures
  },
}

/** The folder holds what `fillFleet` made. */
export async function measureFleet(folder: string): Promise<Figure[]> {
  const web = await startOurs(['server', '--no-collect', '--no-events'], folder)
  const cookie = await signIn(web, folder)
  const token = (
    await runOurs(['token', 'create', '--user', 'admin', '--name', 'bench', '--access', 'admin'], folder)
  ).trim()
  const figures: Figure[] = []
  // A server just started compiles its code meanwhile, which is not what these pages are about.
  for (let i = 0; i < READS_BEFORE; i++) for (const { path } of PAGES) await get(web, cookie, path)
  for (const { name, path, peer, bound, times = 30 } of [...PAGES, ...REPORTS]) {
    let bytes = 0
    const ours = await measureRequests(web, times, async () => {
      bytes = (await get(web, cookie, path)).length
    })
    figures.push({
      name,
      unit: 'ms',
      ours,
      peer,
      peerName: 'before',
      bound: bound / peer,
      note: `${bytes} bytes`,
    })
  }
  figures.push(await weighReports(web, cookie))
  const reports = REPORTS.map(({ path }) => path)
  figures.push({
    name: 'longest wait of an acknowledgement while reports are read',
    unit: 'ms',
    ours: await measureAcknowledgements(web, cookie, token, reports),
    peer: 100,
    peerName: 'promise',
    bound: 1,
  })
  await web.stop()
  return figures
}

/** The report with the longest page. */
async function weighReports(web: Ours, cookie: string): Promise<Figure> {
  let longest = { name: '', kilobytes: 0 }
  for (const { name, path } of REPORTS) {
    if (path.startsWith('/api/') || path.includes('format=csv')) continue
    const kilobytes = Buffer.byteLength(await get(web, cookie, path)) / 1000
    if (kilobytes > longest.kilobytes) longest = { name, kilobytes }
  }
  return {
    name: `the longest page of a report (${longest.name})`,
    unit: 'KB',
    ours: longest.kilobytes,
    peer: REPORT_PAGE_KB,
    peerName: 'goal',
    bound: 1,
  }
}

/** Acknowledges one event after the other while each of the pages is asked for; the longest wait, in ms. */
async function measureAcknowledgements(
  web: Ours,
  cookie: string,
  token: string,
  paths: readonly string[],
): Promise<number> {
  let isReading = true
  const reading = (async () => {
    for (const path of paths) await get(web, cookie, path)
    isReading = false
  })()
  const list = await fetch(`http://127.0.0.1:${web.web}/api/v1/events?status=open&limit=1000`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { events } = (await list.json()) as { events: { id: number }[] }
  let longest = 0
  for (const { id } of events) {
    if (!isReading) break
    const before = performance.now()
    const response = await fetch(`http://127.0.0.1:${web.web}/api/v1/events/${id}/acknowledge`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    })
    if (response.status >= 300) throw new Error(`acknowledging was answered with ${response.status}`)
    longest = Math.max(longest, performance.now() - before)
  }
  await reading
  return longest
}

async function get(web: Ours, cookie: string, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${web.web}${path}`, {
    headers: { cookie },
    redirect: 'manual',
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 200)}`)
  return text
}
