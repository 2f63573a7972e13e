import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, rmSync, statSync } from 'node:fs'
import { yieldThread } from '../../../src/lib/yield-thread.ts'
import { migrate } from '../../../src/storage/database/migrations.ts'
import { backUp } from '../../../src/storage/database/sqlite/backup.ts'
import { openSqlite, type SqliteDatabase } from '../../../src/storage/database/sqlite/sqlite.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'

let folder = ''
let ours: SqliteDatabase
let other: SqliteDatabase
let monotonic = 0

beforeEach(async () => {
  folder = makeTempDir()
  const clock = { ...fakeClock(), monotonicMs: () => monotonic }
  ours = await openSqlite(`${folder}/monitor.db`, { clock })
  await migrate(ours, 1)
  other = await openSqlite(`${folder}/monitor.db`, { clock })
  // Before its first commit it writes the log again, which takes more than promises.
  await other.transaction(async () => {})
})

afterEach(async () => {
  await ours.close()
  await other.close()
  rmSync(folder, { recursive: true, force: true })
})

const add = (database: SqliteDatabase, name: string) =>
  database.transaction((transaction) => transaction.run('INSERT INTO metric (name) VALUES (?)', [name]))

async function read(database: SqliteDatabase): Promise<string[]> {
  const rows = await database.query<{ name: string }>('SELECT name FROM metric ORDER BY name')
  return rows.map(({ name }) => name)
}

test('statements of one turn see one moment; the next turn sees what others have committed', async () => {
  expect(await read(ours)).toEqual([])
  await add(other, 'a')
  expect(await read(ours)).toEqual([])
  await yieldThread()
  expect(await read(ours)).toEqual(['a'])
})

test('what was committed here is seen at once', async () => {
  expect(await read(ours)).toEqual([])
  await add(ours, 'a')
  expect(await read(ours)).toEqual(['a'])
})

test('reads within a transaction see what others had committed when it began', async () => {
  expect(await read(ours)).toEqual([])
  await add(other, 'a')
  const seen = await ours.transaction(() => read(ours))
  expect(seen).toEqual(['a'])
})

test('a turn that never ends holds no moment for longer than some milliseconds', async () => {
  expect(await read(ours)).toEqual([])
  await add(other, 'a')
  monotonic += 60
  expect(await read(ours)).toEqual(['a'])
})

test('a statement that fails leaves nothing open, and others go on', async () => {
  await expect(ours.query('SELECT 1 FROM nowhere')).rejects.toThrow('nowhere')
  await add(other, 'a')
  await yieldThread()
  expect(await read(ours)).toEqual(['a'])
})

test('backup and emptying of the log do not wait for the turn to end', async () => {
  await add(ours, 'a')
  expect(await read(ours)).toEqual(['a'])
  await backUp(ours, `${folder}/copy.db`)
  expect(existsSync(`${folder}/copy.db`)).toBe(true)
  expect(await read(ours)).toEqual(['a'])
  await ours.emptyLog()
  expect(statSync(`${folder}/monitor.db-wal`).size).toBe(0)
})
