import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { createLog } from '../../../src/lib/log.ts'
import type { Database } from '../../../src/storage/database/database.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { openStore } from '../../../src/storage/open.ts'
import { compactFrames } from '../../../src/storage/timeseries/compaction.ts'
import { createMetricSetReader } from '../../../src/storage/timeseries/metric-sets.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { aFrame, aReport, MIDNIGHT, toPairs } from '../reports.ts'

const DAY = 86_400
const DAYS = 5
const HOSTS = 1000

test('past days of one host are compacted without a look at each other host, a day of all as before', async () => {
  const dataDir = makeTempDir()
  const now = MIDNIGHT + (DAYS + 2) * DAY
  const options = {
    dataDir,
    clock: fakeClock(now * 1000),
    log: createLog({ level: 'error', format: 'text', write: () => {} }),
  }
  const store = await openStore('sqlite:monitor.db', options)
  const { database } = await openDatabase('sqlite:monitor.db', options)
  try {
    const names = Array.from({ length: HOSTS }, (_, i) => `web${i}`)
    const last = MIDNIGHT + DAYS * DAY + 60
    await store.ingest.write(names.map((name, i) => aReport(name, { frames: [aFrame(last, { load: i })] })))
    const days = Array.from({ length: DAYS }, (_, day) => MIDNIGHT + day * DAY + 600)
    for (const name of ['web3', 'web998'])
      await store.ingest.write([
        aReport(name, { frames: days.map((time) => aFrame(time, { load: time % 7 })) }),
      ])
    let transactions = 0
    const counting: Database = {
      ...database,
      transaction: (act) => {
        transactions++
        return database.transaction(act)
      },
    }
    const options = { before: MIDNIGHT + DAYS * DAY, limit: 1000, note: () => {}, now }
    expect(await compactFrames(counting, createMetricSetReader(), options)).toBe(2 * DAYS)
    // For each day: one begins it, one is for both hosts, one says that these were all, and one deletes their frames.
    expect(transactions).toBeLessThanOrEqual(4 * DAYS)
    expect(await database.query('SELECT COUNT(*) AS count FROM frame')).toEqual([{ count: HOSTS }])
    expect(
      await compactFrames(counting, createMetricSetReader(), { ...options, before: now, limit: 5000 }),
    ).toBe(HOSTS)
    for (const name of ['web3', 'web998'])
      expect(toPairs(await store.samples.range(name, 'load', MIDNIGHT, now))).toEqual([
        ...days.map((time): [number, number] => [time, time % 7]),
        [last, Number(name.slice(3))],
      ])
    expect(toPairs(await store.samples.range('web500', 'load', MIDNIGHT, now))).toEqual([[last, 500]])
  } finally {
    await database.close()
    await store.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
