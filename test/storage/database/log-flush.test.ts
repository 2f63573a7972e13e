import { afterEach, beforeEach, expect, test } from 'bun:test'
import { closeSync, fdatasync, openSync, readFileSync, rmSync, symlinkSync, writeSync } from 'node:fs'
import { openSqlite, type SqliteDatabase } from '../../../src/storage/database/sqlite/sqlite.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'

let folder = ''
let database: SqliteDatabase
/** What the disk answers to a flush; null as long as it is sound. */
let failure: string | null = null
/** After so many flushes the disk is sound again; 0 for never. */
let failures = 0
let flushes = 0
/** A flush begins when this is over. */
let disk: Promise<void> = Promise.resolve()

const sync = (handle: number) =>
  new Promise<void>((resolve, reject) => {
    flushes++
    const code = failure
    if (failures > 0 && --failures === 0) failure = null
    if (code === null) disk.then(() => fdatasync(handle, (error) => (error ? reject(error) : resolve())))
    else reject(Object.assign(new Error(`${code}: fdatasync`), { code }))
  })

const open = () => openSqlite(`${folder}/monitor.db`, { clock: fakeClock(), sync })

/** What SQLite calls `synchronous=NORMAL` and `FULL`. */
const NORMAL = 1
const FULL = 2

beforeEach(async () => {
  folder = makeTempDir()
  failure = null
  failures = 0
  flushes = 0
  disk = Promise.resolve()
  database = await open()
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

test('only commits that may be flushed aside are', async () => {
  expect(await add(1)).toBe(FULL)
  expect(await add(2, true)).toBe(NORMAL)
  expect(await add(3, true)).toBe(NORMAL)
  expect(await add(4)).toBe(FULL)
  expect(await add(5, true)).toBe(NORMAL)
  expect(await modeNow()).toBe(FULL)
  const rows = await database.query<{ n: number }>('SELECT n FROM t ORDER BY n')
  expect(rows.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5])
})

test('this thread goes on while a commit is flushed, and the next transaction waits for it', async () => {
  await add(1, true)
  const held = Promise.withResolvers<void>()
  disk = held.promise
  let isOver = false
  const first = add(2, true).then(() => {
    isOver = true
  })
  let isNextOver = false
  const second = add(3).then(() => {
    isNextOver = true
    return isOver
  })
  await Bun.sleep(5)
  expect([isOver, isNextOver]).toEqual([false, false])
  held.resolve()
  expect(await second).toBe(true)
  await first
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

test('where a log can not be flushed aside, SQLite flushes each commit', async () => {
  await database.close()
  database = await open()
  failure = 'EINVAL'
  expect(await add(1, true)).toBe(FULL)
  expect(await add(2, true)).toBe(FULL)
})

test('nothing is committed to a log that is no longer in its place', async () => {
  await add(1, true)
  rmSync(`${folder}/monitor.db-wal`)
  await expect(add(2, true)).rejects.toThrow('was deleted or replaced')
  await expect(add(3)).rejects.toThrow('was deleted or replaced')
  expect(await modeNow()).toBe(FULL)
  expect(await numbers()).toEqual([1])
})

const numbers = async () =>
  (await database.query<{ n: number }>('SELECT n FROM t ORDER BY n')).map(({ n }) => n)

for (const code of ['EIO', 'ENOSPC', 'EDQUOT'])
  test(`after a flush that failed with ${code}, nothing is committed before the log was written again`, async () => {
    await add(1, true)
    failure = code
    await expect(add(2, true)).rejects.toThrow(code)
    // It was committed, and may be lost with the power.
    expect(await numbers()).toEqual([1, 2])
    await expect(add(3, true)).rejects.toThrow(code)
    await expect(add(4)).rejects.toThrow(code)
    await expect(modeNow()).rejects.toThrow(code)
    expect(await numbers()).toEqual([1, 2])
    failure = null
    const before = flushes
    const log = readFileSync(`${folder}/monitor.db-wal`)
    expect(await add(5, true)).toBe(NORMAL)
    // One flush for the log that was written again, one for the commit.
    expect(flushes - before).toBe(2)
    expect(readFileSync(`${folder}/monitor.db-wal`).subarray(0, log.length).equals(log)).toBe(true)
    expect(await numbers()).toEqual([1, 2, 5])
  })

test('a log that may not be on disk is not moved into the database at the end', async () => {
  await add(1, true)
  failure = 'EIO'
  await expect(add(2, true)).rejects.toThrow('EIO')
  const before = readFileSync(`${folder}/monitor.db`)
  await database.close()
  expect(readFileSync(`${folder}/monitor.db`).equals(before)).toBe(true)
  database = await open()
  await expect(add(3, true)).rejects.toThrow('EIO')
  failure = null
  const start = flushes
  await add(4, true)
  expect(flushes - start).toBe(2)
  expect(await numbers()).toEqual([1, 2, 4])
})

test('a commit is on disk when its flush fails and the log can be written again at once', async () => {
  await add(1, true)
  const before = flushes
  failure = 'EIO'
  failures = 1
  expect(await add(2, true)).toBe(NORMAL)
  expect(flushes - before).toBe(2)
  await add(3, true)
  expect(flushes - before).toBe(3)
})

test('a log that another process left is written again before the first commit', async () => {
  await add(1, true)
  const second = await open()
  const before = flushes
  await second.transaction((transaction) => transaction.run('INSERT INTO t (n) VALUES (2)'))
  expect(flushes - before).toBe(1)
  failure = 'EIO'
  const third = await open()
  await expect(third.transaction((transaction) => transaction.run('DELETE FROM t'))).rejects.toThrow('EIO')
  failure = null
  await third.close()
  await second.close()
  expect(await numbers()).toEqual([1, 2])
})

test('of a log of which the disk has lost a part, nothing more is written and nothing gets into the database', async () => {
  await add(1, true)
  await add(2, true)
  failure = 'EIO'
  await expect(add(3, true)).rejects.toThrow('EIO')
  failure = null
  const path = `${folder}/monitor.db-wal`
  const log = readFileSync(path)
  const lastFrame = log.length - 100
  const handle = openSync(path, 'r+')
  writeSync(handle, Buffer.alloc(50, 0xaa), 0, 50, lastFrame)
  closeSync(handle)
  const before = readFileSync(`${folder}/monitor.db`)
  await expect(add(4, true)).rejects.toThrow('lost a part of the write-ahead log')
  await expect(add(5)).rejects.toThrow('lost a part of the write-ahead log')
  await expect(modeNow()).rejects.toThrow('lost a part of the write-ahead log')
  await database.close()
  expect(readFileSync(`${folder}/monitor.db`).equals(before)).toBe(true)
  // What a process that starts finds after the end of this one.
  const copy = `${folder}/copy.db`
  await Bun.write(copy, before)
  await Bun.write(`${copy}-wal`, Bun.file(path))
  database = await openSqlite(copy, { clock: fakeClock() })
  expect(await numbers()).toEqual([1, 2])
  expect(await add(6, true)).toBe(NORMAL)
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
  expect(modes).toEqual([NORMAL, NORMAL])
})
