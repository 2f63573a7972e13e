import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { createLog } from '../../../src/lib/log.ts'
import { yieldThread } from '../../../src/lib/yield-thread.ts'
import type { Database } from '../../../src/storage/database/database.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { checkDatabase } from '../../../src/storage/maintenance/check.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { createMetricSetReader } from '../../../src/storage/timeseries/metric-sets.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { aFrame, aReport, MIDNIGHT } from '../reports.ts'

let dataDir: string
let store: Store
let database: Database

const options = () => ({
  dataDir,
  clock: fakeClock(MIDNIGHT * 1000),
  log: createLog({ level: 'error', format: 'text' }),
})

beforeEach(async () => {
  dataDir = makeTempDir()
  store = await openStore('sqlite:monitor.db', options())
  database = (await openDatabase('sqlite:monitor.db', options())).database
})
afterEach(async () => {
  await database.close()
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

async function compactOne(metric: string) {
  await store.ingest.write([aReport('web01', { frames: [aFrame(MIDNIGHT, { [metric]: 1 })] })])
  await store.maintenance.compact(MIDNIGHT + 86_400, 1000)
}

/** As another process would change it, which the store sees with the next event. */
async function run(sql: string) {
  await database.transaction((transaction) => transaction.run(sql))
  await yieldThread()
}

/** Compacts something new before each of the first few statements on chunks. */
function meddle(times: number): Database {
  let left = times
  return {
    ...database,
    async query(sql, values) {
      if (sql.includes('FROM chunk') && left > 0) await compactOne(`metric.${left--}`)
      return database.query(sql, values)
    },
  }
}

test('finds nothing wrong with what is compacted while it looks', async () => {
  await compactOne('first')
  expect(await checkDatabase(meddle(6), createMetricSetReader(), [], () => {})).toEqual([])
  expect((await store.maintenance.stats()).samples).toBe(7)
})

test('finds a segment that is missing and one too many', async () => {
  await compactOne('first')
  await run('UPDATE chunk SET id = id + 100')
  const [problem, ...others] = await store.maintenance.check()
  expect(problem).toContain('host web01, metric first, 2026-01-10')
  expect(problem).toContain('its values are missing')
  expect(others).toEqual([])
  await run('INSERT INTO chunk (id, packed) SELECT id + 1, packed FROM chunk')
  expect(await store.maintenance.check()).toContain('there are 2 chunks, but the blocks name 1')
})
