import { afterEach, beforeEach, expect, test } from 'bun:test'
import {
  closeSync,
  fdatasync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { createLog, type LogLevel } from '../../../src/lib/log.ts'
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

/** Levels of what was logged of the disk. */
let logged: LogLevel[] = []

const log = createLog({ level: 'info', format: 'json', write: (line) => logged.push(JSON.parse(line).level) })

const clock = fakeClock()
const open = () => openSqlite(`${folder}/monitor.db`, { clock, log, sync })

/** After so many milliseconds a disk that failed is asked again. */
const AGAIN_MS = 1000

/** What SQLite calls `synchronous=NORMAL` and `FULL`. */
const NORMAL = 1
const FULL = 2

beforeEach(async () => {
  folder = makeTempDir()
  failure = null
  failures = 0
  flushes = 0
  logged = []
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

test('only commits that may be flushed aside are', async () => {
  expect(await add(1)).toBe(FULL)
  expect(await add(2, true)).toBe(NORMAL)
  expect(await add(3, true)).toBe(NORMAL)
  expect(await add(4)).toBe(FULL)
  expect(await add(5, true)).toBe(NORMAL)
  expect(await add(6)).toBe(FULL)
  const rows = await database.query<{ n: number }>('SELECT n FROM t ORDER BY n')
  expect(rows.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6])
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
  expect(await add(4)).toBe(FULL)
  expect(await add(3, true)).toBe(NORMAL)
})

test('where a log can not be flushed aside, SQLite flushes each commit', async () => {
  await database.close()
  database = await open()
  failure = 'EINVAL'
  expect(await add(1, true)).toBe(FULL)
  expect(await add(2, true)).toBe(FULL)
})

test.each(['-wal', '-shm'])(
  'when %s is deleted, nothing is committed, and what it had is in the database',
  async (suffix) => {
    await add(1, true)
    await add(2)
    rmSync(`${folder}/monitor.db${suffix}`)
    await expect(add(3, true)).rejects.toThrow(`monitor.db${suffix} was deleted or replaced`)
    await expect(add(4)).rejects.toThrow(`monitor.db${suffix} was deleted or replaced`)
    expect(await numbers()).toEqual([1, 2])
    // As after kill -9.
    await Bun.write(`${folder}/copy.db`, Bun.file(`${folder}/monitor.db`))
    await database.close()
    database = await openSqlite(`${folder}/copy.db`, { clock: fakeClock() })
    expect(await numbers()).toEqual([1, 2])
  },
)

test('nothing is committed to a log that somebody has cut off, and a restart reads what is left', async () => {
  await add(1, true)
  const half = statSync(`${folder}/monitor.db-wal`).size
  await add(2, true)
  truncateSync(`${folder}/monitor.db-wal`, half + 100)
  await expect(add(3, true)).rejects.toThrow('somebody has cut it off')
  await expect(add(4)).rejects.toThrow('somebody has cut it off')
  expect(logged).toEqual(['error'])
  expect(database.diskFailures()).toMatchObject({ count: 1, isOver: false })
  // What a process that starts finds after the end of this one.
  const copy = `${folder}/copy.db`
  for (const suffix of ['', '-wal']) await Bun.write(copy + suffix, Bun.file(`${folder}/monitor.db${suffix}`))
  await database.close()
  database = await openSqlite(copy, { clock: fakeClock() })
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
    await expect(database.emptyLog()).rejects.toThrow(code)
    expect(await numbers()).toEqual([1, 2])
    failure = null
    const before = flushes
    await expect(add(5, true)).rejects.toThrow(`it is tried again each second: ${code}`)
    expect(flushes).toBe(before)
    await clock.advance(AGAIN_MS)
    const log = readFileSync(`${folder}/monitor.db-wal`)
    expect(await add(5, true)).toBe(NORMAL)
    // A flush before and one behind the log that is written again, and one for the commit.
    expect(flushes - before).toBe(3)
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
  await clock.advance(AGAIN_MS)
  const start = flushes
  await add(4, true)
  expect(flushes - start).toBe(3)
  expect(await numbers()).toEqual([1, 2, 4])
})

test('a commit is on disk when its flush fails and the log can be written again at once', async () => {
  await add(1, true)
  const before = flushes
  failure = 'EIO'
  failures = 1
  expect(await add(2, true)).toBe(NORMAL)
  expect(flushes - before).toBe(3)
  await add(3, true)
  expect(flushes - before).toBe(4)
  expect(logged).toEqual(['error', 'warn'])
  expect(database.diskFailures()).toMatchObject({ count: 1, isOver: true })
})

test('a log that another process left is written again before the first commit', async () => {
  await add(1, true)
  const second = await open()
  const before = flushes
  await second.transaction((transaction) => transaction.run('INSERT INTO t (n) VALUES (2)'))
  expect(flushes - before).toBe(2)
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
  await clock.advance(AGAIN_MS)
  const path = `${folder}/monitor.db-wal`
  const log = readFileSync(path)
  const lastFrame = log.length - 100
  const handle = openSync(path, 'r+')
  writeSync(handle, Buffer.alloc(50, 0xaa), 0, 50, lastFrame)
  closeSync(handle)
  const before = readFileSync(`${folder}/monitor.db`)
  await expect(add(4, true)).rejects.toThrow('lost a part of the write-ahead log')
  await expect(add(5)).rejects.toThrow('lost a part of the write-ahead log')
  await expect(database.emptyLog()).rejects.toThrow('lost a part of the write-ahead log')
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
