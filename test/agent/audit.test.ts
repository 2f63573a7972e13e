import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { cpSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Agent } from '../../src/agent/agent.ts'
import { noteFileOf } from '../../src/agent/queue/queue-note.ts'
import { type CollectEngine, startCollectEngine } from '../../src/collect/engine.ts'
import type { HostAudit } from '../../src/domain/audit/host-audit.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { makeTempDir } from '../support/spawn.ts'
import { type Bench, openBench } from './support/bench.ts'

// A real agent, collect engine and database: data is lost on purpose, and the audit has to find it.

const log = createLog({ level: 'error', format: 'text', write: () => {} })

let bench: Bench
let dataDir = ''
let store: Store
let engine: CollectEngine
let agents: Agent[] = []
let port = 0

beforeEach(async () => {
  bench = openBench()
  dataDir = makeTempDir()
  agents = []
  port = 0
  await startServer()
})
afterEach(async () => {
  for (const agent of agents) await stop(agent)
  await stopServer()
  rmSync(dataDir, { recursive: true, force: true })
  bench.close()
})

async function startServer() {
  const clock = { ...systemClock, now: bench.clock.now }
  store = await openStore('sqlite:monitor.db', { dataDir, clock, log })
  engine = await startCollectEngine({
    address: '127.0.0.1',
    port,
    passphrases: ['open sesame'],
    store: bench.watch(store.ingest),
    dataAudit: store.dataAudit,
    clock,
    log,
  })
  port = engine.port ?? 0
}

async function stopServer() {
  await engine.stop()
  await store.close()
}

async function start(options: Partial<Parameters<Bench['start']>[0]> = {}): Promise<Agent> {
  const agent = await bench.start({ ports: [port], ...options })
  agents.push(agent)
  return agent
}

async function stop(agent: Agent) {
  agents = agents.filter((one) => one !== agent)
  const stopped = agent.stop()
  await Promise.all([stopped, bench.clock.advance(0)])
  await stopped
}

async function pass(minutes: number, realMs = 2) {
  for (let i = 0; i < minutes * 12; i++) await bench.pass(5000, realMs)
}

async function auditNow(): Promise<HostAudit> {
  await store.dataAudit.settle(bench.clock.now())
  const [audit] = await store.dataAudit.audit('web01')
  if (audit === undefined) throw new Error('the host is not known')
  return audit
}

/** How many of the measured times the database has; the newest may still be on their way. */
async function countStored(): Promise<{ measured: number; stored: number }> {
  const { times } = await store.samples.range('web01', 'perf.test.count', 0, 1e11)
  const last = times.at(-1) ?? 0
  return { measured: new Set(bench.cycles.filter((time) => time <= last)).size, stored: times.length }
}

test('nothing is missing while all goes well, over restarts of both sides', async () => {
  const agent = await start()
  await pass(3)
  await stop(agent)
  await stopServer()
  await startServer()
  await start()
  await pass(3)
  const audit = await auditNow()
  expect(audit).toMatchObject({ missing: {}, pending: 0, repeated: 0 })
  expect(audit.present).toBe((await countStored()).stored)
  expect(audit.expected).toBe((await countStored()).measured)
})

test('what a full queue drops and what was not measured is known by number and time', async () => {
  const agent = await start({ queueBytes: 4000 })
  await pass(2)
  await stopServer()
  await pass(90)
  await startServer()
  await pass(6)
  const audit = await auditNow()
  const { measured, stored } = await countStored()
  expect(audit.missing.size).toBeGreaterThan(20)
  expect(audit).toMatchObject({ present: stored, expected: measured, missing: { size: measured - stored } })
  expect(Object.keys(audit.missing)).toEqual(['size'])
  const [gap] = await store.dataAudit.listGaps('web01', 10)
  expect(gap).toMatchObject({ reason: 'size', amount: measured - stored })
  const { times } = await store.samples.range('web01', 'perf.test.count', gap?.from ?? 0, gap?.to ?? 0)
  expect([...times]).toEqual([])
  // Then the machine is off for half an hour.
  await stop(agent)
  const last = bench.cycles.at(-1) ?? 0
  await bench.clock.advance(1800_000)
  const count = bench.cycles.length
  await start({ queueBytes: 4000 })
  await pass(3)
  const off = ((bench.cycles[count] ?? 0) - last) / 60 - 1
  expect(off).toBeGreaterThan(27)
  expect((await auditNow()).missing).toEqual({ size: measured - stored, off })
})

test('a queue that is damaged or lost is counted and reported to the server, and its numbers go on', async () => {
  const agent = await start()
  await pass(2)
  await stopServer()
  await pass(60)
  await stop(agent)
  const { generation } = JSON.parse(readFileSync(noteFileOf(bench.queueFile), 'utf8'))
  truncateSync(bench.queueFile, 8192)
  const second = await start()
  await pass(1)
  await stop(second)
  rmSync(bench.queueFile)
  rmSync(`${bench.queueFile}-wal`, { force: true })
  const last = bench.cycles.at(-1) ?? 0
  const count = bench.cycles.length
  await bench.clock.advance(600_000)
  await startServer()
  await start()
  await pass(4)
  const audit = await auditNow()
  const { measured, stored } = await countStored()
  expect(stored).toBeLessThan(measured - 50)
  // Whether the minute of the crash itself was measured is unknown.
  const { damaged = 0, queue = 0, off, ...others } = audit.missing
  // How long it was off is known though the queue is gone.
  expect(off).toBe(((bench.cycles[count] ?? 0) - last) / 60 - 1)
  const lost = damaged + queue
  // The queue held the times that were measured: without it one may be measured again.
  expect([measured - stored, measured - stored + 1, measured - stored + 2]).toContain(lost)
  expect(others).toEqual({})
  const { latest } = (await store.hosts.find('web01')) ?? {}
  expect(latest?.['perf.agent.queue.damaged']).toBe(lost)
  expect(JSON.parse(readFileSync(noteFileOf(bench.queueFile), 'utf8')).generation).toBe(generation)
  const { events } = await store.events.list({ status: 'open' })
  expect(events.map(({ metric }) => metric)).toContain('perf.agent.data.missing.queue')
})

test('a database that was restored by hand has a gap with that reason, and an event reports it', async () => {
  await start()
  await pass(3)
  await stopServer()
  cpSync(join(dataDir, 'monitor.db'), join(dataDir, 'backup.db'))
  await startServer()
  await pass(5)
  const before = await countStored()
  await stopServer()
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, `monitor.db${suffix}`), { force: true })
  cpSync(join(dataDir, 'backup.db'), join(dataDir, 'monitor.db'))
  await startServer()
  await pass(3)
  const audit = await auditNow()
  const after = await countStored()
  expect(after.measured - after.stored).toBeGreaterThan(2)
  expect(before.stored).toBe(before.measured)
  expect(audit.missing).toEqual({ restored: after.measured - after.stored })
  const { events } = await store.events.list({ status: 'open' })
  expect(events).toMatchObject([{ metric: 'perf.agent.data.missing.restored', severity: 2 }])
})

test('receipts that were cut short or settled twice change nothing', async () => {
  await start()
  await pass(3)
  const database = new Database(join(dataDir, 'monitor.db'))
  const rows = database.query<{ packed: Uint8Array }, []>('SELECT packed FROM receipt').all()
  const first = await auditNow()
  for (const { packed } of rows) database.query('INSERT INTO receipt (packed) VALUES (?)').run(packed)
  database.query('INSERT INTO receipt (packed) VALUES (?)').run(rows[0]?.packed.slice(0, 3) ?? null)
  database.close()
  const again = await auditNow()
  expect(again).toMatchObject({ present: first.present, expected: first.expected, missing: {} })
})

test('of two agents with one data folder the first goes on, and the second waits and says why', async () => {
  await start()
  await pass(3)
  const copy = `${bench.queueFile}.copy`
  for (const suffix of ['', '-wal']) cpSync(bench.queueFile + suffix, copy + suffix)
  cpSync(noteFileOf(bench.queueFile), noteFileOf(copy))
  const lines = bench.logLines.length
  await start({ queueFile: copy })
  // An agent that is silent for half a minute of the clock gives its place to the copy, so a busy disk must not look like that.
  await pass(8, 12)
  const { events } = await store.events.list({ status: 'open' })
  expect(events.map(({ metric }) => metric)).toEqual(['perf.agent.copy.state'])
  expect(events[0]?.message).toContain('monitor agent --new-identity')
  expect(bench.logLines.slice(lines).join('\n')).toContain(
    'another agent with the same key speaks for this host',
  )
  const { repeated } = await auditNow()
  await pass(5, 12)
  // The copy continues with the same numbers as the original, and nothing of it is stored any more.
  expect((await auditNow()).repeated).toBe(repeated)
  await stopServer()
  await startServer()
  expect(await store.dataAudit.listRejections('web01', 1)).toMatchObject([{ reason: 'copy' }])
})
