import { afterEach, beforeEach, expect, test } from 'bun:test'
import { readdirSync, readlinkSync, rmSync } from 'node:fs'
import { createLog } from '../../../src/lib/log.ts'
import { isContentError } from '../../../src/storage/database/content-error.ts'
import type { Database, Value } from '../../../src/storage/database/database.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { insertFrames } from '../../../src/storage/ingest/insert-frames.ts'
import { FRAME_COLUMNS } from '../../../src/storage/ingest/order-rows.ts'
import { createMetricSetReader, createMetricSetWriter } from '../../../src/storage/timeseries/metric-sets.ts'
import { fakeClock } from '../../support/clock.ts'
import { findFailure } from '../../support/failure.ts'
import { makeTempDir } from '../../support/spawn.ts'

/** So long that four share a page, and short enough for none to need one of its own. */
const PACKED = new Uint8Array(1900).fill(1)
const ROWS = 50

let folder: string
let database: Database

beforeEach(async () => {
  folder = makeTempDir()
  const log = createLog({ level: 'error', format: 'text' })
  const opened = await openDatabase('sqlite:monitor.db', { dataDir: folder, clock: fakeClock(0), log })
  database = opened.database
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

const merging = {
  writer: createMetricSetWriter(),
  reader: createMetricSetReader(),
  onMerged: () => {},
}

/** Rows of one time and each second host, beginning with `first`. */
const rowsFrom = (first: number): Value[] =>
  Array.from({ length: ROWS }, (_, i) => [60, first + 2 * i, 1, PACKED]).flat()

/** Temporary files that this process has open: SQLite gives them no name, or takes it away at once. */
const listTemporary = () =>
  readdirSync('/proc/self/fd').flatMap((handle) => {
    try {
      return readlinkSync(`/proc/self/fd/${handle}`).endsWith('(deleted)') ? [handle] : []
    } catch {
      // Listing the folder has opened it, and closed it again.
      return []
    }
  })

const countFrames = async () => (await database.query('SELECT time FROM frame')).length

test.skipIf(process.platform !== 'linux')(
  'rows between those of many pages are inserted without copies of these pages in a temporary file',
  async () => {
    await database.transaction((transaction) => insertFrames(transaction, 'frame', rowsFrom(1), merging))
    const before = listTemporary()
    await database.transaction(async (transaction) => {
      await insertFrames(transaction, 'frame', rowsFrom(2), merging)
      expect(listTemporary()).toEqual(before)
    })
    expect(await countFrames()).toBe(2 * ROWS)
  },
)

test('a row that exists is left out, and the others are inserted', async () => {
  const insert = (rows: readonly Value[]) =>
    database.transaction((transaction) => {
      const count = rows.length / FRAME_COLUMNS.length
      return transaction.run(transaction.dialect.insertMissing('frame', FRAME_COLUMNS, count), rows)
    })
  expect(await insert(rowsFrom(1))).toBe(ROWS)
  expect(await insert([...rowsFrom(1), ...rowsFrom(2)])).toBe(ROWS)
  expect(await insert([...rowsFrom(1), ...rowsFrom(2)])).toBe(0)
})

test('a frame that is neither inserted nor held already ends the commit', async () => {
  const rows = rowsFrom(1)
  rows[3] = null
  const write = database.transaction((transaction) => insertFrames(transaction, 'frame', rows, merging))
  const failure = await findFailure(write)
  expect(String(failure?.error)).toContain('frame has no frame of host 1 at 60')
  // So its sender is told that it is not taken, rather than that storage is away.
  expect(isContentError(failure?.error)).toBe(true)
  expect(await countFrames()).toBe(0)
})
