import { expect, test } from 'bun:test'
import { startCollectEngine } from '../../src/collect/engine.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import type { HostReport } from '../../src/storage/store.ts'
import { FACTS, missingFrom, openBench } from './support/bench.ts'

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
        async write(written) {
          if (isAway) throw new Error('storage is away')
          reports.push(...written)
          for (const { frames } of written)
            for (const { time, metrics, values } of frames)
              for (const [i, metric] of metrics.entries()) {
                const value = values[i]
                if (typeof value === 'number') stored.set(`${time} ${metric}`, value)
              }
          return new Set<HostReport>()
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
    expect(reports[0]).toMatchObject({ host: 'web01', facts: FACTS, clockSkew: 0 })
    expect(engine.counters().refused).toEqual({})
  } finally {
    const stopping = agent.stop()
    for (let second = 0; second < 5; second++) await bench.clock.advance(1000)
    await stopping
    await engine.stop()
    bench.close()
  }
}, 30_000)
