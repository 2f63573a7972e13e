import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { reportThresholds } from '../../src/domain/thresholds/reported-threshold.ts'
import { standardThresholds } from '../../src/domain/thresholds/threshold-standard.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/storage/database/open.ts'
import { copyDatabase, isWhole } from '../../src/storage/maintenance/copy.ts'
import { openStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { aFrame, aReport, FACTS, MIDNIGHT, toPairs } from '../storage/reports.ts'
import { expectFailure } from '../support/failure.ts'
import { makeTempDir, runMonitor } from '../support/spawn.ts'
import { type Mariadb, PASSWORD } from '../support/sql/mariadb.ts'
import { reportMissingServers, SQL_SERVERS, type SqlServerProduct } from '../support/sql/sql-servers.ts'

const PATIENCE_MS = 60_000
const log = createLog({ level: 'error', format: 'text' })

reportMissingServers('moving a database')
for (const product of SQL_SERVERS)
  describe.skipIf(product.obstacle !== null)(`a database that moves to ${product.name}`, () =>
    describeMoves(product),
  )

function describeMoves(product: SqlServerProduct) {
  let maria: Mariadb
  let dataDir: string

  beforeAll(async () => {
    maria = await product.start()
    maria.setDurable(false)
  }, PATIENCE_MS)
  afterAll(() => maria.remove())
  beforeEach(() => {
    dataDir = makeTempDir()
  })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

  const options = () => ({ dataDir, clock: systemClock, log })
  const monitor = (args: readonly string[], env = {}) => runMonitor([...args, '--data-dir', dataDir], { env })

  /** Something in nearly every table, and more rows than are copied at once. */
  async function fill(url: string): Promise<void> {
    const store = await openStore(url, options())
    await store.users.add('anna 😀', 'admin', 'hash', 1)
    await store.sessions.add({ tokenHash: 'token', user: 'anna 😀', created: 1, expires: 2_000_000_000 })
    for (let host = 0; host < 3; host++) {
      const frames = Array.from({ length: 700 }, (_, i) =>
        aFrame(MIDNIGHT + i * 60, { m: i / 3, [`n${host}`]: i }),
      )
      const opening = {
        uid: `u${host}`,
        change: 1,
        time: MIDNIGHT,
        metric: 'm',
        severity: 2,
        status: 'open',
        message: 'Zürich > 1',
      } as const
      const facts = { ...FACTS, thresholds: reportThresholds([], standardThresholds(FACTS)) }
      await store.ingest.write([aReport(`host${host}`, { facts, frames, events: [opening], keyHash: 'k' })])
    }
    await store.maintenance.compact(MIDNIGHT + 200 * 60, 100)
    await store.ingest.write([
      aReport('host0', { facts: null, frames: [aFrame(MIDNIGHT + 1, { m: 7 })], keyHash: 'k' }),
    ])
    await store.close()
  }

  async function read(store: Store) {
    const { hosts } = await store.hosts.list({ upSince: 0 })
    const series = []
    for (const { name } of hosts)
      for (const metric of await store.hosts.metrics(name))
        series.push([
          name,
          metric,
          toPairs(await store.samples.range(name, metric, 0, Number.MAX_SAFE_INTEGER)),
        ])
    const { bytes: _, ...stats } = await store.maintenance.stats()
    return {
      hosts,
      series,
      stats,
      events: await store.events.list({}),
      users: await store.users.list(),
      session: await store.sessions.find('token', 5),
      thresholds: await store.hosts.thresholds('host0'),
      problems: await store.maintenance.check(),
    }
  }

  async function readUrl(url: string) {
    const store = await openStore(url, options())
    const all = await read(store)
    await store.close()
    return all
  }

  test(
    'goes from SQLite to it and back, and is the same; what it was before can go on',
    async () => {
      await fill('sqlite:monitor.db')
      const before = await readUrl('sqlite:monitor.db')
      expect(before.problems).toEqual([])
      expect(before.thresholds).not.toBeEmpty()
      const url = await maria.createDatabase()
      const there = await monitor(['db', 'copy', '--from', 'sqlite:monitor.db', '--to', url])
      expect(there.stderr).toContain('100 %')
      expect(there.stdout).toContain('Copied whole.')
      expect(there.code).toBe(0)
      expect(await readUrl(url)).toEqual(before)
      const back = await monitor(['db', 'copy', '--from', url, '--to', 'sqlite:back.db'])
      expect(back.code).toBe(0)
      expect(await readUrl('sqlite:back.db')).toEqual(before)
      const store = await openStore(url, options())
      await store.ingest.write([
        aReport('host0', { frames: [aFrame(MIDNIGHT + 86_400, { m: 8 })], keyHash: 'k' }),
        aReport('host9', { frames: [aFrame(MIDNIGHT, { m: 9 })] }),
      ])
      await store.maintenance.compact(Number.MAX_SAFE_INTEGER, 100)
      expect((await read(store)).problems).toEqual([])
      expect((await store.maintenance.stats()).samples).toBe(before.stats.samples + 2)
      await store.close()
    },
    PATIENCE_MS,
  )

  test(
    'resumes after an interruption',
    async () => {
      await fill('sqlite:monitor.db')
      const url = await maria.createDatabase()
      const from = await openDatabase('sqlite:monitor.db', options())
      for (const stop of [100, 1200]) {
        const to = await openDatabase(url, options())
        const dying = copyDatabase(from, to, ({ rows }) => {
          if (rows > stop) throw new Error('interrupted')
        })
        await expectFailure(dying, 'interrupted')
        await to.database.close()
        await expectFailure(openStore(url, options()), 'db copy')
      }
      const to = await openDatabase(url, options())
      const begun: number[] = []
      expect(isWhole(await copyDatabase(from, to, ({ rows }) => begun.push(rows)))).toBe(true)
      await to.database.close()
      await from.database.close()
      expect(await readUrl(url)).toEqual(await readUrl('sqlite:monitor.db'))
    },
    PATIENCE_MS,
  )

  test(
    'is not mixed into another',
    async () => {
      await fill('sqlite:monitor.db')
      await fill('sqlite:other.db')
      const { code, stderr } = await monitor([
        'db',
        'copy',
        '--from',
        'sqlite:monitor.db',
        '--to',
        'sqlite:other.db',
      ])
      expect(stderr).toContain('not empty')
      expect(code).not.toBe(0)
    },
    PATIENCE_MS,
  )

  test(
    'takes its password from a file; the schema is printed for it, and needed no more afterwards',
    async () => {
      const url = (await maria.createDatabase()).replace(encodeURIComponent(PASSWORD), '')
      const file = join(dataDir, 'password')
      await Bun.write(file, `${PASSWORD}\n`)
      const env = { MONITOR_DATABASE_URL: url, MONITOR_DATABASE_PASSWORD_FILE: file }
      const printed = await monitor(['db', 'schema'], env)
      expect(printed.code).toBe(0)
      const name = new URL(url.replace('mysql:', 'http:')).pathname.slice(1)
      maria.run(`USE ${name}; ${printed.stdout}`)
      expect((await monitor(['db', 'schema'], env)).stdout).toContain('up to date')
      const stats = await monitor(['db', 'stats', '--json'], env)
      expect(JSON.parse(stats.stdout)).toMatchObject({ hosts: 0, samples: 0 })
      expect(`${printed.stdout}${printed.stderr}${stats.stderr}`).not.toContain(PASSWORD)
      const shown = await monitor(['config', 'print'], { MONITOR_DATABASE_URL: maria.urlOf('x') })
      expect(shown.stdout).toMatch(/mysql:\/\/(\w+:)?\*{8}@/)
    },
    PATIENCE_MS,
  )
}
