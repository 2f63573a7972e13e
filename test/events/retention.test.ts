import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { EventEngine } from '../../src/events/cycle.ts'
import { compactFrames } from '../../src/events/tasks/compact-samples.ts'
import { dropEvents } from '../../src/events/tasks/drop-events.ts'
import { dropHosts } from '../../src/events/tasks/drop-hosts.ts'
import { dropSamples } from '../../src/events/tasks/drop-samples.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { aReport } from '../storage/reports.ts'
import { type FakeClock, fakeClock } from '../support/clock.ts'
import { makeTempDir } from '../support/spawn.ts'
import { ENGINE_OPTIONS } from './engine-options.ts'

const DAY = 86_400
const HOUR_MS = 3_600_000
/** The real time; the clock of the server may say another. */
const TODAY = Date.UTC(2026, 5, 1) / 1000

let dataDir = ''
let clock: FakeClock
let store: Store
let engine: EventEngine | null = null
let lines: string[] = []
const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line) })

beforeEach(async () => {
  dataDir = makeTempDir()
  lines = []
  clock = fakeClock(TODAY * 1000)
  store = await openStore('sqlite:monitor.db', { dataDir, clock, log })
})

afterEach(async () => {
  const stopping = engine?.stop()
  await clock.advance(5000)
  await stopping
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

async function startEngine() {
  engine = new EventEngine({
    ...ENGINE_OPTIONS,
    store,
    interval: 60,
    retention: { samples: 365 * DAY, events: 365 * DAY, hosts: 30 * DAY },
    clock,
    log,
    tasks: [dropEvents, dropHosts, dropSamples, compactFrames],
  })
  await clock.advance(0)
}

/** A sample of the host at that time, received when the server's clock says what it says. */
const write = (host: string, time: number) =>
  store.ingest.write([
    aReport(host, { seen: clock.now(), frames: [{ time, metrics: ['perf.a'], values: [time] }] }),
  ])

const times = async (host: string) => [
  ...(await store.samples.range(host, 'perf.a', 0, TODAY + 1000 * DAY)).times,
]

async function pass(hours: number, each: () => Promise<unknown> = async () => {}) {
  for (let hour = 0; hour < hours; hour++) {
    await each()
    for (let part = 0; part < 60; part++) {
      await clock.advance(HOUR_MS / 60)
      await Bun.sleep(0)
    }
  }
}

test('a server that starts with a clock two years ahead drops nothing, and makes nothing late', async () => {
  const kept = [TODAY - 300 * DAY, TODAY - 200 * DAY, TODAY - DAY, TODAY - 3600]
  for (const time of kept) await write('web01', time)
  await store.events.report('web01', [
    {
      uid: 'e',
      change: 1,
      time: TODAY - 2 * DAY,
      metric: 'perf.a',
      severity: 1,
      status: 'open',
      message: '',
    },
    { uid: 'e', change: 2, time: TODAY - DAY, metric: 'perf.a', severity: 1, status: 'closed', message: '' },
  ])
  await store.audit.add({
    time: TODAY - DAY,
    actor: 'anna',
    way: 'website',
    address: '::1',
    action: 'signed in',
    detail: '',
  })
  clock.jump((TODAY + 730 * DAY) * 1000)
  await startEngine()
  // The agents' clocks are right, and so are the times of what they send.
  await pass(4, async () => {
    const time = TODAY + Math.round(clock.monotonicMs() / 1000)
    kept.push(time)
    await write('web01', time)
  })
  expect(await times('web01')).toEqual(kept)
  expect((await store.events.list({ status: 'closed' })).events).toHaveLength(1)
  expect((await store.audit.list({})).entries).toHaveLength(1)
  expect(lines.filter((line) => line.includes('dropped') || line.includes('removed'))).toEqual([])
  expect(await store.maintenance.check()).toEqual([])
}, 30_000)

test('one host whose clock is wrong as well does not decide what is old', async () => {
  await write('web01', TODAY - 300 * DAY)
  clock.jump((TODAY + 730 * DAY) * 1000)
  await write('web01', TODAY)
  await write('own', TODAY + 730 * DAY)
  await startEngine()
  await pass(3)
  expect(await times('web01')).toEqual([TODAY - 300 * DAY, TODAY])
}, 30_000)

test('what is too old goes by one day a run after an hour, and each run says how much went', async () => {
  const old = [0, 1, 2, 3].map((day) => TODAY - (400 - day) * DAY)
  for (const time of [...old, TODAY]) await write('web01', time)
  await startEngine()
  for (let minute = 0; minute < 55; minute++) await clock.advance(60_000)
  expect((await times('web01')).length).toBe(5)
  for (let minute = 0; minute < 10; minute++) await clock.advance(60_000)
  expect((await times('web01')).length).toBe(4)
  await pass(1)
  expect(await times('web01')).toEqual([TODAY])
  const dropped = lines.filter((line) => line.includes('dropped old samples'))
  expect(dropped).toHaveLength(4)
  expect(dropped[0]).toContain('host_days=1')
}, 30_000)
