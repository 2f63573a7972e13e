import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/storage/database/open.ts'
import { createStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { ReadCost } from '../../src/storage/reading-thread/read-cost.ts'
import { readDensity } from '../../src/storage/reading-thread/sample-density.ts'
import { fakeClock } from '../support/clock.ts'
import { makeTempDir } from '../support/spawn.ts'
import { aReport, MIDNIGHT } from './reports.ts'

const HOUR = 3600
const DAY = 86_400
const METRICS = ['a', 'b', 'c']

const dataDir = makeTempDir()
const clock = fakeClock(MIDNIGHT * 1000)
let store: Store
let densityOf: (host: string) => Promise<number>

beforeAll(async () => {
  const log = createLog({ level: 'error', format: 'text' })
  const opened = await openDatabase('sqlite:monitor.db', { dataDir, clock, log })
  store = createStore(opened, { clock, log })
  densityOf = (host) => readDensity(opened.database, host)
  const fill = async (host: string, from: number, count: number, step: number) => {
    const frames = Array.from({ length: count }, (_, i) => ({
      time: from + i * step,
      metrics: METRICS,
      values: METRICS.map((_name, k) => i + k),
    }))
    await store.ingest.write([aReport(host, { frames })])
  }
  await fill('compacted', MIDNIGHT - DAY, 4 * HOUR, 1)
  while ((await store.maintenance.compact(MIDNIGHT, 64)) === 64);
  await fill('minute', MIDNIGHT, 60, 60)
  await fill('ten', MIDNIGHT, 60, 10)
  await fill('second', MIDNIGHT + 60, 60, 1)
  await fill('single', MIDNIGHT, 1, 1)
  await store.ingest.write([aReport('silent')])
  // What is known of hosts is written down by then.
  await clock.advance(60_000)
})
afterAll(async () => {
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('how many samples a second a host has is read from its newest frames, or from its newest days', async () => {
  const found: Record<string, number> = {}
  for (const host of ['minute', 'ten', 'second', 'single', 'silent', 'none'])
    found[host] = Math.round((await densityOf(host)) * 60)
  expect(found).toEqual({ minute: 1, ten: 6, second: 60, single: 1, silent: 1, none: 1 })
  expect(await densityOf('compacted')).toBeCloseTo(1, 2)
})

test('the same picture is read aside for a host that reports each second, and here for one that does so each minute', async () => {
  const cost = new ReadCost(densityOf, clock)
  const isHigh = (host: string, metrics: number, seconds: number) =>
    cost.isHigh({ host, metrics, from: MIDNIGHT + DAY - seconds, to: MIDNIGHT + DAY - 1 })
  expect(await isHigh('minute', 20, DAY)).toBe(false)
  expect(await isHigh('second', 20, DAY)).toBe(true)
  expect(await isHigh('second', 20, HOUR)).toBe(true)
  expect(await isHigh('ten', 20, DAY)).toBe(true)
  expect(await isHigh('ten', 3, DAY)).toBe(false)
  // 2,000,000 samples of one a minute.
  expect(await isHigh('minute', 500, 3 * DAY)).toBe(true)
  // No look at the host is needed for a graph of one hour.
  const blind = new ReadCost(() => Promise.reject(new Error('asked')), clock)
  expect(await blind.isHigh({ host: 'x', metrics: 1, from: MIDNIGHT, to: MIDNIGHT + HOUR })).toBe(false)
})

test('a read of one metric of a day tells how dense a host is, so that nothing is looked up before it', async () => {
  let asked = 0
  const cost = new ReadCost(async (host) => {
    asked++
    return densityOf(host)
  }, clock)
  const read = { host: 'second', metrics: 1, from: MIDNIGHT, to: MIDNIGHT + DAY }
  expect(await cost.isHigh(read)).toBe(false)
  // Too few to tell.
  cost.learn(
    'second',
    Float64Array.from({ length: 5 }, (_, i) => MIDNIGHT + i),
  )
  expect(await cost.isHigh(read)).toBe(false)
  cost.learn(
    'second',
    Float64Array.from({ length: 600 }, (_, i) => MIDNIGHT + i),
  )
  expect(await cost.isHigh(read)).toBe(true)
  expect(asked).toBe(0)
  // What is longer than a day or two is not read here without a look.
  expect(await cost.isHigh({ ...read, host: 'minute', to: MIDNIGHT + 9 * DAY })).toBe(false)
  expect(asked).toBe(1)
})

test('what is known of a host is kept for ten minutes', async () => {
  let asked = 0
  const cost = new ReadCost(async () => ++asked, clock)
  const read = { host: 'x', metrics: 20, from: MIDNIGHT, to: MIDNIGHT + DAY }
  for (let i = 0; i < 3; i++) await cost.isHigh(read)
  expect(asked).toBe(1)
  await clock.advance(601_000)
  await cost.isHigh(read)
  expect(asked).toBe(2)
})
