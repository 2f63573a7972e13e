import { afterAll, beforeAll, expect, test } from 'bun:test'
import { TooBusyError } from '../../../src/lib/too-busy-error.ts'
import type { SampleStore } from '../../../src/storage/ports/store.ts'
import { FACTS, startTestSite, type TestSite } from '../site.ts'

const DAY = 86_400
const MEMORY = 'perf.memory.percent.used'
const LOAD = 'perf.system.load.1'

let site: TestSite
let headers: Record<string, string>
let now = 0
/** What the website read of the samples: host, metrics, seconds. */
let reads: { readonly host: string; readonly metrics: number; readonly seconds: number }[] = []
/** Reads that are refused before one is answered. */
let refusedReads = 0

const watch = (samples: SampleStore): SampleStore => ({
  ...samples,
  async range(host, metric, from, to) {
    reads.push({ host, metrics: 1, seconds: to - from + 1 })
    if (refusedReads-- > 0) throw new TooBusyError('busy')
    return samples.range(host, metric, from, to)
  },
  ranges(host, metrics, from, to) {
    reads.push({ host, metrics: metrics.length, seconds: to - from + 1 })
    return samples.ranges(host, metrics, from, to)
  },
})

/** Samples of two metrics from one time on, `step` seconds from each other. */
async function fill(host: string, from: number, count: number, step: number) {
  const frames = Array.from({ length: count }, (_, i) => ({
    time: from + i * step,
    metrics: [MEMORY, LOAD],
    values: [i % 100, i / 4],
  }))
  await site.store.ingest.write([{ host, facts: FACTS, seen: now, clockSkew: 0, frames, events: [] }])
}

beforeAll(async () => {
  site = await startTestSite((store) => ({ ...store, samples: watch(store.samples) }))
  headers = await site.bearer('viewer')
  now = site.clock.now()
  // Each minute for two days a year ago and two days now, one of them compacted, and a time each second.
  await fill('web01', now - 365 * DAY, 2 * 1440, 60)
  await fill('web01', now - 2 * DAY, 2 * 1440, 60)
  await fill('db01', now - DAY - 7, 1400, 61)
  await fill('dense', now - 2 * DAY, 100_000, 1)
  while ((await site.store.maintenance.compact(now - DAY, 64)) === 64);
})
afterAll(() => site.stop())

async function get(path: string, more: Record<string, string> = {}) {
  const response = await site.send(path, { headers: { ...headers, ...more } })
  return { response, text: await response.text() }
}

async function readPairs(host: string, metric: string, from: number) {
  const { times, values } = await site.store.samples.range(host, metric, from, now)
  return [...times].map((time, i) => [time, values[i] ?? Number.NaN])
}

test('a year of samples is the same in pieces, over years without any, however it is asked for', async () => {
  const from = now - 400 * DAY
  const expected = await readPairs('web01', MEMORY, from)
  expect(expected).toHaveLength(4 * 1440)
  for (const encoding of ['identity', 'gzip', 'zstd']) {
    const { text, response } = await get(`/api/v1/hosts/web01/metrics/${MEMORY}?from=${from}&to=${now}`, {
      'accept-encoding': encoding,
    })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(JSON.parse(text)).toEqual({ host: 'web01', metric: MEMORY, unit: '%', points: expected })
  }
  const all = await get(
    `/api/v1/series?series=web01:${MEMORY}&series=web01:${LOAD}&series=no:no&from=0&to=${now}`,
  )
  const { series } = JSON.parse(all.text) as { series: { points: unknown[] }[] }
  expect(series.map(({ points }) => points)).toEqual([expected, await readPairs('web01', LOAD, 0), []])
})

test('samples of each second are read in pieces that fit, and none is missing or there twice', async () => {
  reads = []
  const { text } = await get(`/api/v1/hosts/dense/metrics/${LOAD}?range=30d`)
  expect((JSON.parse(text) as { points: unknown }).points).toEqual(await readPairs('dense', LOAD, 0))
  const seconds = reads.map((read) => read.seconds)
  expect(seconds.length).toBeGreaterThan(1)
  expect(Math.max(...seconds)).toBeLessThanOrEqual(DAY)
  reads = []
  await get(`/api/v1/series?series=dense:${LOAD}&series=dense:${MEMORY}&range=30d&format=csv`)
  expect(Math.max(...reads.map((read) => read.seconds * read.metrics))).toBeLessThanOrEqual(DAY)
})

test('a file has all samples of several hosts side by side, each time once', async () => {
  const { text, response } = await get(
    `/api/v1/series?series=web01:${MEMORY}&series=db01:${MEMORY}&from=0&to=${now}&format=csv`,
  )
  expect(response.headers.get('content-disposition')).toContain('series.csv')
  const [head, ...rows] = text.trim().split('\r\n')
  expect(head).toEndWith(`seconds since 1970,web01:${MEMORY},db01:${MEMORY}`)
  const expected = new Map<number, string[]>()
  for (const [column, host] of ['web01', 'db01'].entries())
    for (const [time = 0, value] of await readPairs(host, MEMORY, 0)) {
      const cells = expected.get(time) ?? ['', '']
      cells[column] = String(value)
      expected.set(time, cells)
    }
  const sorted = [...expected].sort(([a], [b]) => a - b)
  expect(rows.map((row) => row.split(',').slice(1).join(','))).toEqual(
    sorted.map(([time, cells]) => `${time},${cells.join(',')}`),
  )
})

test('many rows are made of series one after the other', async () => {
  const { text } = await get(
    `/api/v1/series?series=web01:${MEMORY}&series=db01:${MEMORY}&range=400d&points=20000`,
  )
  const { series } = JSON.parse(text) as { series: { points: number[][] }[] }
  expect(series.map(({ points }) => points.length)).toEqual([4 * 1440, 1400])
  expect(series[0]?.points[0]).toHaveLength(4)
})

test('what is not there is 404 also for a long time, and refused times 400', async () => {
  expect((await get(`/api/v1/hosts/none/metrics/${MEMORY}?range=1y`)).response.status).toBe(404)
  expect((await get('/api/v1/hosts/web01/metrics/perf.none?range=1y')).response.status).toBe(404)
  expect((await get('/api/v1/hosts/web01/metrics/perf.none?range=1y&format=csv')).response.status).toBe(404)
})

test('a thread that is busy is asked again, also by a file that has begun', async () => {
  refusedReads = 2
  const asked = get(`/api/v1/hosts/web01/metrics/${MEMORY}?range=30d`)
  while (refusedReads >= 0) {
    await Bun.sleep(1)
    await site.clock.advance(500)
  }
  expect(JSON.parse((await asked).text)).toMatchObject({ host: 'web01' })
})
