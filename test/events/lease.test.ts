import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { EventEngine } from '../../src/events/cycle.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { type FakeClock, fakeClock } from '../support/clock.ts'
import { makeTempDir } from '../support/spawn.ts'
import { ENGINE_OPTIONS } from './engine-options.ts'

let dataDir: string
let clock: FakeClock
let store: Store
let lines: string[]

beforeEach(async () => {
  dataDir = makeTempDir()
  clock = fakeClock()
  lines = []
  store = await openStore('sqlite:monitor.db', { dataDir, clock, log: logTo(lines) })
})
afterEach(async () => {
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const logTo = (target: string[]) =>
  createLog({ level: 'warn', format: 'text', write: (line) => target.push(line) })

/** An engine with one task that leaders run; it can be cut off from the database, as one that died is. */
async function startEngine(holder: string, interval: number) {
  const runs: number[] = []
  let isAway = false
  const watch: Store['watch'] = {
    ...store.watch,
    async takeLease(...lease) {
      if (isAway) throw new Error('away')
      return store.watch.takeLease(...lease)
    },
  }
  const engine = new EventEngine({
    ...ENGINE_OPTIONS,
    store: { ...store, watch },
    interval,
    retention: { samples: 1e9, events: 1e9, hosts: 1e9 },
    watching: { check: 1e9, severity: 1, isGrouping: true, skew: 120 },
    holder,
    clock,
    log: logTo(lines),
    tasks: [{ name: 'work', every: 0, run: async () => runs.push(clock.monotonicMs()) < 0 }],
  })
  await clock.advance(100)
  return {
    runs,
    setAway: (isIt: boolean) => {
      isAway = isIt
    },
    stop: () => stopEngine(engine),
  }
}

async function stopEngine(engine: EventEngine) {
  let isStopped = false
  engine.stop().then(() => {
    isStopped = true
  })
  while (!isStopped) await clock.advance(10)
}

describe('of two event engines on one database', () => {
  test.each([1, 5, 10, 12, 60, 3600])(
    'the second works within 30 s of the death of the first, at an interval of %d s',
    async (interval) => {
      const first = await startEngine('first', interval)
      const second = await startEngine('second', interval)
      // At any moment of the interval in which it dies.
      await clock.advance(interval * 700)
      expect(second.runs).toEqual([])
      const died = clock.monotonicMs()
      first.setAway(true)
      await clock.advance(30_000)
      expect(second.runs.length).toBeGreaterThan(0)
      expect(second.runs[0]).toBeLessThanOrEqual(died + 30_000)
      // Only one engine leads at a time: the first had given up its lease by then.
      expect(first.runs.filter((at) => at >= (second.runs[0] ?? 0))).toEqual([])
      await second.stop()
      await first.stop()
    },
  )

  test('the first goes on leading for hours, with one round an interval', async () => {
    const first = await startEngine('first', 3600)
    const second = await startEngine('second', 3600)
    await clock.advance(3 * 3_600_000)
    expect(first.runs).toEqual([0, 3_600_000, 7_200_000, 10_800_000])
    expect(second.runs).toEqual([])
    await second.stop()
    await first.stop()
  })

  test('the second works soon after the first was stopped, long before its next round', async () => {
    const first = await startEngine('first', 3600)
    const second = await startEngine('second', 3600)
    await first.stop()
    const stopped = clock.monotonicMs()
    await clock.advance(6000)
    expect(second.runs[0]).toBeLessThanOrEqual(stopped + 6000)
    expect(second.runs).toHaveLength(1)
    await second.stop()
  })
})

test('an event engine that lost its database works soon after that is back, and complains once', async () => {
  const engine = await startEngine('only', 3600)
  engine.setAway(true)
  await clock.advance(120_000)
  const complaints = lines.filter((line) => line.includes('was not renewed'))
  expect(complaints).toHaveLength(1)
  const back = clock.monotonicMs()
  engine.setAway(false)
  await clock.advance(6000)
  expect(engine.runs).toHaveLength(2)
  expect(engine.runs[1]).toBeLessThanOrEqual(back + 6000)
  await engine.stop()
})
