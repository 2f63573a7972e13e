import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Agent } from '../../src/agent/agent.ts'
import { type CollectEngine, startCollectEngine } from '../../src/collect/engine.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { type Bench, openBench } from './support/bench.ts'
import { setValues } from './support/event-story.ts'

// A real agent, collect engine and database, whose wall clocks are set by hand.

let bench: Bench
let dataDir = ''
let store: Store
let engine: CollectEngine
let agent: Agent | null = null
/** The server's clock minus the real time, in seconds; the agent's clock is set by `bench.clock.jump`. */
let serverError = 0
let trueNow = () => 0

beforeEach(async () => {
  bench = openBench()
  serverError = 0
  const wallStart = bench.clock.now()
  trueNow = () => wallStart + Math.floor(bench.clock.monotonicMs() / 1000)
  dataDir = mkdtempSync(join(tmpdir(), 'monitor-clocks-'))
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const serverClock = { ...systemClock, now: () => trueNow() + serverError }
  store = await openStore('sqlite:monitor.db', { dataDir, clock: serverClock, log })
  const passphrases = ['open sesame']
  engine = await startCollectEngine({
    address: '127.0.0.1',
    port: 0,
    passphrases,
    store: bench.watch(store.ingest),
    clock: serverClock,
    log,
  })
})

afterEach(async () => {
  if (agent !== null) await stopAgent(agent)
  agent = null
  await engine.stop()
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
  bench.close()
})

async function stopAgent(stopped: Agent) {
  const stopping = stopped.stop()
  for (let second = 0; second < 5; second++) await bench.clock.advance(1000)
  await stopping
}

/** The times of all samples of the test's metric that are in the database. */
async function storedTimes(): Promise<number[]> {
  const from = bench.clock.now() - 30 * 86_400
  const to = bench.clock.now() + 30 * 86_400
  return [...(await store.samples.range('web01', 'perf.test.count', from, to)).times]
}

async function advanceUntilStored(count: number) {
  let times: number[] = []
  for (let step = 0; step < 400; step++) {
    times = await storedTimes()
    if (times.length >= count) return
    await bench.pass(5000)
  }
  throw new Error(`only ${times.length} of ${count} samples came\n${bench.logLines.join('\n')}`)
}

test.each([20 * 60, 3600, 2 * 86_400])(
  'a server whose clock is %d s behind stores nothing of its future, and gets all of it after its clock was set',
  async (seconds) => {
    agent = await bench.start({ ports: [engine.port ?? 0] })
    await advanceUntilStored(2)
    serverError = -seconds
    const isLogged = () =>
      bench.logLines.join('\n').includes('samples are in the future by the clock of the server')
    await bench.advanceUntil(() => bench.cycles.length >= 8 && isLogged(), 5)
    expect((await storedTimes()).length).toBeLessThan(4)
    expect(engine.counters().refused.future).toBeGreaterThan(0)
    serverError = 0
    await advanceUntilStored(bench.cycles.length)
    expect(new Set(await storedTimes())).toEqual(new Set(bench.cycles))
  },
  30_000,
)

test('samples of an agent whose clock was an hour ahead wait, and arrive when their time has come', async () => {
  agent = await bench.start({ ports: [engine.port ?? 0] })
  await advanceUntilStored(2)
  bench.clock.jump(bench.clock.nowMs() + 3_600_000)
  // Its own log says why nothing arrives, though the server was not even sent these.
  const lines = () => bench.logLines.filter((line) => line.includes('samples are in the future by the clock'))
  await bench.advanceUntil(() => bench.cycles.length >= 5 && lines().length > 0, 5)
  const wrong = bench.cycles.slice(2)
  expect(lines()).toHaveLength(1)
  expect(lines()[0]).toMatch(/seconds=3[56]\d\d /)
  bench.clock.jump(trueNow() * 1000)
  await bench.advanceUntil(() => bench.cycles.length >= 10, 5)
  expect((await storedTimes()).filter((time) => wrong.includes(time))).toEqual([])
  const end = bench.clock.now() + 3600
  await bench.advanceUntil(() => bench.clock.now() >= end, 5)
  expect((await storedTimes()).filter((time) => wrong.includes(time))).toEqual(wrong)
}, 30_000)

test('an event from the future is taken at once, with the time of its receipt beside its own', async () => {
  const values = new Map([['perf.memory.percent.used', 99]])
  setValues(bench, values)
  serverError = -2 * 86_400
  const threshold = {
    metric: 'perf.memory.percent.used',
    compare: '>',
    clearAfter: 60,
    clearValue: null,
  } as const
  agent = await bench.start({
    ports: [engine.port ?? 0],
    thresholds: [{ ...threshold, severity: 1, value: 85, duration: 60 }],
  })
  const list = () => store.events.list({ status: 'open', limit: 10, offset: 0 })
  let open = (await list()).events
  for (let step = 0; step < 100 && open.length === 0; step++) {
    await bench.pass(5000)
    open = (await list()).events
  }
  expect(open).toMatchObject([{ host: 'web01', severity: 1 }])
  const [event] = open
  const history = await store.events.history(event?.id ?? 0)
  expect(history).toMatchObject([{ action: 'opened', time: event?.opened }])
  expect(Math.abs((history[0]?.noted ?? 0) - (trueNow() + serverError))).toBeLessThan(120)
}, 30_000)

test('a backlog is not dropped for its age by an agent that starts with a clock 8 days ahead', async () => {
  agent = await bench.start({ ports: [1] })
  await bench.advanceUntil(() => bench.cycles.length >= 5, 5)
  await stopAgent(agent)
  const backlog = [...bench.cycles]
  bench.clock.jump(bench.clock.nowMs() + 8 * 86_400_000)
  agent = await bench.start({ ports: [1] })
  // Longer than the time for which a clock is doubted after a jump.
  for (let step = 0; step < 30; step++) await bench.clock.advance(60_000)
  await stopAgent(agent)
  bench.clock.jump(trueNow() * 1000)
  agent = await bench.start({ ports: [engine.port ?? 0] })
  await advanceUntilStored(backlog.length)
  const times = await storedTimes()
  expect(backlog.filter((time) => !times.includes(time))).toEqual([])
}, 30_000)

test('a clock that is set back delays no event; samples whose time is taken are counted and reported', async () => {
  const values = new Map([['perf.memory.percent.used', 99]])
  setValues(bench, values)
  agent = await bench.start({
    ports: [engine.port ?? 0],
    thresholds: [
      {
        metric: 'perf.memory.percent.used',
        severity: 1,
        compare: '>',
        value: 85,
        duration: 2400,
        clearAfter: 60,
        clearValue: null,
      },
    ],
  })
  const start = bench.clock.monotonicMs()
  for (let step = 0; step < 20; step++) await bench.clock.advance(60_000)
  bench.clock.jump(bench.clock.nowMs() - 900_000)
  let opened: number | null = null
  for (let step = 0; step < 40 && opened === null; step++) {
    // Its report travels by the real clock.
    await bench.pass(60_000, 10)
    const { events } = await store.events.list({ status: 'open', limit: 10, offset: 0 })
    if (events.some(({ severity }) => severity === 1)) opened = bench.clock.monotonicMs() - start
  }
  // Forty minutes of breach, a quarter of an hour of them with a clock that was wrong.
  expect(opened).toBeLessThanOrEqual(42 * 60_000)
  expect(opened).toBeGreaterThanOrEqual(39 * 60_000)
  const lines = bench.logLines.join('\n')
  expect(lines.match(/the clock was set back: until/g)).toHaveLength(1)
  expect(lines).toContain('samples are stored again after the clock was set back')
  const readUnstored = async () =>
    (await store.samples.range('web01', 'perf.agent.clock.unstored', 0, trueNow() + 3600)).values.at(-1)
  // The newest sample may still be on its way.
  for (let look = 0; look < 500 && (await readUnstored()) === undefined; look++) {
    await bench.pass(1000)
  }
  expect(await readUnstored()).toBeGreaterThan(10)
}, 30_000)
