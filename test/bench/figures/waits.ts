import { Database } from 'bun:sqlite'
import { cpSync } from 'node:fs'
import { AVAILABILITY } from '../../../src/domain/metrics/declared/server-events.ts'
import { syncPath } from '../../../src/storage/database/sqlite/sqlite.ts'
import { startSmtpServer } from '../../support/smtp-server.ts'
import { startClocked } from '../clocked/start-clocked.ts'
import { HOSTS, hostName } from '../data.ts'
import type { Benchmark, BenchmarkOptions, Figure, Peers } from '../figure.ts'
import { openBenchStore } from '../fill.ts'
import { FLEET, fillFleet } from '../fleet.ts'
import { loadParts, sendLoad } from '../load.ts'
import { deleteFolder, makeFolder, type Ours, PASSPHRASE, startOurs } from '../ours.ts'
import { waitFor } from '../process.ts'
import { signIn } from '../requests.ts'
import { AcknowledgementProbe, type Waits } from '../waits/probe.ts'
import { PAGES, REPORTS } from './fleet.ts'

const DAY = 86_400
const PROMISE_MS = 100
/** Each page so often: the first read of a page finds nothing in memory. */
const TIMES = 3
/** Seconds in one on the clock by which events become too old: every ten minutes some go. */
const SPEED = 600
/** Of half a million that are too old: all of them take five times as long, and are dropped in the same pieces. */
const DROPPED = 100_000
const SILENCE_SECONDS = 10
/** Clients that hang up, how long each waits for a page, and for how long they go on. */
const CLIENTS = 50
const PATIENCE_MS = 20
const HANG_UPS_MS = 10_000

/** What else takes long, and is read on the same server. */
const FURTHER = [
  { name: 'page of the storage', path: '/settings/storage' },
  { name: 'search in the audit log', path: '/settings/audit?search=zzzzz' },
] as const

/** How long a sample waits for its acknowledgement while one server does what takes long. */
export const waits: Benchmark = {
  name: 'waits',
  async run(_: Peers, { isShort }: BenchmarkOptions): Promise<Figure[]> {
    const folder = makeFolder()
    const now = Math.floor(Date.now() / 60_000) * 60
    await fillFleet(folder, now)
    const figures = [
      ...(await measurePages(folder)),
      await measureSilence(),
      await measureRetention(folder, isShort ? 20_000 : DROPPED),
    ]
    deleteFolder(folder)
    return figures
  },
}

const toFigure = (name: string, { longest, median }: Waits, more?: string): Figure => ({
  name: `longest wait of an acknowledgement: ${name}`,
  unit: 'ms',
  ours: longest,
  peer: PROMISE_MS,
  peerName: 'promise',
  bound: 1,
  note: [`median ${median.toFixed(1)} ms`, more].filter(Boolean).join(', '),
})

async function measurePages(folder: string): Promise<Figure[]> {
  const server = await startOurs(['server'], folder, ['events.availability_check=6h'])
  const cookie = await signIn(server, folder)
  const probe = new AcknowledgementProbe()
  await probe.start(server.collect, PASSPHRASE)
  const read = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.web}${path}`, { headers: { cookie } })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 200)}`)
  }
  const measure = (path: string) =>
    probe.during(async () => {
      for (let i = 0; i < TIMES; i++) await read(path)
    })
  const figures: Figure[] = [toFigure('nothing else to do', await probe.during(() => Bun.sleep(3000)))]
  let worst: { readonly name: string; readonly waits: Waits } | null = null
  for (const { name, path } of PAGES) {
    const waits = await measure(path)
    if (worst === null || waits.longest > worst.waits.longest) worst = { name, waits }
  }
  if (worst !== null)
    figures.push(toFigure(`the worst of ${PAGES.length} pages (${worst.name})`, worst.waits))
  for (const { name, path } of [...REPORTS, ...FURTHER]) figures.push(toFigure(name, await measure(path)))
  const { asked, waits } = await measureLeaving(server, cookie, probe)
  figures.push(
    toFigure(`${CLIENTS} clients that ask for pages and hang up at once`, waits, `${asked} requests`),
  )
  probe.stop()
  await server.stop()
  return figures
}

/** Clients that go from page to page and wait for none of them. */
async function measureLeaving({ web }: Ours, cookie: string, probe: AcknowledgementProbe) {
  const paths = [...PAGES, ...REPORTS, ...FURTHER].map(({ path }) => path)
  let asked = 0
  const waits = await probe.during(async () => {
    const end = performance.now() + HANG_UPS_MS
    const askAndLeave = async (_: unknown, client: number) => {
      for (let i = client; performance.now() < end; i++) {
        asked++
        const signal = AbortSignal.timeout(PATIENCE_MS)
        await fetch(`http://127.0.0.1:${web}${paths[i % paths.length]}`, {
          headers: { cookie },
          signal,
        }).catch(() => null)
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, askAndLeave))
  })
  return { asked, waits }
}

/** 1000 hosts fall silent at once, each with an event of its own, which 200 rules are asked about. */
async function measureSilence(): Promise<Figure> {
  const folder = makeFolder()
  const mail = await startSmtpServer()
  await addRules(folder)
  const server = await startOurs(['server'], folder, [
    'collect.max_new_hosts=100000',
    'mail.server=127.0.0.1',
    `mail.port=${mail.port}`,
    'mail.tls=off',
    `events.availability_check=${SILENCE_SECONDS}s`,
    'events.silence_group=false',
  ])
  const probe = new AcknowledgementProbe()
  await probe.start(server.collect, PASSPHRASE)
  await sendLoad(server.collect, loadParts(Math.floor(Date.now() / 1000), PASSPHRASE, 8, 1))
  const database = new Database(`${folder}/monitor.db`, { readonly: true })
  const isOver = async () => {
    const [row] = database
      .query<{ open: number; waiting: number }, [string]>(
        `SELECT (SELECT COUNT(*) FROM event WHERE is_open = 1 AND metric = ?) AS open,
          (SELECT COUNT(*) FROM event_todo) AS waiting`,
      )
      .all(AVAILABILITY.name)
    return (row?.open ?? 0) >= HOSTS && row?.waiting === 0
  }
  const waits = await probe.during(() => waitFor('1000 events of silence', isOver, 120))
  database.close()
  probe.stop()
  await server.stop()
  await mail.stop()
  deleteFolder(folder)
  return toFigure(`${HOSTS} hosts silent at once, ${FLEET.rules} rules`, waits)
}

async function addRules(folder: string) {
  const store = await openBenchStore(folder)
  await store.targets.add({ name: 'bench', channel: 'mail', address: 'bench@example.org' })
  for (let i = 0; i < FLEET.rules; i++)
    await store.rules.add({
      name: `rule ${i}`,
      enabled: true,
      host: i === 0 ? '%' : `${hostName(i)}%`,
      metric: '%',
      severities: [1, 2, 3, 4],
      onOpening: true,
      onClosing: true,
      onSeverityChange: false,
      channel: 'mail',
      target: 'bench',
      delay: 0,
      repeat: null,
    })
  await store.close()
}

/** Half of a year's events become too old; on a clock that runs faster, since ten thousand go every ten minutes. */
async function measureRetention(filled: string, most: number): Promise<Figure> {
  const folder = makeFolder()
  const file = `${folder}/monitor.db`
  cpSync(`${filled}/monitor.db`, file)
  // What the system has yet to write of the copy would be flushed with what retention writes.
  syncPath(file)
  const database = new Database(file, { readonly: true })
  /** When the event ended that ended first but so many. */
  const endOf = (place: number) =>
    database
      .query<{ closed: number }, [number]>(
        'SELECT closed FROM event WHERE is_open = 0 ORDER BY closed LIMIT 1 OFFSET ?',
      )
      .get(place)?.closed ?? Number.POSITIVE_INFINITY
  const until = endOf(most)
  const server = await startClocked({
    folder,
    passphrase: PASSPHRASE,
    start: Math.floor(Date.now() / 1000),
    speed: SPEED,
    interval: 600,
    retention: { samples: 365 * DAY, events: (365 / 2) * DAY, hosts: 365 * DAY },
    check: 365 * DAY,
  })
  const probe = new AcknowledgementProbe()
  await probe.start(server.port, PASSPHRASE)
  const begun = performance.now()
  const waits = await probe.during(() => waitFor('retention of events', async () => endOf(0) >= until, 400))
  const seconds = (performance.now() - begun) / 1000
  database.close()
  probe.stop()
  await server.stop()
  deleteFolder(folder)
  return toFigure(
    `retention of ${most.toLocaleString('en')} of 500,000 events`,
    waits,
    `in ${seconds.toFixed(0)} s`,
  )
}
