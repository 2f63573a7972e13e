import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../../src/lib/log.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { aFrame, aReport, MIDNIGHT, toPairs } from '../reports.ts'

/**
 * Databases that earlier builds wrote, with the values that were put into them, by host and metric. Each file is named after the
 * commit of its build. They are never written anew: what was once written has to be read for ever.
 */
const FIXTURES = join(import.meta.dir, '..', '..', 'fixtures', 'storage')
const BUILDS = ['473b423'] as const

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

for (const build of BUILDS)
  test(`what build ${build} wrote is read value by value, and gets checksums when it is compacted again`, async () => {
    writeFileSync(join(dataDir, 'golden.db'), await unpack(`${build}.db.zst`))
    const expected: Expected = JSON.parse(Buffer.from(await unpack(`${build}.json.zst`)).toString())
    const store = await openStore('sqlite:golden.db', options())
    expect(await countBlocks('checksum IS NULL')).toBeGreaterThan(1)
    expect(await store.maintenance.check()).toEqual([])
    await expectValues(store, expected)
    // The late frames that wait there go into blocks of the old form, those of web01 get a new one.
    const added = MIDNIGHT + 3600 * 12
    await store.ingest.write([aReport('web01', { frames: [aFrame(added, { percent: 7.25 })] })])
    while ((await store.maintenance.compact(MIDNIGHT + 2 * 86_400, 100)) >= 100);
    expect(await store.maintenance.check()).toEqual([])
    expect((await store.maintenance.stats()).frames).toBe(0)
    expect(await countBlocks('checksum IS NULL')).toBe(0)
    const { web01 = {} } = expected
    const percent = [...(web01.percent ?? []), [added, 7.25] as const].sort(([a], [b]) => a - b)
    await expectValues(store, { ...expected, web01: { ...web01, percent } })
    await store.close()
  })
