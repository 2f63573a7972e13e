import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import type { Dialect } from '../../../src/storage/database/dialect.ts'
import { listStatements, SCHEMA_VERSION } from '../../../src/storage/database/migrations.ts'
import { migrateMysql, readVersion, writeSchema } from '../../../src/storage/database/mysql/migrate.ts'
import { connectServer, type DatabaseServer, openDatabase } from '../../../src/storage/database/open.ts'
import { TABLES } from '../../../src/storage/database/tables.ts'
import { enterSharedLock } from '../../../src/storage/database/write-locks.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { sealFrame } from '../../../src/storage/timeseries/codec/pack-frame.ts'
import { compactFrames } from '../../../src/storage/timeseries/compaction.ts'
import type { Damage } from '../../../src/storage/timeseries/damage.ts'
import { createMetricSetReader } from '../../../src/storage/timeseries/metric-sets.ts'
import { expectFailure } from '../../support/failure.ts'
import { makeTempDir, runMonitor } from '../../support/spawn.ts'
import { type Mariadb, PASSWORD, USER } from '../../support/sql/mariadb.ts'
import { reportMissingServers, SQL_SERVERS, type SqlServerProduct } from '../../support/sql/sql-servers.ts'
import { openTcpProxy } from '../../support/tcp-proxy.ts'
import { makeAuthority } from '../../support/tls.ts'
import { describeContracts } from '../contracts/contracts.ts'
import { describeGroups } from '../contracts/hosts/groups.contract.ts'
import type { Workbench } from '../contracts/store.contract.ts'
import { describeSecondFactors } from '../contracts/users/second-factors.contract.ts'
import { expectSameGroups } from '../open-times.ts'
import { aFrame, aReport, MIDNIGHT, toPairs } from '../reports.ts'
import { describeTables } from '../tables.ts'
import { createWriters } from '../writers.ts'

reportMissingServers('storage')

const PATIENCE_MS = 180_000
/** Statements that make the tables of the migration itself. */
const OF_MIGRATION_ITSELF = 3
const log = createLog({ level: 'error', format: 'text' })
const quiet = createLog({ level: 'error', format: 'text', write: () => {} })

const listAllStatements = (dialect: Dialect) =>
  Array.from({ length: SCHEMA_VERSION }, (_, i) => listStatements(dialect, i + 1)).flat()

for (const product of SQL_SERVERS)
  describe.skipIf(product.obstacle !== null)(`on ${product.name}`, () => describeStorage(product))

function describeStorage(product: SqlServerProduct) {
  let maria: Mariadb
  let dataDir: string
  let authority: ReturnType<typeof makeAuthority>

  beforeAll(async () => {
    dataDir = makeTempDir()
    authority = makeAuthority(dataDir, 'ca')
    const { certificate, key } = authority.issue('server', 'IP:127.0.0.1,DNS:db.example.org')
    const files = join(dataDir, 'tls')
    mkdirSync(files)
    await Bun.write(join(files, 'ca.pem'), authority.pem)
    await Bun.write(join(files, 'server.pem'), certificate)
    await Bun.write(join(files, 'server.key'), key)
    Bun.spawnSync(['chmod', '-R', 'a+rX', dataDir])
    maria = await product.start({
      options: [
        `--ssl-ca=${join(files, 'ca.pem')}`,
        `--ssl-cert=${join(files, 'server.pem')}`,
        `--ssl-key=${join(files, 'server.key')}`,
        // Far from UTC, not strict, in no collation of ours: none of it may matter.
        '--default-time-zone=+09:30',
        '--sql-mode=',
        '--collation-server=latin1_swedish_ci',
        '--character-set-server=latin1',
      ],
    })
    maria.setDurable(false)
  }, PATIENCE_MS)
  afterAll(async () => {
    await maria.remove()
    rmSync(dataDir, { recursive: true, force: true })
  })

  const open = (url: string, server: DatabaseServer = {}) =>
    openStore(url, { dataDir, clock: systemClock, log, server })
  const openRaw = (url: string) => openDatabase(url, { dataDir, clock: systemClock, log })
  const connect = (url: string) => connectServer(url, { dataDir, clock: systemClock, log: quiet })

  /**
   * One database for all tests of the suites, emptied after each: to make its tables takes far longer than
   * most tests.
   */
  let shared: Promise<string> | null = null

  async function makeShared(): Promise<string> {
    const url = await maria.createDatabase('suite')
    await (await open(url)).close()
    maria.run('USE suite; CREATE TABLE first_counter AS SELECT * FROM counter')
    return url
  }

  function emptyShared() {
    const kept = new Set(['migration', 'migration_lock', 'gate', 'first_counter'])
    const tables = maria.run('USE suite; SHOW TABLES').trim().split('\n')
    const deletions = tables.filter((table) => !kept.has(table)).map((table) => `DELETE FROM ${table}`)
    maria.run(`USE suite; ${deletions.join('; ')}; INSERT INTO counter SELECT * FROM first_counter`)
  }

  const makeWorkbench = (): Workbench => ({
    async open(clock, policy) {
      shared ??= makeShared()
      return openStore(await shared, { dataDir, clock, log, policy })
    },
    remove: async () => emptyShared(),
  })

  describeContracts('every suite', makeWorkbench)
  describeGroups('groups of hosts', makeWorkbench)
  describeSecondFactors('codes for signing in', makeWorkbench)

  describe('texts', () => {
    test('differ by case, accents, emoji and spaces at their ends, and sort as on SQLite', async () => {
      const names = ['b', 'B', 'a', 'a ', 'á', 'ä', 'A', '😀', '😁', 'ß', 'ss', 'zz', 'Ω', '~', '_', '%', '']
      const sqlite = await open(`sqlite:${join(dataDir, 'texts.db')}`)
      const mysql = await open(await maria.createDatabase())
      const seen = []
      for (const store of [sqlite, mysql]) {
        for (const name of names) expect(await store.users.add(name, 'viewer', 'hash', 1)).toBe(true)
        for (const name of names) expect((await store.users.find(name))?.name).toBe(name)
        await store.ingest.write(
          names.map((name, i) => aReport(`h${i}`, { frames: [aFrame(MIDNIGHT, { [`m.${name}`]: i })] })),
        )
        const metrics = []
        for (const [i] of names.entries()) metrics.push(await store.hosts.metrics(`h${i}`))
        seen.push([(await store.users.list()).map((user) => user.name), metrics])
        await store.close()
      }
      expect(JSON.stringify(seen[1])).toBe(JSON.stringify(seen[0]))
    })

    test('too long for their column are refused, not cut, whatever the server is set to', async () => {
      const store = await open(await maria.createDatabase())
      await expectFailure(store.users.add('x'.repeat(300), 'viewer', 'hash', 1), 'Data truncated')
      expect(await store.users.list()).toEqual([])
      await store.close()
    })

    test('numbers come back as they were, to the last bit', async () => {
      const store = await open(await maria.createDatabase())
      const values = [0.1, -0, 1 / 3, 5e-324, 1.7976931348623157e308, 2 ** 53 - 1, -12345.678901]
      const frames = values.map((value, i) => aFrame(MIDNIGHT + i, { value }))
      await store.ingest.write([aReport('a', { frames })])
      const stored = toPairs(await store.samples.range('a', 'value', 0, Number.MAX_SAFE_INTEGER))
      expect(stored.map(([, value]) => value)).toEqual(values)
      await store.close()
    })
  })

  test(
    'a commit far above the longest packet is stored',
    async () => {
      maria.run('SET GLOBAL max_allowed_packet = 1048576')
      try {
        const store = await open(await maria.createDatabase())
        const metrics = Array.from({ length: 2000 }, (_, i) => `m${i}`)
        const frames = Array.from({ length: 300 }, (_, i) => ({
          time: MIDNIGHT + i,
          metrics,
          values: metrics.map((_, at) => Math.sqrt(i + at)),
        }))
        await store.ingest.write([aReport('big', { frames })])
        expect((await store.samples.range('big', 'm1999', 0, Number.MAX_SAFE_INTEGER)).times.length).toBe(300)
        expect((await store.maintenance.stats()).samples).toBe(600_000)
        await store.close()
      } finally {
        maria.run('SET GLOBAL max_allowed_packet = 16777216')
      }
    },
    PATIENCE_MS,
  )

  describe('several writers', () => {
    test(
      'who meet in a circle all get through',
      async () => {
        const url = await maria.createDatabase()
        const stores = [await open(url), await open(url), await open(url)]
        const hosts = ['a', 'b', 'c', 'd', 'e', 'f']
        const before = countDeadlocks()
        await Promise.all(
          stores.map(async (store, at) => {
            for (let i = 0; i < 25; i++) {
              const order = at % 2 ? hosts : [...hosts].reverse()
              await store.ingest.write(
                order.map((host) =>
                  aReport(host, {
                    seen: MIDNIGHT + i,
                    frames: [aFrame(MIDNIGHT + i, { [`m${at}`]: i })],
                    events: [
                      {
                        uid: null,
                        change: 1,
                        time: MIDNIGHT + i,
                        metric: 'disk',
                        severity: 3,
                        status: i % 2 ? 'closed' : 'open',
                        message: `${at} ${i}`,
                      },
                    ],
                  }),
                ),
              )
            }
          }),
        )
        expect(countDeadlocks()).toBeGreaterThan(before)
        const [store] = stores as [Store]
        for (const host of hosts)
          for (const at of stores.keys())
            expect((await store.samples.range(host, `m${at}`, 0, Number.MAX_SAFE_INTEGER)).times.length).toBe(
              25,
            )
        const { events } = await store.events.list({ status: 'open' })
        expect(events.length).toBe(new Set(events.map(({ host }) => host)).size)
        expect(await store.maintenance.check()).toEqual([])
        for (const one of stores) await one.close()
      },
      PATIENCE_MS,
    )

    /** Both products count those of InnoDB here. */
    const countDeadlocks = () =>
      Number(
        maria.run(`SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'`).trim(),
      )

    test('hold up a compaction until they commit, so that their frames are compacted too', async () => {
      const url = await maria.createDatabase()
      const store = await open(url)
      await store.ingest.write([
        aReport('a', { frames: [aFrame(MIDNIGHT, { m: 1 }), aFrame(MIDNIGHT + 120, { m: 3 })] }),
      ])
      const engine = await openRaw(url)
      const compactor = await openRaw(url)
      const [row] = await engine.database.query<{ packed: Uint8Array; samples: number; host: number }>(
        'SELECT host, samples, packed FROM frame WHERE time = ?',
        [MIDNIGHT],
      )
      if (!row) throw new Error('no frame')
      const fail = ({ problem }: Damage) => {
        throw new Error(problem)
      }
      let isCompacted = false
      let compacting: Promise<unknown> = Promise.resolve()
      await engine.database.transaction(async (transaction) => {
        await enterSharedLock(transaction, 7)
        compacting = compactFrames(compactor.database, createMetricSetReader(), {
          before: MIDNIGHT + 3600,
          limit: 100,
          note: fail,
          now: MIDNIGHT,
        }).then(() => {
          isCompacted = true
        })
        await Bun.sleep(300)
        expect(isCompacted).toBe(false)
        await transaction.run('INSERT INTO frame (time, host, samples, packed) VALUES (?, ?, ?, ?)', [
          MIDNIGHT + 60,
          row.host,
          row.samples,
          sealFrame(row.packed.slice(), MIDNIGHT + 60, row.host),
        ])
      })
      await compacting
      expect(await engine.database.query('SELECT time FROM frame')).toEqual([])
      expect(toPairs(await store.samples.range('a', 'm', 0, Number.MAX_SAFE_INTEGER))).toEqual([
        [MIDNIGHT, 1],
        [MIDNIGHT + 60, 1],
        [MIDNIGHT + 120, 3],
      ])
      await compactor.database.close()
      await engine.database.close()
      await store.close()
    })

    test('and one whose key comes first: of two engines that receive a new host at once one owns it', async () => {
      const url = await maria.createDatabase()
      const stores = [await open(url), await open(url)]
      for (let round = 0; round < 5; round++) {
        const refused = await Promise.all(
          stores.map((store, i) => store.ingest.write([aReport(`host${round}`, { keyHash: `key${i}` })])),
        )
        expect(refused.map((set) => set.size).sort()).toEqual([0, 1])
      }
      for (const store of stores) await store.close()
    })

    test('of the last two admins one stays, though each is taken away through a server of its own', async () => {
      const url = await maria.createDatabase()
      const [one, other] = [await open(url), await open(url)]
      for (let round = 0; round < 5; round++) {
        for (const name of ['ada', 'root'])
          if (!(await one.users.add(name, 'admin', 'hash', 10))) await one.users.setAccess(name, 'admin')
        const outcomes = await Promise.all([one.users.delete('ada'), other.users.setAccess('root', 'viewer')])
        expect(outcomes.filter((outcome) => outcome === 'only admin')).toHaveLength(1)
        expect((await one.users.list()).filter(({ access }) => access === 'admin')).toHaveLength(1)
      }
      await one.close()
      await other.close()
    })
  })

  describe('processes', () => {
    let url = ''
    const writers = createWriters(
      () => url,
      () => dataDir,
    )
    beforeAll(() => maria.setDurable(true))
    afterAll(() => maria.setDurable(false))
    beforeEach(async () => {
      await writers.endAll()
      url = await maria.createDatabase()
    })
    afterAll(writers.endAll)

    async function expectAll(names: Readonly<Record<string, ReadonlyMap<number, number>>>) {
      const store = await open(url)
      for (const [name, acknowledged] of Object.entries(names)) {
        const stored = new Map(toPairs(await store.samples.range(name, 'value', 0, Number.MAX_SAFE_INTEGER)))
        for (const [time, value] of acknowledged) expect([time, stored.get(time)]).toEqual([time, value])
        expect(stored.size - acknowledged.size).toBeLessThan(2)
      }
      expect(await store.maintenance.check()).toEqual([])
      await store.close()
    }

    test(
      'five that start at once on an empty database make it together',
      async () => {
        const five = ['a', 'b', 'c', 'd', 'e'].map((name) => writers.start(name, 3))
        expect(await Promise.all(five.map((writer) => writer.end()))).toEqual([0, 0, 0, 0, 0])
        const store = await open(url)
        expect(await store.maintenance.stats()).toMatchObject({ hosts: 5, samples: 45 })
        expect(await store.maintenance.check()).toEqual([])
        await store.close()
      },
      PATIENCE_MS,
    )

    test(
      'two write and two compact, one of these is killed, and nothing is lost',
      async () => {
        const two = [writers.start('web01', 400), writers.start('web02', 400)]
        const compactors = [writers.start('compact'), writers.start('compact')]
        await Promise.all(compactors.map((compactor) => compactor.said(1)))
        await Promise.all(two.map((writer) => writer.said(150)))
        compactors[0]?.kill('SIGKILL')
        expect(await Promise.all(two.map((writer) => writer.end()))).toEqual([0, 0])
        compactors[1]?.kill('SIGTERM')
        expect(await compactors[1]?.end()).toBe(0)
        await expectAll({
          web01: two[0]?.acknowledged ?? new Map(),
          web02: two[1]?.acknowledged ?? new Map(),
        })
      },
      PATIENCE_MS,
    )

    test(
      'keep every sample acknowledged before the server is killed, and go on when it is back',
      async () => {
        const writer = writers.start('web01')
        for (const [i, signal] of (['SIGKILL', 'SIGTERM'] as const).entries()) {
          await writer.said((i + 1) * 100)
          maria.kill(signal)
          await maria.ended()
          await maria.start()
        }
        await writer.said(writer.acknowledged.size + 50)
        writer.kill('SIGKILL')
        await writer.end()
        await expectAll({ web01: writer.acknowledged })
      },
      PATIENCE_MS,
    )

    test(
      'move on to the next node when theirs is cut off',
      async () => {
        const ways = [await openTcpProxy(maria.port), await openTcpProxy(maria.port)]
        const direct = url
        const hosts = ways.map((way) => `127.0.0.1:${way.port}`).join(',')
        url = direct.replace(`127.0.0.1:${maria.port}`, hosts)
        const writer = writers.start('web01')
        await writer.said(50)
        await ways[0]?.cut()
        await writer.said(100)
        writer.kill('SIGKILL')
        await writer.end()
        url = direct
        await expectAll({ web01: writer.acknowledged })
        await ways[1]?.cut()
      },
      PATIENCE_MS,
    )
  })

  describe('a server that', () => {
    test(
      'does not answer counts as away after the time limit, and is asked again when it does',
      async () => {
        const url = await maria.createDatabase()
        const store = await openStore(url, {
          dataDir,
          clock: systemClock,
          log: quiet,
          server: { timeout: 1 },
        })
        await store.ingest.write([aReport('a', { frames: [aFrame(MIDNIGHT, { m: 1 })] })])
        await maria.freeze()
        const began = performance.now()
        await expectFailure(store.maintenance.ping()).finally(() => maria.kill('SIGCONT'))
        expect(performance.now() - began).toBeLessThan(15_000)
        await store.ingest.write([aReport('a', { frames: [aFrame(MIDNIGHT + 60, { m: 2 })] })])
        expect((await store.samples.range('a', 'm', 0, Number.MAX_SAFE_INTEGER)).times.length).toBe(2)
        await store.close()
      },
      PATIENCE_MS,
    )

    test('refuses the password or knows no such database is named, and not asked again', async () => {
      const url = await maria.createDatabase()
      await expectFailure(open(url, { password: 'wrong' }), 'Access denied')
      await expectFailure(open(maria.urlOf('nowhere')), /Access denied|Unknown database/)
      const store = await open(url.replace(encodeURIComponent(PASSWORD), ''), { password: PASSWORD })
      await store.close()
    })

    test('has a certificate that does not fit, or wants TLS, is reported as such, and is not waited for', async () => {
      await maria.createDatabase('untrusted')
      const url = maria.urlOf('untrusted')
      const tls = { authorities: authority.pem, certificate: null, key: null }
      const byName = url.replace('@127.0.0.1:', '@localhost:')
      await expectFailure(open(byName, { tls }), 'set database.tls_name to that name')
      await (await open(byName, { tls: { ...tls, name: 'db.example.org' } })).close()
      await expectFailure(open(url, { tls: { ...tls, name: 'db.example.com' } }), 'certificate')
      maria.run(
        `CREATE USER careful@'%' IDENTIFIED BY 'pw' REQUIRE SSL; GRANT ALL ON untrusted.* TO careful@'%'`,
      )
      const careful = url.replace(`${USER}:${encodeURIComponent(PASSWORD)}`, 'careful:pw')
      await expectFailure(open(careful), 'the account needs TLS: then set database.tls = true')
      await (await open(careful, { tls })).close()
      // A role ends with the exit code of a configuration that is wrong, so that no supervisor starts it again.
      const ca = join(dataDir, 'tls', 'ca.pem')
      for (const [address, said] of [
        [byName, 'tls_name'],
        [careful.replace(':pw@', ':no@'), 'Access denied'],
      ] as const) {
        const { code, stderr } = await runMonitor([
          ...['events', '--data-dir', dataDir, '--set', `database.url=${address}`],
          ...['--set', `database.ca_file=${ca}`],
        ])
        expect({ code, stderr }).toMatchObject({ code: 78, stderr: expect.stringContaining(said) })
      }
      // So does every command that asks the database.
      const wrong = [
        '--data-dir',
        dataDir,
        '--set',
        `database.url=${byName}`,
        '--set',
        `database.ca_file=${ca}`,
      ]
      for (const words of [
        ['db', 'stats', ...wrong],
        ['db', 'schema', ...wrong],
        ['user', 'list', ...wrong],
        ['db', 'copy', '--from', byName, '--to', 'sqlite:copy.db', ...wrong],
        ['db', 'import-original', '--from', byName, '--data-dir', dataDir, '--set', `database.ca_file=${ca}`],
      ]) {
        const { code, stderr } = await runMonitor(words)
        expect({ code, stderr }).toMatchObject({ code: 78, stderr: expect.stringContaining('tls_name') })
      }
    })

    test('is reached by its socket, and over TLS when its certificate is vouched for', async () => {
      await maria.createDatabase('bysocket')
      await (await open(maria.urlOf('bysocket', 'socket'))).close()
      const url = maria.urlOf('bysocket')
      const tls = { authorities: authority.pem, certificate: null, key: null }
      maria.run(
        `CREATE USER secure@'%' IDENTIFIED BY 'pw' REQUIRE X509; GRANT ALL ON bysocket.* TO secure@'%'`,
      )
      await (await open(url, { tls })).close()
      const stranger = makeAuthority(dataDir, 'stranger')
      await expectFailure(open(url, { tls: { ...tls, authorities: stranger.pem } }), /certificate/)
      const secure = url.replace(`${USER}:${encodeURIComponent(PASSWORD)}`, 'secure:pw')
      await expectFailure(open(secure, { tls }), 'Access denied')
      const own = authority.issue('client', 'DNS:client')
      await (await open(secure, { tls: { ...tls, certificate: own.certificate, key: own.key } })).close()
    })
  })

  describe('the schema', () => {
    test(
      'goes on where a crash left it, after any statement and before its note',
      async () => {
        for (const stop of [0, 4, 30, 70, null]) {
          const url = await maria.createDatabase()
          const database = await connect(url)
          const last = listAllStatements(database.dialect).length + OF_MIGRATION_ITSELF - 1
          let statements = 0
          const dying = {
            ...database,
            withConnection: (act: Parameters<typeof database.withConnection>[0]) =>
              database.withConnection(async (connection) => {
                await act(connection)
                if (statements++ === (stop ?? last)) throw new Error('crash')
              }),
          } as typeof database
          const options = { clock: systemClock, log: quiet }
          await expectFailure(migrateMysql(dying, options))
          await migrateMysql(database, options)
          expect(await readVersion(database)).toBe(SCHEMA_VERSION)
          await database.close()
          const store = await open(url)
          await store.ingest.write([aReport('a', { frames: [aFrame(MIDNIGHT, { m: 1 })] })])
          expect(await store.maintenance.check()).toEqual([])
          await store.close()
        }
      },
      PATIENCE_MS,
    )

    test(
      'is brought up to date from every older number',
      async () => {
        // Making tables takes long, on MySQL most; the statements are the same on both, and SQLite takes every step.
        const every = product.name === 'MariaDB' ? 3 : 6
        const isOneOfMany = (number: number) => number % every === 1 || number === SCHEMA_VERSION - 1
        for (let number = 1; number < SCHEMA_VERSION; number++) {
          if (!isOneOfMany(number)) continue
          const url = await maria.createDatabase()
          const database = await connect(url)
          await migrateMysql(database, { clock: systemClock, log: quiet }, number)
          expect(await readVersion(database)).toBe(number)
          await database.close()
          const store = await open(url)
          await store.ingest.write([aReport('a', { frames: [aFrame(MIDNIGHT, { m: 1 })] })])
          await store.close()
        }
      },
      PATIENCE_MS,
    )

    test('is worked on by the next process when the one that began is gone', async () => {
      const url = await maria.createDatabase()
      const database = await connect(url)
      await migrateMysql(database, { clock: systemClock, log: quiet }, 1)
      await database.transaction((transaction) =>
        transaction.run(`UPDATE migration_lock SET holder = 'gone', renewed = UNIX_TIMESTAMP() - 29`),
      )
      const began = performance.now()
      await migrateMysql(database, { clock: systemClock, log: quiet })
      expect(performance.now() - began).toBeGreaterThan(500)
      await database.close()
    })

    test('is printed for an account that may not change it, which needs no more than rows', async () => {
      const url = await maria.createDatabase('handmade')
      maria.run(
        `CREATE USER clerk@'%' IDENTIFIED BY 'pw'; GRANT SELECT, INSERT, UPDATE, DELETE ON handmade.* TO clerk@'%'`,
      )
      const rows = url.replace(`${USER}:${encodeURIComponent(PASSWORD)}`, 'clerk:pw')
      await expectFailure(open(rows), 'monitor db schema')
      const database = await connect(rows)
      const statements = writeSchema(database.dialect, 0, MIDNIGHT)
      await database.close()
      maria.run(`USE handmade; ${statements.join(';\n')};`)
      const store = await open(rows)
      await store.ingest.write([aReport('a', { frames: [aFrame(MIDNIGHT, { m: 1 })] })])
      await store.maintenance.compact(Number.MAX_SAFE_INTEGER, 10)
      expect(await store.maintenance.check()).toEqual([])
      await store.close()
    })
  })

  test('the migrations make the tables that are declared', async () => {
    const opened = await openRaw(await maria.createDatabase())
    expect(await describeTables(opened)).toEqual(
      TABLES.map(({ name, columns }) => `${name}: ${[...columns].sort().join(' ')}`).sort(),
    )
    await opened.database.close()
  })

  test('events are the same by slot, whoever groups them', async () => {
    await expectSameGroups(await openRaw(await maria.createDatabase()))
  })

  test('backup says what does it here; figures and check work', async () => {
    const store = await open(await maria.createDatabase())
    await store.ingest.write([aReport('a', { frames: [aFrame(MIDNIGHT, { m: 1, n: 2 })] })])
    await expectFailure(store.maintenance.backup(join(dataDir, 'x')), 'mariadb-dump')
    const stats = await store.maintenance.stats()
    expect(stats).toMatchObject({ hosts: 1, metrics: 2, samples: 2, frames: 1, blocks: 0 })
    expect(stats.bytes).toBeGreaterThan(100_000)
    await store.maintenance.reclaim()
    await store.close()
  })

  test('sizes are those of now, also where the server would keep them for a day', async () => {
    const database = await connect(await maria.createDatabase())
    if (!database.server.isMaria)
      expect(await database.query('SELECT @@information_schema_stats_expiry AS expiry')).toEqual([
        { expiry: 0 },
      ])
    await database.close()
  })
}
