import { Database as Connection } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../src/lib/log.ts'
import { sqliteDialect } from '../../src/storage/database/dialect.ts'
import { migrate, readSchemaVersion, SCHEMA_VERSION } from '../../src/storage/database/migrations.ts'
import { openDatabase } from '../../src/storage/database/open.ts'
import { openSqlite } from '../../src/storage/database/sqlite/sqlite.ts'
import { writeConditions } from '../../src/storage/events/conditions.ts'
import { SELECT_EVENTS_OF_HOSTS } from '../../src/storage/events/event-rows.ts'
import { openStore } from '../../src/storage/open.ts'
import { stepThroughFrames } from '../../src/storage/timeseries/frames.ts'
import { fakeClock } from '../support/clock.ts'
import { expectFailure } from '../support/failure.ts'
import { makeTempDir } from '../support/spawn.ts'
import { aFrame, aReport, MIDNIGHT } from './reports.ts'

const clock = fakeClock(MIDNIGHT * 1000)
const log = createLog({ level: 'error', format: 'text' })
let dataDir: string

beforeEach(() => {
  dataDir = makeTempDir()
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const open = (url: string) => openStore(url, { dataDir, clock, log })

describe('a database url', () => {
  test('is taken from the data directory or absolute, and the files are their owner’s alone', async () => {
    for (const [url, file] of [
      ['sqlite:monitor.db', 'monitor.db'],
      ['sqlite:deeper/monitor.db', 'deeper/monitor.db'],
      [`sqlite:${dataDir}/absolute.db`, 'absolute.db'],
    ] as const) {
      const store = await open(url)
      await store.ingest.write([aReport('web01', { frames: [aFrame(MIDNIGHT, { a: 1 })] })])
      for (const suffix of ['', '-wal'])
        expect(statSync(join(dataDir, file + suffix)).mode & 0o777).toBe(0o600)
      await store.close()
    }
  })

  test('of another kind is refused with what to write', async () => {
    for (const url of [
      'mysql://',
      'mysql://localhost/monitor',
      'mysql://root@localhost',
      'mysql://root@a:x/monitor',
    ])
      await expectFailure(open(url), 'mysql://USER:PASSWORD@HOST:3306/DATABASE is expected')
    for (const url of ['', 'sqlite:', 'sqlite::memory:', 'monitor.db', 'postgres://x'])
      await expectFailure(open(url), 'sqlite: and a path is expected')
  })
})

test('a file that is no database is named, with what to do about it', async () => {
  writeFileSync(join(dataDir, 'monitor.db'), 'no database '.repeat(100))
  await expectFailure(open('sqlite:monitor.db'), `${dataDir}/monitor.db is damaged, or no database`)
})

test.skipIf(process.platform !== 'linux')(
  'opening a file once more in this process does not take away the locks of the connections that it has',
  async () => {
    const file = join(dataDir, 'monitor.db')
    const first = await openSqlite(file, { clock })
    const { ino } = statSync(file)
    // While others take locks, the kernel may list one twice, under another number.
    const locks = () =>
      new Set(
        readFileSync('/proc/locks', 'utf8')
          .split('\n')
          .filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `))
          .map((line) => line.replace(/^\d+: */, '')),
      ).size
    expect(locks()).toBe(1)
    const second = await openSqlite(file, { clock })
    expect(locks()).toBe(1)
    await second.close()
    expect(locks()).toBe(1)
    await first.close()
    expect(locks()).toBe(0)
  },
)

test('a new file has pages of 4 KiB; one of an earlier build keeps its pages of 8 KiB, and so does its backup', async () => {
  const earlier = new Connection(join(dataDir, 'earlier.db'), { create: true })
  earlier.run('PRAGMA page_size = 8192')
  earlier.run('PRAGMA journal_mode = WAL')
  earlier.close()
  for (const [name, bytes] of [
    ['new', 4096],
    ['earlier', 8192],
  ] as const) {
    const store = await open(`sqlite:${name}.db`)
    const frames = Array.from({ length: 200 }, (_, i) => aFrame(MIDNIGHT + i * 60, { a: i, b: i % 7 }))
    await store.ingest.write([aReport('web01', { frames })])
    await store.maintenance.compact(MIDNIGHT + 86_400, 10)
    await store.maintenance.backup(join(dataDir, `${name}-backup.db`))
    expect(await store.maintenance.check()).toEqual([])
    await store.close()
    for (const file of [`${name}.db`, `${name}-backup.db`]) {
      const database = await openSqlite(join(dataDir, file), { clock })
      expect([file, database.dialect.pageBytes]).toEqual([file, bytes])
      await database.close()
    }
  }
})

describe('the schema', () => {
  test('is brought up to date from every older number', async () => {
    for (let number = 0; number <= SCHEMA_VERSION; number++) {
      const file = join(dataDir, `from-${number}.db`)
      const database = await openSqlite(file, { clock })
      await migrate(database, MIDNIGHT, number)
      expect(await readSchemaVersion(database)).toBe(number)
      await database.close()
      const store = await open(`sqlite:${file}`)
      await store.ingest.write([aReport('web01', { frames: [aFrame(MIDNIGHT, { a: 1 })] })])
      expect((await store.samples.range('web01', 'a', MIDNIGHT, MIDNIGHT)).values[0]).toBe(1)
      expect(await store.maintenance.check()).toEqual([])
      await store.close()
    }
  })

  test('keeps the rows and the ids of tables that are made anew', async () => {
    const database = await openSqlite(join(dataDir, 'monitor.db'), { clock })
    // The one that makes them anew is the next.
    await migrate(database, MIDNIGHT, 33)
    await database.transaction(async (transaction) => {
      await transaction.run("INSERT INTO former_name (name, host) VALUES ('before', 7)")
      for (const name of ['kept', 'gone'])
        await transaction.run(
          "INSERT INTO target (name, channel, address) VALUES (?, 'mail', 'a@example.org')",
          [name],
        )
      await transaction.run("DELETE FROM target WHERE name = 'gone'")
    })
    await database.close()
    const store = await open('sqlite:monitor.db')
    const added = { name: 'new', channel: 'mail', address: 'b@example.org' }
    expect(await store.targets.add(added)).toBe(3)
    expect(await store.targets.add(added)).toBe(null)
    expect(await store.targets.list()).toEqual([
      { id: 1, name: 'kept', channel: 'mail', address: 'a@example.org' },
      { id: 3, ...added },
    ])
    await store.close()
    const connection = new Connection(join(dataDir, 'monitor.db'), { readonly: true })
    expect(connection.prepare('SELECT name, host FROM former_name').values()).toEqual([['before', 7]])
    expect(connection.prepare("SELECT name FROM sqlite_master WHERE name LIKE '%_next'").values()).toEqual([])
    expect(connection.prepare('PRAGMA integrity_check').values()).toEqual([['ok']])
    connection.close()
  })

  test('of a newer program is refused and left alone', async () => {
    await (await open('sqlite:monitor.db')).close()
    const connection = new Connection(join(dataDir, 'monitor.db'))
    connection.run('INSERT INTO migration (number, applied) VALUES (999, 1)')
    connection.close()
    await expectFailure(open('sqlite:monitor.db'), 'start the newer program')
  })

  test('that fails half way changes nothing', async () => {
    const file = join(dataDir, 'monitor.db')
    const connection = new Connection(file, { create: true })
    connection.run('CREATE TABLE token (unlike INTEGER)')
    connection.close()
    await expectFailure(open('sqlite:monitor.db'), 'nothing was changed')
    const after = new Connection(file)
    expect(after.prepare('SELECT name FROM sqlite_master ORDER BY name').values()).toEqual([['token']])
    after.close()
  })
})

describe('what is read often', () => {
  /** The steps of SQLite's plan. */
  async function explain(sql: string): Promise<string[]> {
    const store = await open('sqlite:monitor.db')
    await store.close()
    const connection = new Connection(join(dataDir, 'monitor.db'))
    const plan = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).values()
    connection.close()
    return plan.map((row) => String(row[3]))
  }

  test('steps through the frames of one host without reading those of others', async () => {
    for (const back of [false, true]) {
      const sql = stepThroughFrames(sqliteDialect, { back })
      const plan = (await explain(sql)).join('\n')
      expect(plan).toContain('SEARCH frame USING PRIMARY KEY (time=? AND host=?)')
      expect(plan).not.toContain('SCAN frame')
      // The table itself is never looked through from one time to the other, only asked for its next time.
      expect(plan.match(/SEARCH frame USING PRIMARY KEY \(time[<>]\?/g)?.length).toBe(2)
    }
  })

  test('takes a page of the host list from an index, not by sorting', async () => {
    for (const order of ['name_order, id', 'last_seen, name'])
      expect(
        (await explain(`SELECT name, latest FROM host ORDER BY ${order} LIMIT 100`)).join(),
      ).not.toContain('TEMP')
    const up = 'SELECT name, latest FROM host WHERE +last_seen >= 5 ORDER BY name LIMIT 100'
    expect((await explain(up)).join()).not.toContain('TEMP')
    expect((await explain('SELECT COUNT(*) FROM host WHERE last_seen < 5')).join()).toContain('host_by_seen')
  })

  test('takes a page of events from an index, not by sorting', async () => {
    for (const where of [
      '',
      'WHERE +is_open = 0',
      'WHERE is_open = 0 AND severity = 2',
      'WHERE is_open = 1',
      'WHERE is_open = 1 AND severity = 1',
      'WHERE is_open = 1 AND severity = 1 AND acknowledged_by IS NULL',
    ])
      expect(
        (await explain(`SELECT metric FROM event ${where} ORDER BY opened DESC, id DESC LIMIT 100`)).join(),
      ).not.toContain('TEMP')
  })

  test('counts the open events of hosts by an index that has no closed ones to pass', async () => {
    const plan = await explain(`SELECT host.id, event.severity, COUNT(*) FROM host
      JOIN event ON event.is_open = 1 AND event.host = host.id WHERE host.name IN ('a', 'b') GROUP BY host.id, event.severity`)
    expect(plan.join()).toContain('event USING COVERING INDEX event_open_by_host (host=? AND is_open=?)')
  })

  test('counts the closed events of a group in an index, and reads a page of them host by host', async () => {
    const store = await open('sqlite:monitor.db')
    await store.ingest.write([aReport('web01', { frames: [] })])
    await store.hosts.giveGroups('web01', ['g'])
    await store.close()
    const { database } = await openDatabase('sqlite:monitor.db', { dataDir, clock, log })
    const [condition] = await writeConditions(database, { status: 'closed', group: 'g' })
    await database.close()
    const sql = (text = '') => text.replaceAll('?', '1')
    const counting = await explain(`SELECT COUNT(*) FROM event ${sql(condition?.countSql)}`)
    expect(counting.join()).toContain('COVERING INDEX event_by_host_span (host=? AND closed>?)')
    const page = await explain(
      `${SELECT_EVENTS_OF_HOSTS} ${sql(condition?.sql)} ORDER BY event.opened DESC, event.id DESC LIMIT 50`,
    )
    expect(page.join()).toContain('event USING INDEX event_by_host_opened (host=? AND opened>?)')
    expect(page.findIndex((line) => line.includes('SEARCH host '))).toBe(0)
  })

  test('finds open events and those of a host by an index', async () => {
    for (const where of [
      'is_open = 1 AND severity = 2',
      'host = 1',
      'host = 1 AND uid = 2',
      'is_open = 0 AND closed < 5',
    ])
      expect((await explain(`SELECT id FROM event WHERE ${where}`)).join()).toContain('SEARCH event')
  })
})
