import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepDeliveryStatus, readDeliveryStatus } from '../../../src/agent/sending/delivery-status.ts'
import { startCollectEngine } from '../../../src/collect/engine.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import type { HostReport, WriteRefusal } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
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

test('the file is written in place, also where the text becomes shorter, and anew when it is gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-status-'))
  const file = join(folder, 'agent-status.json')
  const clock = fakeClock()
  let failure: string | null = 'сервер отвечает отказом '.repeat(20)
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const status = keepDeliveryStatus({
    file,
    deliveries: () => ({ acknowledgedAtMs: null, failure }),
    countWaiting: () => 7,
    interval: 1,
    clock,
    log,
  })
  status.note()
  const inode = statSync(file).ino
  expect(readDeliveryStatus(file)).toMatchObject({ failure, waiting: 7 })
  failure = 'short'
  status.note()
  // Two writes are eight seconds apart; what no delivery has written by then goes by itself.
  expect(readDeliveryStatus(file)?.failure).not.toBe('short')
  await clock.advance(10_000)
  expect(readDeliveryStatus(file)).toMatchObject({ failure: 'short', running: 10 })
  expect(statSync(file).ino).toBe(inode)
  rmSync(file)
  failure = null
  status.noteCycle()
  await clock.advance(10_000)
  expect(readDeliveryStatus(file)).toMatchObject({ failure: null, running: 20 })
  status.stop()
  rmSync(folder, { recursive: true })
})
