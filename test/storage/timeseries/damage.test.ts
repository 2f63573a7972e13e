import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { STORAGE_DAMAGE } from '../../../src/domain/metrics/declared/server-events.ts'
import { createLog } from '../../../src/lib/log.ts'
import { yieldThread } from '../../../src/lib/yield-thread.ts'
import type { Database } from '../../../src/storage/database/database.ts'
import { SCHEMA_VERSION } from '../../../src/storage/database/migrations.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { BLOCK_COLUMNS, type BlockRow, isSoundBlock } from '../../../src/storage/timeseries/blocks.ts'
import { CompactedSamples } from '../../../src/storage/timeseries/compacted-samples.ts'
import { NO_SAMPLES } from '../../../src/storage/timeseries/merge-by-age.ts'
import { fakeClock } from '../../support/clock.ts'
import { expectFailure } from '../../support/failure.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { randomOf } from '../random.ts'
import { aFrame, aReport, MIDNIGHT, toPairs } from '../reports.ts'

const DAY = 86_400
const FRAMES = 40
const METRICS = ['cpu', 'disk', 'odd'] as const

let dataDir: string
let store: Store
let database: Database

const options = () => ({
  dataDir,
  clock: fakeClock((MIDNIGHT + 2 * DAY) * 1000),
  log: createLog({ level: 'error', format: 'text', write: () => {} }),
})

const expectedOf = (metric: string, i: number) =>
  metric === 'cpu' ? (i * 37) % 100 : metric === 'disk' ? 1e9 + i * 4096 : Math.PI * (i + 1)
const framesOf = (day: number) =>
  Array.from({ length: FRAMES }, (_, i) =>
    aFrame(MIDNIGHT + day * DAY + i * 60, Object.fromEntries(METRICS.map((m) => [m, expectedOf(m, i)]))),
  )

beforeEach(async () => {
  dataDir = makeTempDir()
  store = await openStore('sqlite:monitor.db', options())
  database = (await openDatabase('sqlite:monitor.db', options())).database
  await store.ingest.write([aReport('web01', { frames: [...framesOf(0), ...framesOf(1)] })])
  await store.maintenance.compact(MIDNIGHT + DAY, 1000)
})
afterEach(async () => {
  await database.close()
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

/** As another process would change it, which the store sees with the next event. */
async function run(sql: string, values: (string | number | Uint8Array | null)[] = []) {
  await database.transaction((transaction) => transaction.run(sql, values))
  await yieldThread()
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const damaged = bytes.slice()
  damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return damaged
}

/** Nothing but what was written is shown: values are left out, never changed. Returns how many there are. */
async function countTrueValues(): Promise<number> {
  let count = 0
  // What was decoded for so short a time is remembered.
  const together = await store.samples.ranges('web01', METRICS, MIDNIGHT, MIDNIGHT + 2 * DAY - 1)
  for (const metric of METRICS) {
    const alone = toPairs(await store.samples.range('web01', metric, 0, 4e9))
    expect(toPairs(together.get(metric) ?? NO_SAMPLES)).toEqual(alone)
    for (const [time, value] of alone) {
      const at = (time - MIDNIGHT) % DAY
      expect(at % 60).toBe(0)
      expect(value).toBe(expectedOf(metric, at / 60))
    }
    count += alone.length
  }
  return count
}

async function listDamageEvents() {
  const { events } = await store.events.list({})
  return events.filter(({ metric }) => metric === STORAGE_DAMAGE.name)
}

test('a damaged chunk is left out, named by db check, and an event until it is gone', async () => {
  expect(await countTrueValues()).toBe(2 * FRAMES * METRICS.length)
  const [chunk] = await database.query<{ id: number; packed: Uint8Array }>(
    'SELECT id, packed FROM chunk ORDER BY id',
  )
  if (!chunk) throw new Error('no chunk')
  for (let bit = 0; bit < chunk.packed.length * 8; bit += 5) {
    await run('UPDATE chunk SET packed = ? WHERE id = ?', [flip(chunk.packed, bit), chunk.id])
    expect(await countTrueValues()).toBe(2 * FRAMES * METRICS.length - FRAMES)
  }
  const problems = await store.maintenance.check()
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain('host web01, metric odd, 2026-01-10')
  const [event, ...others] = await listDamageEvents()
  expect(event?.message).toContain('host web01, metric odd, 2026-01-10')
  expect(event?.status).toBe('open')
  expect(others).toEqual([])
  await run('UPDATE chunk SET packed = ? WHERE id = ?', [chunk.packed, chunk.id])
  expect(await store.maintenance.check()).toEqual([])
  expect((await listDamageEvents())[0]?.status).toBe('closed')
})

test('chunks and blocks that change places are noticed', async () => {
  await store.ingest.write([aReport('db01', { frames: framesOf(0).map((frame) => ({ ...frame })) })])
  await store.maintenance.compact(MIDNIGHT + DAY, 1000)
  expect(await store.maintenance.check()).toEqual([])
  const [a, b] = await database.query<{ id: number; packed: Uint8Array }>(
    'SELECT id, packed FROM chunk ORDER BY id',
  )
  if (!a || !b) throw new Error('no chunks')
  await run('UPDATE chunk SET packed = ? WHERE id = ?', [a.packed, b.id])
  expect(await store.maintenance.check()).toEqual([expect.stringContaining('metric cpu, 2026-01-10')])
  await run('UPDATE chunk SET packed = ? WHERE id = ?', [b.packed, b.id])
  await run('UPDATE block SET first_chunk = first_chunk + 1 WHERE host = 1')
  expect(await store.maintenance.check()).toContainEqual(
    expect.stringContaining('host web01, all metrics, 2026-01-10'),
  )
  expect(await countTrueValues()).toBe(FRAMES * METRICS.length)
})

test('each bit that flips in frames and rows of blocks costs values and gives no wrong one', async () => {
  const random = randomOf(11)
  const [block] = await database.query<{ times: Uint8Array; metrics: Uint8Array }>(
    'SELECT times, metrics FROM block',
  )
  if (!block) throw new Error('no block')
  for (const column of ['times', 'metrics'] as const)
    for (let bit = 0; bit < block[column].length * 8; bit++) {
      await run(`UPDATE block SET ${column} = ?`, [flip(block[column], bit)])
      expect(await countTrueValues()).toBe(FRAMES * METRICS.length)
      await run(`UPDATE block SET ${column} = ?`, [block[column]])
    }
  const frames = await database.query<{ time: number; packed: Uint8Array }>('SELECT time, packed FROM frame')
  for (const { time, packed } of frames) {
    await run('UPDATE frame SET packed = ? WHERE time = ?', [
      flip(packed, Math.floor(random() * packed.length * 8)),
      time,
    ])
  }
  expect(await countTrueValues()).toBe(FRAMES * METRICS.length)
  // Compaction goes past what is damaged, and what comes again takes its place.
  await store.maintenance.compact(MIDNIGHT + DAY + 20 * 60, 1000)
  await store.ingest.write([aReport('web01', { frames: framesOf(1) })])
  expect(await countTrueValues()).toBe(2 * FRAMES * METRICS.length)
  await store.maintenance.compact(MIDNIGHT + 2 * DAY, 1000)
  expect(await countTrueValues()).toBe(2 * FRAMES * METRICS.length)
  expect(await store.maintenance.check()).toEqual([])
})

test('compaction into a damaged block goes on: other metrics keep their values', async () => {
  const [chunk] = await database.query<{ id: number; packed: Uint8Array }>(
    'SELECT id, packed FROM chunk ORDER BY id',
  )
  if (!chunk) throw new Error('no chunk')
  await run('UPDATE chunk SET packed = ? WHERE id = ?', [flip(chunk.packed, 77), chunk.id])
  const late = aFrame(MIDNIGHT + FRAMES * 60, { disk: expectedOf('disk', FRAMES) })
  await store.ingest.write([aReport('web01', { frames: [late] })])
  await store.maintenance.compact(MIDNIGHT + DAY, 1000)
  expect(await countTrueValues()).toBe(2 * FRAMES * METRICS.length - FRAMES + 1)
  expect(await store.maintenance.check()).toEqual([expect.stringContaining('metric odd, 2026-01-10')])
  await run('UPDATE block SET samples = samples + 1')
  await store.ingest.write([aReport('web01', { frames: [framesOf(0)[0] ?? late] })])
  await store.maintenance.compact(MIDNIGHT + DAY, 1000)
  expect(await countTrueValues()).toBe((FRAMES + 1) * METRICS.length)
})

test('what a newer program writes beside this one is no damage, and is not compacted by this one', async () => {
  await run('INSERT INTO migration (number, applied) VALUES (?, ?)', [SCHEMA_VERSION + 1, MIDNIGHT])
  await run('UPDATE chunk SET packed = ?', [new Uint8Array(40)])
  expect(await countTrueValues()).toBe(FRAMES * METRICS.length)
  await store.maintenance.check()
  expect(await listDamageEvents()).toEqual([])
  const before = await store.maintenance.stats()
  await expectFailure(store.maintenance.compact(MIDNIGHT + 2 * DAY, 1000), /start the newer program/)
  expect(await store.maintenance.stats()).toEqual(before)
})

test('a block without what it must have is damaged, and the next one is not taken for it', async () => {
  const [row] = await database.query<BlockRow>(`SELECT ${BLOCK_COLUMNS} FROM block`)
  if (!row) throw new Error('there is no block')
  for (const without of [{ metrics: null }, { times: null }]) {
    expect(isSoundBlock(Object.assign({}, row, without))).toBeFalse()
    expect(isSoundBlock(row)).toBeTrue()
  }
})

test('a chunk that is not there is damage, told by whoever wants to read it', async () => {
  const [row] = await database.query<BlockRow>(`SELECT ${BLOCK_COLUMNS} FROM block`)
  await run('DELETE FROM chunk WHERE id = ?', [row?.first_chunk ?? 0])
  const all = METRICS.length * FRAMES * 2
  expect(await countTrueValues()).toBe(all - FRAMES)
  const deadline = Date.now() + 10_000
  for (;;) {
    const { events } = await store.events.list({})
    if (events.some(({ metric, status }) => metric === STORAGE_DAMAGE.name && status === 'open')) break
    if (Date.now() > deadline) throw new Error('there is no event')
    await Bun.sleep(10)
  }
})

test('a chunk is decoded once for all reads of a short time, and once for each read of a long one', async () => {
  const blocks = new CompactedSamples(database, ({ problem }) => {
    throw new Error(problem)
  })
  const [host] = await database.query<{ id: number }>('SELECT id FROM host')
  const metrics = (await database.query<{ id: number }>('SELECT id FROM metric')).map(({ id }) => id)
  const decode = async (days: number) => {
    const found: Float64Array[] = []
    const wanted = { host: host?.id ?? 0, metrics, from: MIDNIGHT, to: MIDNIGHT + days * DAY - 1 }
    await blocks.eachDay(wanted, (day) => {
      for (const [i] of metrics.entries()) found.push(day.decode(i)?.values ?? new Float64Array())
    })
    return found
  }
  const long = await decode(30)
  expect(long.map(({ length }) => length)).toEqual(METRICS.map(() => FRAMES))
  expect((await decode(30)).every((values, i) => values !== long[i])).toBeTrue()
  const short = await decode(1)
  expect(short).toEqual(long)
  expect((await decode(3)).every((values, i) => values === short[i])).toBeTrue()
})

test('a value that never changes is remembered as often as it was there, also when it comes once more', async () => {
  const write = (from: number, count: number) =>
    store.ingest.write([
      aReport('db01', {
        frames: Array.from({ length: count }, (_, i) => aFrame(MIDNIGHT + (from + i) * 60, { cpu: 5 })),
      }),
    ])
  for (const [from, count] of [
    [0, 30],
    [30, 1],
    [31, 200],
  ] as const) {
    await write(from, count)
    await store.maintenance.compact(MIDNIGHT + 12 * 3600, 1000)
    const { times, values } = await store.samples.range('db01', 'cpu', MIDNIGHT, MIDNIGHT + DAY - 1)
    expect([...times]).toEqual(Array.from({ length: from + count }, (_, i) => MIDNIGHT + i * 60))
    expect(values.every((value) => value === 5)).toBeTrue()
  }
})
