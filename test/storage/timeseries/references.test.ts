import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { STORAGE_DAMAGE } from '../../../src/domain/metrics/declared/server-events.ts'
import { createLog } from '../../../src/lib/log.ts'
import { yieldThread } from '../../../src/lib/yield-thread.ts'
import type { Database } from '../../../src/storage/database/database.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import {
  BLOCK_COLUMNS,
  type BlockRow,
  type HeldBlock,
  readChunks,
} from '../../../src/storage/timeseries/blocks.ts'
import { openChunk, referenceOfChunk } from '../../../src/storage/timeseries/chunks.ts'
import { CompactedSamples, NotReadError } from '../../../src/storage/timeseries/compacted-samples.ts'
import { fakeClock } from '../../support/clock.ts'
import { expectFailure } from '../../support/failure.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { randomOf } from '../random.ts'
import { aFrame, aReport, MIDNIGHT, toPairs } from '../reports.ts'
import { FOLLOWING, RELATED, relatedMachine } from './related-metrics.ts'

const DAY = 86_400
const DAYS = 40
/** A sample in five minutes, so that it is less to make. */
const EVERY = 300

let dataDir: string
let store: Store
let database: Database
let expected: Map<string, [number, number][]>

const options = () => ({
  dataDir,
  clock: fakeClock((MIDNIGHT + (DAYS + 1) * DAY) * 1000),
  log: createLog({ level: 'error', format: 'text', write: () => {} }),
})

beforeEach(async () => {
  dataDir = makeTempDir()
  store = await openStore('sqlite:monitor.db', options())
  database = (await openDatabase('sqlite:monitor.db', options())).database
  expected = new Map(RELATED.map((metric) => [metric, []]))
})
afterEach(async () => {
  await database.close()
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

async function fill(days: number) {
  const next = relatedMachine(randomOf(5))
  for (let day = 0; day < days; day++) {
    const frames = Array.from({ length: DAY / EVERY }, (_, i) => {
      const time = MIDNIGHT + day * DAY + i * EVERY
      const values = next()
      for (const [k, metric] of RELATED.entries()) expected.get(metric)?.push([time, values[k] ?? 0])
      return { time, metrics: RELATED, values }
    })
    await store.ingest.write([aReport('web01', { frames, seen: MIDNIGHT + days * DAY })])
  }
  while ((await store.maintenance.compact(MIDNIGHT + days * DAY, 1000)) >= 1000);
}

/** As another process would change it, which the store sees with the next event. */
async function run(sql: string, values: (string | number | Uint8Array | null)[] = []) {
  await database.transaction((transaction) => transaction.run(sql, values))
  await yieldThread()
}

async function readBlock(day: number): Promise<HeldBlock> {
  const [row] = await database.query<BlockRow>(`SELECT ${BLOCK_COLUMNS} FROM block WHERE day = ?`, [
    MIDNIGHT / DAY + day,
  ])
  if (!row) throw new Error('there is no block')
  return readChunks(database, row)
}

/** Which metric follows from which one, by name. */
async function readReferences(day: number): Promise<Map<string, string>> {
  const { row, chunks } = await readBlock(day)
  const names = await database.query<{ id: number; name: string }>('SELECT id, name FROM metric')
  const nameOf = new Map(names.map(({ id, name }) => [id, name]))
  const references = new Map<string, string>()
  for (const [metric, packed] of chunks) {
    const reference = referenceOfChunk(openChunk(packed, row, metric))
    if (reference) references.set(nameOf.get(metric) ?? '', nameOf.get(reference.metric) ?? '')
  }
  return references
}

const read = async (metric: string) => toPairs(await store.samples.range('web01', metric, 0, 4e9))

async function expectValues(unreadable: ReadonlySet<string>, before: number) {
  for (const metric of RELATED) {
    const all = expected.get(metric) ?? []
    const wanted = unreadable.has(metric) ? all.filter(([time]) => time >= before) : all
    expect(await read(metric)).toEqual(wanted)
  }
}

test('a chunk that is damaged takes those along that refer to it, and all of them are named', async () => {
  await fill(2)
  const references = await readReferences(0)
  expect(references.size).toBeGreaterThanOrEqual(FOLLOWING - 1)
  expect(await store.maintenance.check()).toEqual([])
  await expectValues(new Set(), 0)
  const [base = ''] = references.values()
  const followers = [...references].flatMap(([metric, other]) => (other === base ? [metric] : []))
  const { row, metrics } = await readBlock(0)
  const [{ id: baseId } = { id: 0 }] = await database.query<{ id: number }>(
    'SELECT id FROM metric WHERE name = ?',
    [base],
  )
  const chunkId = row.first_chunk + metrics.indexOf(baseId)
  const [{ packed } = { packed: new Uint8Array() }] = await database.query<{ packed: Uint8Array }>(
    'SELECT packed FROM chunk WHERE id = ?',
    [chunkId],
  )
  const damaged = packed.slice()
  damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 16
  await run('UPDATE chunk SET packed = ? WHERE id = ?', [damaged, chunkId])

  const lost = new Set([base, ...followers])
  await expectValues(lost, MIDNIGHT + DAY)
  const problems = await store.maintenance.check()
  for (const metric of lost)
    expect(problems.filter((problem) => problem.includes(`metric ${metric},`))).toHaveLength(1)
  expect(problems).toHaveLength(lost.size)
  const { events } = await store.events.list({})
  expect(events.filter(({ metric }) => metric === STORAGE_DAMAGE.name)).toHaveLength(1)

  // The base gets values again: what referred to the old ones must not take these for them.
  const late = MIDNIGHT + 1200
  const write = async (values: Record<string, number>) => {
    await store.ingest.write([aReport('web01', { frames: [aFrame(late, values)] })])
    await store.maintenance.compact(MIDNIGHT + 2 * DAY, 1000)
  }
  await write({ [base]: 5 })
  for (const metric of followers)
    expect(await read(metric)).toEqual(
      (expected.get(metric) ?? []).filter(([time]) => time >= MIDNIGHT + DAY),
    )
  expect((await read(base))[0]).toEqual([late, 5])
  expect(await store.maintenance.check()).toHaveLength(followers.length)
  // The others too, and then nothing is damaged any more.
  await write(Object.fromEntries(followers.map((metric) => [metric, 7])))
  for (const metric of followers) expect((await read(metric))[0]).toEqual([late, 7])
  expect(await store.maintenance.check()).toEqual([])
})

test('a late sample of a metric that others follow from leaves their values as they are', async () => {
  await fill(1)
  const [base = ''] = (await readReferences(0)).values()
  const late = MIDNIGHT + 7 * EVERY
  await store.ingest.write([aReport('web01', { frames: [aFrame(late, { [base]: 4096 })] })])
  await store.maintenance.compact(MIDNIGHT + DAY, 1000)
  const series = expected.get(base) ?? []
  series[7] = [late, 4096]
  await expectValues(new Set(), 0)
  expect(await store.maintenance.check()).toEqual([])
})

test('one metric takes at most one row more a day, and its summaries none', async () => {
  await fill(DAYS)
  const references = await readReferences(0)
  const [metric = ''] = references.keys()
  const [{ id: host, metric: id } = { id: 0, metric: 0 }] = await database.query<{
    id: number
    metric: number
  }>('SELECT host.id AS id, metric.id AS metric FROM host JOIN metric ON metric.name = ?', [metric])
  let rows = 0
  const counting: Database = {
    ...database,
    query: async <T extends object>(sql: string, values?: Parameters<Database['query']>[1]) => {
      const found = await database.query<T>(sql, values)
      if (/FROM chunk/.test(sql)) rows += found.length
      return found
    },
  }
  const blocks = new CompactedSamples(counting, (damage) => {
    throw new Error(damage.problem)
  })
  const wanted = { host, metrics: [id], from: MIDNIGHT, to: MIDNIGHT + DAYS * DAY - 1 }
  const [samples] = await blocks.read(wanted)
  expect(samples?.times.length).toBe((DAYS * DAY) / EVERY)
  expect(rows).toBe(2 * DAYS)

  rows = 0
  let cells = 0
  await blocks.eachDay(
    wanted,
    (day) => {
      cells += day.summarize(0)?.counts.length ?? 0
    },
    () => false,
  )
  expect(cells).toBeGreaterThanOrEqual(DAYS)
  // Of the newest day the sample at the end is shown.
  expect(rows).toBeLessThanOrEqual(DAYS + 1)
  // Who wants samples of such a day all the same is told so.
  await expectFailure(
    blocks.eachDay(
      wanted,
      (day) => void day.decode(0),
      () => false,
    ),
    NotReadError,
  )

  const series = expected.get(metric) ?? []
  // Whole days; half days, which no summary has here, so that samples are wanted after all; a quarter of an hour.
  for (const [points, longest] of [
    [50, DAY],
    [100, DAY / 2],
    [4000, 900],
  ] as const) {
    const picture = { from: MIDNIGHT, to: MIDNIGHT + DAYS * DAY - 1, points }
    const alone = (await store.samples.summarize('web01', [metric], picture)).get(metric)
    expect(alone?.step).toBeLessThanOrEqual(longest)
    expect(alone?.counts.reduce((sum, count) => sum + count, 0)).toBe(series.length)
    expect(alone?.summary).toMatchObject({
      count: series.length,
      low: Math.min(...series.map(([, value]) => value)),
      high: Math.max(...series.map(([, value]) => value)),
      last: series.at(-1)?.[1],
    })
  }
})
