import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCollectEngine } from '../../src/collect/engine.ts'
import { reportThresholds } from '../../src/domain/thresholds/reported-threshold.ts'
import { standardThresholds } from '../../src/domain/thresholds/threshold-standard.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import type { HostReport, WriteRefusal } from '../../src/storage/ports/store.ts'
import { FACTS, missingFrom, openBench } from './support/bench.ts'
import { setValues } from './support/event-story.ts'

test('the collect engine gets from the agent what was sampled, through its restart and an outage of storage', async () => {
  const bench = openBench()
  const reports: HostReport[] = []
  const stored = new Map<string, number>()
  let isAway = false
  const startEngine = (port: number) =>
    startCollectEngine({
      address: '127.0.0.1',
      port,
      passphrases: ['open sesame'],
      store: {
        isContentError: () => false,
        takeBoundHits: () => [],
        async write(written) {
          if (isAway) throw new Error('storage is away')
          reports.push(...written)
          for (const { frames } of written)
            for (const { time, metrics, values } of frames)
              for (const [i, metric] of metrics.entries()) {
                const value = values[i]
                if (typeof value === 'number') stored.set(`${time} ${metric}`, value)
              }
          return new Map<HostReport, WriteRefusal>()
        },
      },
      clock: { ...systemClock, now: bench.clock.now },
      log: createLog({ level: 'error', format: 'text', write: () => {} }),
    })
  let engine = await startEngine(0)
  const port = engine.port ?? 0
  const hasAll = () => missingFrom(stored, bench.sampled).length === 0
  const agent = await bench.start({ ports: [port] })
  try {
    await bench.advanceUntil(() => bench.cycles.length >= 3 && hasAll())
    isAway = true
    await bench.advanceUntil(() => bench.cycles.length >= 8, 5)
    expect(hasAll()).toBe(false)
    isAway = false
    await bench.advanceUntil(hasAll)
    await engine.stop()
    await bench.advanceUntil(() => bench.cycles.length >= 14, 5)
    engine = await startEngine(port)
    await bench.advanceUntil(hasAll)
    expect(reports[0]).toMatchObject({ host: 'web01', facts: FACTS })
    // A second of the clock may go by while the greeting is on its way.
    expect([-1, 0]).toContain(reports[0]?.clockSkew ?? Number.NaN)
    expect(engine.counters().refused).toEqual({})
  } finally {
    await bench.stop(agent)
    await engine.stop()
    bench.close()
  }
}, 30_000)

test('an event that opens and closes on the agent is stored with its times, although it was reported twice and storage was unavailable', async () => {
  const bench = openBench()
  const values = new Map([['perf.memory.percent.used', 90]])
  setValues(bench, values)
  const dataDir = mkdtempSync(join(tmpdir(), 'monitor-store-'))
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const database = await openStore('sqlite:monitor.db', { dataDir, clock: bench.clock, log })
  const stored = bench.watch(database.ingest)
  let isAway = false
  const engine = await startCollectEngine({
    address: '127.0.0.1',
    port: 0,
    passphrases: ['open sesame'],
    store: {
      isContentError: () => false,
      takeBoundHits: () => [],
      async write(reports) {
        const refused = await stored.write(reports)
        // Stored, but the agent does not get the reply and sends it again.
        if (isAway) throw new Error('storage is away')
        return refused
      },
    },
    clock: { ...systemClock, now: bench.clock.now },
    log,
  })
  const begin = bench.clock.now()
  const list = async (status: 'open' | 'closed') => {
    const { events } = await database.events.list({ status, limit: 10, offset: 0 })
    return events.map(({ host, metric, severity, message, opened, closed }) => ({
      host,
      metric,
      severity,
      message,
      opened: opened - begin,
      closed: closed === null ? null : closed - begin,
    }))
  }
  const event = {
    host: 'web01',
    metric: 'perf.memory.percent.used',
    severity: 2,
    message: 'Memory percent used > 85 for 2 minutes',
    opened: 60,
  } as const
  const threshold = { metric: event.metric, compare: '>', clearAfter: 60, clearValue: null } as const
  const thresholds = [
    { ...threshold, severity: 3, value: 80, duration: 60 },
    { ...threshold, severity: 2, value: 85, duration: 120 },
  ] as const
  const agent = await bench.start({
    ports: [engine.port ?? 0],
    thresholds,
    hasDefaultThresholds: true,
  })
  try {
    await bench.advanceUntil(() => bench.cycles.length >= 2, 5)
    // Before any event was opened.
    expect(await database.hosts.thresholds('web01')).toEqual(
      reportThresholds(thresholds, standardThresholds(FACTS)),
    )
    expect(engine.counters().refused).toEqual({})
    isAway = true
    await bench.advanceUntil(() => bench.cycles.length >= 4, 5)
    isAway = false
    let open = await list('open')
    for (let step = 0; step < 200 && open[0]?.severity !== 2; step++) {
      await bench.pass(1000)
      open = await list('open')
    }
    expect(open).toEqual([{ ...event, closed: null }])
    values.set(event.metric, 20)
    let closed = await list('closed')
    for (let step = 0; step < 600 && closed.length === 0; step++) {
      await bench.pass(1000)
      closed = await list('closed')
    }
    expect(closed).toMatchObject([event])
    expect((closed[0]?.closed ?? 0) % 60).toBe(0)
    expect(await list('open')).toEqual([])
  } finally {
    await bench.stop(agent)
    await engine.stop()
    await database.close()
    rmSync(dataDir, { recursive: true, force: true })
    bench.close()
  }
}, 30_000)
