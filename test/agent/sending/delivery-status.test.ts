import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { readDeliveryStatus } from '../../../src/agent/sending/delivery-status.ts'
import { startCollectEngine } from '../../../src/collect/engine.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import type { HostReport, WriteRefusal } from '../../../src/storage/ports/store.ts'
import { openBench } from '../support/bench.ts'

test('the agent notes since when nothing was acknowledged, what waits and why, over a restart too', async () => {
  const bench = openBench()
  const statusFile = join(bench.folder, 'agent-status.json')
  const read = () => readDeliveryStatus(statusFile)
  let isAway = false
  const engine = await startCollectEngine({
    address: '127.0.0.1',
    port: 0,
    passphrases: ['open sesame'],
    store: {
      isContentError: () => false,
      takeBoundHits: () => [],
      async write() {
        if (isAway) throw new Error('storage is away')
        return new Map<HostReport, WriteRefusal>()
      },
    },
    clock: { ...systemClock, now: bench.clock.now },
    log: createLog({ level: 'error', format: 'text', write: () => {} }),
  })
  const ports = [engine.port ?? 0]
  let agent = await bench.start({ ports, statusFile })
  try {
    await bench.advanceUntil(() => read()?.acknowledgedAgo === 0)
    expect(read()).toMatchObject({ failure: null })
    isAway = true
    await bench.advanceUntil(() => (read()?.acknowledgedAgo ?? 0) > 300, 5)
    expect(read()).toMatchObject({ failure: expect.stringContaining('storage') })
    expect(read()?.waiting).toBeGreaterThanOrEqual(4)
    await bench.stop(agent)
    await bench.clock.advance(600_000)
    agent = await bench.start({ ports, statusFile })
    await bench.advanceUntil(() => (read()?.running ?? 999) < 100, 1)
    expect(read()?.acknowledgedAgo).toBeGreaterThan(900)
    isAway = false
    await bench.advanceUntil(() => (read()?.acknowledgedAgo ?? 999) < 60 && read()?.waiting === 0)
    expect(read()).toMatchObject({ failure: null })
  } finally {
    await bench.stop(agent)
    await engine.stop()
    bench.close()
  }
}, 30_000)
