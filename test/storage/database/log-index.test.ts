import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { Checkpoint } from '../../../src/storage/database/sqlite/checkpoint.ts'
import { DiskTrouble } from '../../../src/storage/database/sqlite/disk-trouble.ts'
import { LogFlush } from '../../../src/storage/database/sqlite/log-flush.ts'
import { LogIndex } from '../../../src/storage/database/sqlite/log-index.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'

let folder = ''
let file = ''
let writer: Database
let other: Database
let index: LogIndex

beforeEach(() => {
  folder = makeTempDir()
  file = `${folder}/monitor.db`
  writer = connect()
  other = connect()
  writer.run('CREATE TABLE t (text TEXT)')
  writer.run("INSERT INTO t VALUES ('sound')")
  index = new LogIndex(file)
})

afterEach(() => {
  other.close()
  writer.close()
  rmSync(folder, { recursive: true, force: true })
})

function connect() {
  const connection = new Database(file)
  connection.run('PRAGMA journal_mode = WAL')
  connection.run('PRAGMA wal_autocheckpoint = 0')
  return connection
}

const texts = (connection: Database) => connection.query('SELECT text FROM t').values().flat()

const measure = () => other.query('PRAGMA wal_checkpoint(NOOP)').values()[0]?.map(Number)

function locked(act: () => void) {
  writer.run('BEGIN IMMEDIATE')
  act()
  writer.run('COMMIT')
}

/** What a disk does that has lost what was written: the file reads differently all at once. */
function replaceInDatabase(from: string, to: string) {
  const at = readFileSync(file).indexOf(from)
  const handle = openSync(file, 'r+')
  writeSync(handle, to, at)
  closeSync(handle)
}

test.each([false, true])(
  'nobody reads while the log is hidden, or believes later what it has read before',
  (hasFailed) => {
    other.query('PRAGMA wal_checkpoint(TRUNCATE)').values()
    for (const [from, to] of [
      ['sound', 'older'],
      ['older', 'sound'],
    ] as const) {
      expect([texts(writer), texts(other)]).toEqual([[from], [from]])
      locked(() =>
        index.hide(() => {
          // A statement would wait for ten seconds.
          expect(measure()).toEqual([1, -1, -1])
          replaceInDatabase(from, to)
        }, hasFailed),
      )
      expect([texts(other), texts(writer)]).toEqual([[to], [to]])
    }
    writer.run("INSERT INTO t VALUES ('new')")
    expect(texts(other)).toEqual(['sound', 'new'])
  },
)

test('the log can be read again when what was done while it was hidden has failed', () => {
  const failing = () =>
    index.hide(() => {
      throw new Error('the disk failed')
    }, false)
  locked(() => expect(failing).toThrow('the disk failed'))
  expect(texts(other)).toEqual(['sound'])
})

test('pages that count as moved no longer do, and what was read of the database is forgotten', () => {
  const [, frames = 0] = other.query('PRAGMA wal_checkpoint(PASSIVE)').values()[0]?.map(Number) ?? []
  expect(frames).toBeGreaterThan(0)
  expect(measure()).toEqual([0, frames, frames])
  replaceInDatabase('sound', 'older')
  // It reads what counts as moved from the database.
  const third = connect()
  expect(texts(third)).toEqual(['older'])
  // Each time they are in the same state of the log.
  for (let i = 0; i < 2; i++) {
    locked(() => index.forgetMoved())
    expect(measure()).toEqual([0, frames, 0])
    expect(texts(third)).toEqual(['sound'])
  }
  writer.run("INSERT INTO t VALUES ('new')")
  other.query('PRAGMA wal_checkpoint(TRUNCATE)').values()
  expect([texts(third), texts(other)]).toEqual([
    ['sound', 'new'],
    ['sound', 'new'],
  ])
  expect(third.query('PRAGMA integrity_check').values()).toEqual([['ok']])
  third.close()
})

test('a checkpoint that failed is over only when one has copied everything, because no other flushes the database', async () => {
  const reader = connect()
  reader.run('BEGIN')
  expect(texts(reader)).toEqual(['sound'])
  writer.run("INSERT INTO t VALUES ('new')")
  const clock = fakeClock()
  let isFailing = true
  const checkpoint = new Checkpoint({
    writer,
    read(sql) {
      if (isFailing && sql.includes('PASSIVE'))
        throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' })
      return other.query(sql)
    },
    write: (sql) => writer.query(sql),
    readTurn: { end() {} },
    flush: new LogFlush(file, { pageBytes: 4096 }),
    index,
    trouble: new DiskTrouble(file, clock, undefined),
    clock,
  })
  await expect(checkpoint.move()).rejects.toThrow('disk I/O error')
  expect(checkpoint.hasFailed).toBe(true)
  isFailing = false
  await expect(checkpoint.move()).rejects.toThrow('the end of the log is read')
  expect(checkpoint.hasFailed).toBe(true)
  reader.run('COMMIT')
  reader.close()
  await checkpoint.move()
  expect(checkpoint.hasFailed).toBe(false)
  const [, frames, moved] = measure() ?? []
  expect(moved).toBe(frames ?? -1)
})
