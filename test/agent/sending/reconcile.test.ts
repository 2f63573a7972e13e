import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Agent } from '../../../src/agent/agent.ts'
import { type CollectEngine, startCollectEngine } from '../../../src/collect/engine.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { type Bench, openBench } from '../support/bench.ts'
import { setValues } from '../support/event-story.ts'

// A real agent, collect engine and database. The database is lost, put back or changed behind the agent's
// back.

const METRIC = 'perf.memory.percent.used'
const values = new Map([[METRIC, 20]])
const log = createLog({ level: 'error', format: 'text', write: () => {} })

let bench: Bench
let dataDir = ''
let store: Store
let engine: CollectEngine
let agent: Agent
let port = 0

beforeEach(async () => {
  bench = openBench()
  values.set(METRIC, 20)
  setValues(bench, values)
  dataDir = makeTempDir()
  port = 0
  await startServer()
  agent = await bench.start({
    ports: [port],
    thresholds: [
      {
        metric: METRIC,
        compare: '>',
        clearAfter: 60,
        clearValue: null,
        severity: 1,
        value: 85,
        duration: 60,
      },
    ],
  })
  // On its first start an agent does not report open events; from the second start on it does.
  await pass(3)
  await restartAgent()
  await pass(2)
})

afterEach(async () => {
  await stopAgent()
  await stopServer()
  rmSync(dataDir, { recursive: true, force: true })
  bench.close()
})

async function startServer(database = 'monitor.db') {
  const clock = { ...systemClock, now: bench.clock.now }
  store = await openStore(`sqlite:${database}`, { dataDir, clock, log })
  engine = await startCollectEngine({
    address: '127.0.0.1',
    port,
    passphrases: ['open sesame'],
    store: store.ingest,
    clock,
    log,
  })
  port = engine.port ?? 0
}

async function stopServer() {
  await engine.stop()
  await store.close()
}

async function stopAgent() {
  await bench.stop(agent)
}

async function restartAgent() {
  await stopAgent()
  await startAgent()
}

async function startAgent() {
  agent = await bench.start({
    ports: [port],
    thresholds: [
      {
        metric: METRIC,
        compare: '>',
        clearAfter: 60,
        clearValue: null,
        severity: 1,
        value: 85,
        duration: 60,
      },
    ],
  })
}

async function pass(minutes: number) {
  for (let step = 0; step < minutes * 12; step++) {
    await bench.pass(5000)
  }
}

const listEvents = async (status: 'open' | 'closed') =>
  (await store.events.list({ status })).events.map(({ metric, opened }) => ({ metric, opened }))

test('a problem that a backup does not know is open again, with the time of its opening', async () => {
  await store.maintenance.backup(join(dataDir, 'backup.db'))
  values.set(METRIC, 99)
  await pass(4)
  const open = await listEvents('open')
  expect(open).toMatchObject([{ metric: METRIC }])
  await stopServer()
  await startServer('backup.db')
  expect(await listEvents('open')).toEqual([])
  await pass(3)
  expect(await listEvents('open')).toEqual(open)
  values.set(METRIC, 20)
  await pass(5)
  expect(await listEvents('open')).toEqual([])
  expect(await listEvents('closed')).toEqual(open)
}, 30_000)

test('a problem that ended after the backup was made is over after that is put back', async () => {
  values.set(METRIC, 99)
  await pass(4)
  const open = await listEvents('open')
  await store.maintenance.backup(join(dataDir, 'backup.db'))
  values.set(METRIC, 20)
  await pass(5)
  expect(await listEvents('open')).toEqual([])
  await stopServer()
  await startServer('backup.db')
  expect(await listEvents('open')).toEqual(open)
  await pass(3)
  expect(await listEvents('open')).toEqual([])
  expect(await listEvents('closed')).toEqual(open)
}, 30_000)

test('a host that was deleted during an open problem has it again; one that a person closed stays closed', async () => {
  values.set(METRIC, 99)
  await pass(4)
  const open = await listEvents('open')
  await store.hosts.delete('web01')
  expect(await listEvents('open')).toEqual([])
  await engine.stop()
  await store.close()
  await startServer()
  await pass(3)
  expect(await listEvents('open')).toEqual(open)
  const [event] = (await store.events.list({ status: 'open' })).events
  await store.events.close(event?.id ?? 0, 'anna', bench.clock.now(), '')
  await restartAgent()
  await pass(3)
  expect(await listEvents('open')).toEqual([])
}, 30_000)

test('an agent that was never here before names its events on the same connection, once it knows them', async () => {
  await stopAgent()
  for (const suffix of ['', '-wal', '-shm', '.note']) rmSync(`${bench.queueFile}${suffix}`, { force: true })
  values.set(METRIC, 99)
  await startAgent()
  await pass(4)
  const open = await listEvents('open')
  expect(open).toMatchObject([{ metric: METRIC }])
  await store.hosts.delete('web01')
  await stopServer()
  await startServer()
  await pass(3)
  expect(await listEvents('open')).toEqual([])
  await pass(8)
  expect(await listEvents('open')).toEqual(open)
}, 30_000)

test("the server's own events of a host are left alone", async () => {
  const report = {
    metric: 'perf.system.clock.seconds',
    severity: 3,
    time: bench.clock.now(),
    message: 'wrong',
  } as const
  await store.watch.report(
    [{ host: 'web01', report: { ...report, uid: 'clock:1', change: 1, status: 'open' } }],
    bench.clock.now(),
  )
  await restartAgent()
  await pass(2)
  expect(await listEvents('open')).toMatchObject([{ metric: 'perf.system.clock.seconds' }])
}, 30_000)

test('a greeting alone is no sign of life', async () => {
  await stopAgent()
  const lastSeen = async () =>
    (await store.watch.listLastSeen(Number.MAX_SAFE_INTEGER)).find(({ name }) => name === 'web01')?.lastSeen
  const before = await lastSeen()
  await bench.clock.advance(600_000)
  const say = async (...lines: object[]) => {
    let answers = ''
    const { promise, resolve } = Promise.withResolvers<void>()
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        data(_, data) {
          answers += data
          if (answers.split('\n').length > lines.length) resolve()
        },
      },
    })
    socket.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    await promise
    socket.end()
  }
  const greeting = { v: 1, id: 1, host: 'web01', passphrase: 'open sesame', key: 'the key of this agent' }
  await say(greeting)
  expect(await lastSeen()).toBe(before)
  await say(greeting, { v: 1, id: 2, host: 'web01' })
  expect(await lastSeen()).toBe(bench.clock.now())
}, 30_000)
