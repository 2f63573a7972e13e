import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../../src/lib/log.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import {
  BLOCK_COLUMNS,
  type BlockRow,
  packTimes,
  readChunks,
  unpackTimes,
} from '../../../src/storage/timeseries/blocks.ts'
import {
  listOfChunk,
  openChunk,
  packChunk,
  ReferredChunks,
  referenceOfChunk,
  sealChunk,
  summariesOfChunk,
  unpackChunk,
} from '../../../src/storage/timeseries/chunks.ts'
import { readChecksum } from '../../../src/storage/timeseries/codec/checksum.ts'
import { openFrame, unpackFrame } from '../../../src/storage/timeseries/codec/frame.ts'
import { encodeReferring, findDecimals } from '../../../src/storage/timeseries/codec/numbers.ts'
import { FramePacker } from '../../../src/storage/timeseries/codec/pack-frame.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { aFrame, aReport, MIDNIGHT, toPairs } from '../reports.ts'

/**
 * Databases that earlier builds wrote, with the values that were put into them, by host and metric. Each file
 * is named after the commit of its build. They are never written anew: what was once written has to be read
 * for ever.
 */
const FIXTURES = join(import.meta.dir, '..', '..', 'fixtures', 'storage')
const BUILDS = [
  { build: '473b423', hasChecksums: false },
  { build: '239b123', hasChecksums: true },
  { build: '9247ad8', hasChecksums: true },
  { build: 'dd0959c', hasChecksums: true },
  { build: '0ba92f8', hasChecksums: true },
] as const

type Expected = Readonly<Record<string, Readonly<Record<string, readonly (readonly [number, number])[]>>>>

let dataDir: string
beforeEach(() => {
  dataDir = makeTempDir()
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const unpack = async (file: string) => Bun.zstdDecompressSync(await Bun.file(join(FIXTURES, file)).bytes())

const options = () => ({
  dataDir,
  clock: fakeClock((MIDNIGHT + 3 * 86_400) * 1000),
  log: createLog({ level: 'error', format: 'text' }),
})

async function expectValues(store: Store, expected: Expected) {
  for (const [host, metrics] of Object.entries(expected)) {
    const together = await store.samples.ranges(host, Object.keys(metrics), 0, 4e9)
    for (const [metric, pairs] of Object.entries(metrics)) {
      const wanted = pairs.map(([time, value]): [number, number] => [time, value])
      expect(toPairs(await store.samples.range(host, metric, 0, 4e9))).toEqual(wanted)
      expect(
        toPairs(together.get(metric) ?? { times: new Float64Array(), values: new Float64Array() }),
      ).toEqual(wanted)
    }
  }
}

async function countBlocks(condition: string): Promise<number> {
  const { database } = await openDatabase('sqlite:golden.db', options())
  const [row] = await database.query<{ total: number }>(
    `SELECT COUNT(*) AS total FROM block WHERE ${condition}`,
  )
  await database.close()
  return row?.total ?? 0
}

for (const { build, hasChecksums } of BUILDS)
  test(`what build ${build} wrote is read value by value, and has checksums once it is compacted again`, async () => {
    writeFileSync(join(dataDir, 'golden.db'), await unpack(`${build}.db.zst`))
    const expected: Expected = JSON.parse(Buffer.from(await unpack(`${build}.json.zst`)).toString())
    const store = await openStore('sqlite:golden.db', options())
    expect(await countBlocks(`checksum IS ${hasChecksums ? 'NOT ' : ''}NULL`)).toBeGreaterThan(1)
    expect(await store.maintenance.check()).toEqual([])
    await expectValues(store, expected)
    // Late frames wait there for blocks of the build's form, and web01 gets one more.
    const added = MIDNIGHT + 3600 * 12
    await store.ingest.write([aReport('web01', { frames: [aFrame(added, { percent: 7.25 })] })])
    while ((await store.maintenance.compact(MIDNIGHT + 2 * 86_400, 100)) >= 100);
    expect(await store.maintenance.check()).toEqual([])
    expect((await store.maintenance.stats()).frames).toBe(0)
    expect(await countBlocks('checksum IS NULL')).toBe(0)
    const { web01 = {} } = expected
    const before = (web01.percent ?? []).filter(([time]) => time !== added)
    const percent = [...before, [added, 7.25] as const].sort(([a], [b]) => a - b)
    await expectValues(store, { ...expected, web01: { ...web01, percent } })
    await store.close()
  })

test('summaries that build 9247ad8 wrote are read', async () => {
  writeFileSync(join(dataDir, 'golden.db'), await unpack('9247ad8.db.zst'))
  const expected: Expected = JSON.parse(Buffer.from(await unpack('9247ad8.json.zst')).toString())
  const { database } = await openDatabase('sqlite:golden.db', options())
  const blocks = await database.query<BlockRow>(`SELECT ${BLOCK_COLUMNS} FROM block`)
  let cells = 0
  for (const row of blocks)
    for (const [metric, packed] of (await readChunks(database, row)).chunks)
      cells += summariesOfChunk(openChunk(packed, row, metric))?.counts.length ?? 0
  await database.close()
  // Of two hosts: three metrics in six cells each, and 400 doubles in two.
  expect(cells).toBe(2 * (3 * 6 + 2))
  const store = await openStore('sqlite:golden.db', options())
  const picture = { from: MIDNIGHT, to: MIDNIGHT + 86_399, points: 10 }
  const {
    step = 0,
    low = [],
    high = [],
  } = (await store.samples.summarize('db01', ['percent'], picture)).get('percent') ?? {}
  const day = (expected.db01?.percent ?? []).filter(([time]) => time <= picture.to)
  const rows = Array.from({ length: 6 }, (_, row) =>
    day.filter(([time]) => Math.floor((time - MIDNIGHT) / step) === row).map(([, value]) => value),
  )
  expect(step).toBe(4 * 3600)
  expect([...low]).toEqual(rows.map((row) => Math.min(...row)))
  expect([...high]).toEqual(rows.map((row) => Math.max(...row)))
  await store.close()
})

test('build 0ba92f8 wrote chunks that refer to others', async () => {
  writeFileSync(join(dataDir, 'golden.db'), await unpack('0ba92f8.db.zst'))
  const { database } = await openDatabase('sqlite:golden.db', options())
  let references = 0
  for (const row of await database.query<BlockRow>(`SELECT ${BLOCK_COLUMNS} FROM block`))
    for (const [metric, packed] of (await readChunks(database, row)).chunks)
      if (referenceOfChunk(openChunk(packed, row, metric))) references++
  await database.close()
  expect(references).toBe(16)
})

describe('the examples of src/storage/README.md', async () => {
  const readme = await Bun.file(join(import.meta.dir, '../../../src/storage/README.md')).text()
  const examples = (kind: string) =>
    [...readme.matchAll(new RegExp(`\`\`\`${kind}\n([0-9a-f]+)\n\`\`\``, 'g'))].map(([, hex = '']) => hex)
  const bytes = (hex: string | undefined) => Uint8Array.from(Buffer.from(hex ?? '', 'hex'))
  const hex = (packed: Uint8Array) => Buffer.from(packed).toString('hex')

  test('are a frame', () => {
    const [example, ...others] = examples('frame')
    const values = [12.5, null, 7, Math.PI, -4096]
    expect(others).toEqual([])
    const body = openFrame(bytes(example), MIDNIGHT, 1)
    expect(unpackFrame(body, () => 5)).toEqual({ metricSet: 3, values })
    const metricSet = { id: 3, metrics: values, columns: null }
    expect(hex(new FramePacker().pack({ time: MIDNIGHT, values }, 1, metricSet))).toBe(example ?? '')
  })

  test('are times and chunks', () => {
    const [example] = examples('times')
    const times = Float64Array.of(0, 60, 120, 180, 241)
    expect(unpackTimes(bytes(example))).toEqual([times])
    expect(hex(packTimes([times]))).toBe(example ?? '')
    const chunks = [
      { metric: 7, values: Float64Array.of(50, 50.25, 50.5, 49.75, 50) },
      { metric: 8, values: new Float64Array(5).fill(42) },
    ]
    expect(examples('chunk')).toHaveLength(chunks.length)
    for (const [i, { metric, values }] of chunks.entries()) {
      const packed = bytes(examples('chunk')[i])
      const body = openChunk(packed, { host: 1, day: 20_463, checksum: 0 }, metric)
      expect(listOfChunk(body)).toBe(0)
      expect(unpackChunk(body, times)).toEqual(values)
      expect(hex(sealChunk(packChunk(0, times, values), 1, 20_463, metric))).toBe(hex(packed))
    }
  })

  test('are a chunk that refers to another one', () => {
    const times = Float64Array.of(0, 60, 120, 180, 241)
    const place = { host: 1, day: 20_463, checksum: 0 }
    const base = bytes(examples('chunk')[0])
    const values = Float64Array.of(1000, 999.75, 999.5, 1000.25, 1000)
    const decimals = findDecimals(values)
    if (!decimals) throw new Error('the numbers are no decimals')
    const encoded = encodeReferring(values, decimals, {
      metric: 7,
      checksum: readChecksum(base, 0),
      relation: { factor: -1, offset: 0 },
      residuals: new Float64Array(values.length),
      expected: 1,
    })
    const [example, ...others] = examples('referring')
    expect(others).toEqual([])
    expect(hex(sealChunk(packChunk(0, times, values, encoded), 1, 20_463, 9))).toBe(example ?? '')
    const body = openChunk(bytes(example), place, 9)
    expect(referenceOfChunk(body)?.metric).toBe(7)
    const { stepsOf } = new ReferredChunks(place, (metric) => (metric === 7 ? base : undefined))
    expect(unpackChunk(body, times, stepsOf)).toEqual(values)
  })
})
