import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { yieldThread } from '../../../src/lib/yield-thread.ts'
import type { Reader } from '../../../src/storage/database/database.ts'
import { migrate } from '../../../src/storage/database/migrations.ts'
import { openSqlite, type SqliteDatabase } from '../../../src/storage/database/sqlite/sqlite.ts'
import { readSteadily } from '../../../src/storage/timeseries/consistent-read.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'

let folder = ''
let database: SqliteDatabase
let statements: string[] = []

beforeEach(async () => {
  folder = makeTempDir()
  database = await openSqlite(`${folder}/monitor.db`, { clock: fakeClock() })
  await migrate(database, 1)
  await database.transaction(async (transaction) => {
    await transaction.run("INSERT INTO metric (id, name) VALUES (1, 'percent')")
    await transaction.run(
      `INSERT INTO block (day, host, first_time, last_time, samples, revision, first_chunk, metrics, times)
        VALUES (20000, 1, 0, 0, 1, 1, 1, x'01', x'')`,
    )
  })
  statements = []
})

afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The database, which notes its statements. */
const noted = (): SqliteDatabase => ({
  ...database,
  query: (sql, values) => {
    statements.push(sql)
    return database.query(sql, values)
  },
})

const change = () =>
  database.transaction((transaction) => transaction.run('UPDATE block SET revision = revision + 1'))

async function readBlocks(reader: Reader, meanwhile: (reading: number) => Promise<unknown>) {
  let readings = 0
  const { blocks } = await readSteadily(reader, 1, () => meanwhile(++readings), {
    first: 20_000,
    last: 20_000,
  })
  return { readings, revisions: blocks.map(({ revision }) => revision) }
}

test('what one snapshot has is read once, with no statement more', async () => {
  const found = await readBlocks(noted(), async () => {})
  expect(found).toEqual({ readings: 1, revisions: [1] })
  expect(statements.length).toBe(1)
})

test('where the snapshot has ended, the revisions are compared', async () => {
  const found = await readBlocks(noted(), yieldThread)
  expect(found).toEqual({ readings: 1, revisions: [1] })
  expect(statements.filter((sql) => sql.startsWith('SELECT day, revision')).length).toBe(1)
})

test('a block that was changed meanwhile is read again', async () => {
  expect(await readBlocks(noted(), async (reading) => reading < 3 && change())).toEqual({
    readings: 3,
    revisions: [3],
  })
})

test('a database without snapshots compares the revisions', async () => {
  const reader: Reader = { dialect: database.dialect, query: noted().query }
  expect(await readBlocks(reader, async (reading) => reading < 2 && change())).toEqual({
    readings: 2,
    revisions: [2],
  })
  expect(statements.filter((sql) => sql.startsWith('SELECT day, revision')).length).toBe(2)
})

test('a failed statement ends the snapshot', async () => {
  const before = database.snapshot?.()
  await database.query('SELECT 1 AS one')
  expect(database.snapshot?.()).toBe(before)
  await expect(database.query('SELECT 1 FROM nowhere')).rejects.toThrow('nowhere')
  expect(database.snapshot?.()).not.toBe(before)
})
