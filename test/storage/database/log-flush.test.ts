import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync, symlinkSync } from 'node:fs'
import { openSqlite, type SqliteDatabase } from '../../../src/storage/database/sqlite/sqlite.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'

let folder = ''
let database: SqliteDatabase

/** What SQLite calls `synchronous=NORMAL` and `FULL`. */
const NORMAL = 1
const FULL = 2

beforeEach(async () => {
  folder = makeTempDir()
  database = await openSqlite(`${folder}/monitor.db`, { clock: fakeClock() })
  await database.transaction((transaction) => transaction.run('CREATE TABLE t (n INTEGER)'))
})

afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Commits a row; resolves with the mode of flushing that the transaction had. */
const add = (n: number, flushesAside?: boolean) =>
  database.transaction(
    async (transaction) => {
      await transaction.run('INSERT INTO t (n) VALUES (?)', [n])
      const [row] = await transaction.query<{ synchronous: number }>('PRAGMA synchronous')
      return row?.synchronous ?? 0
    },
    flushesAside === undefined ? undefined : { flushesAside },
  )

const modeNow = () =>
  database.exclusively(
    (connection) => connection.query<{ synchronous: number }, []>('PRAGMA synchronous').get()?.synchronous,
  )

test('only commits that may be flushed aside are, once that was found to work', async () => {
  expect(await add(1)).toBe(FULL)
  expect(await add(2, true)).toBe(FULL)
  expect(await add(3, true)).toBe(NORMAL)
  expect(await add(4)).toBe(FULL)
  expect(await add(5, true)).toBe(NORMAL)
  expect(await modeNow()).toBe(FULL)
  const rows = await database.query<{ n: number }>('SELECT n FROM t ORDER BY n')
  expect(rows.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5])
})

test('this thread goes on while a commit is flushed, and the next transaction waits for it', async () => {
  await add(1, true)
  let isOver = false
  const first = add(2, true).then(() => {
    isOver = true
  })
  const second = add(3).then(() => isOver)
  const turns: boolean[] = []
  const look = () => {
    turns.push(isOver)
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  expect(await second).toBe(true)
  await first
  expect(turns[0]).toBe(false)
})

test('after a transaction that fails, commits flush as before', async () => {
  await add(1, true)
  const failing = database.transaction(
    async (transaction) => {
      await transaction.run('INSERT INTO t (n) VALUES (2)')
      throw new Error('not this one')
    },
    { flushesAside: true },
  )
  await expect(failing).rejects.toThrow('not this one')
  expect(await modeNow()).toBe(FULL)
  expect(await add(3, true)).toBe(NORMAL)
})

test('a commit that can not be flushed is not said to be on disk', async () => {
  await add(1, true)
  rmSync(`${folder}/monitor.db-wal`)
  await expect(add(2, true)).rejects.toThrow('ENOENT')
  expect(await modeNow()).toBe(FULL)
})

test('the log of a database behind a link is flushed where SQLite puts it', async () => {
  symlinkSync(`${folder}/monitor.db`, `${folder}/link.db`)
  const linked = await openSqlite(`${folder}/link.db`, { clock: fakeClock() })
  const modes: number[] = []
  for (let n = 0; n < 2; n++)
    await linked.transaction(
      async (transaction) => {
        await transaction.run('INSERT INTO t (n) VALUES (?)', [n])
        const [row] = await transaction.query<{ synchronous: number }>('PRAGMA synchronous')
        modes.push(row?.synchronous ?? 0)
      },
      { flushesAside: true },
    )
  await linked.close()
  expect(modes).toEqual([FULL, NORMAL])
})
