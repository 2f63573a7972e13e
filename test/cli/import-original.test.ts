import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import { aReport, MIDNIGHT, toPairs } from '../storage/reports.ts'
import { HAS_MARIADB, type Mariadb, startMariadb } from '../support/mariadb.ts'
import { makeTempDir, runMonitor } from '../support/spawn.ts'

const PATIENCE_MS = 60_000
const log = createLog({ level: 'error', format: 'text' })
const CPU = 'perf.processor.percent.used'

/** A database of the original, by what is known of it: names as in its packets, numbers of monitors as text. */
const ORIGINAL = `
  CREATE TABLE agentsystem (id INT AUTO_INCREMENT PRIMARY KEY, timestamp INT, name VARCHAR(100), ip VARCHAR(50), platform VARCHAR(50),
    build VARCHAR(100), arch VARCHAR(50), domain VARCHAR(100), procs INT, memory DOUBLE) CHARSET latin1;
  CREATE TABLE agentdata (id INT AUTO_INCREMENT PRIMARY KEY, timestamp INT, name VARCHAR(100), monitor VARCHAR(200), value VARCHAR(50))
    CHARSET latin1;
  CREATE TABLE agentevents (id INT AUTO_INCREMENT PRIMARY KEY, timestamp INT, name VARCHAR(100), monitor VARCHAR(200),
    message VARCHAR(500), status INT, severity INT, processed INT) CHARSET latin1;
  CREATE TABLE notifyrule (id INT AUTO_INCREMENT PRIMARY KEY, notify_name VARCHAR(100), notify_email VARCHAR(100), agent_name VARCHAR(100),
    agent_monitor VARCHAR(200), agent_status VARCHAR(10), agent_severity VARCHAR(10), notify_enabled INT) CHARSET latin1;
  CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, username VARCHAR(100), password VARCHAR(200), role VARCHAR(20)) CHARSET latin1;
  INSERT INTO agentsystem (timestamp, name, ip, platform, build, arch, domain, procs, memory) VALUES
    (${MIDNIGHT + 600}, 'WEB01', '10.0.0.5', 'Linux', 'Ubuntu 18.04', '64bit', 'example.org', 4, 7976),
    (${MIDNIGHT}, 'db01', '10.0.0.6', 'Windows', '10.0.17763', '64bit', 'Stand Alone', 2, 4095.5),
    (${MIDNIGHT}, 'no/name', '', '', '', '', '', 0, 0);
  INSERT INTO agentdata (timestamp, name, monitor, value)
    SELECT ${MIDNIGHT} + 60 * a.seq, 'web01', CONCAT('perf.', b.seq), a.seq / 10 FROM seq_0_to_4999 a, seq_1_to_6 b;
  INSERT INTO agentdata (timestamp, name, monitor, value) VALUES
    (${MIDNIGHT}, 'db01', '${CPU}', '12.5'), (${MIDNIGHT}, 'db01', 'bad name', '1'), (${MIDNIGHT}, 'db01', '${CPU}2', 'NaN'),
    (5, 'db01', '${CPU}', '1'), (${MIDNIGHT + 60}, 'db01', '${CPU}', NULL);
  INSERT INTO agentevents (timestamp, name, monitor, message, status, severity, processed) VALUES
    (${MIDNIGHT}, 'web01', '${CPU}', 'Processor percent used > 90 for 15 minutes, überall', 1, 2, 1),
    (${MIDNIGHT}, 'db01', '${CPU}', 'Processor percent used > 85 for 15 minutes', 0, 4, 1),
    (${MIDNIGHT}, 'db01', 'perf.system.availability.seconds', 'Agent not responding', 1, 1, 1),
    (${MIDNIGHT}, 'db01', '${CPU}', 'no such severity', 1, 9, 1);
  INSERT INTO notifyrule (notify_name, notify_email, agent_name, agent_monitor, agent_status, agent_severity, notify_enabled) VALUES
    ('ops', 'ops@example.org', '%_%', '%_%', '%_%', '%_%', 1),
    ('ops', 'night@example.org', 'web%', 'perf.processor%', '1', '1', 0),
    ('broken', 'nobody', '%', '%', '%', '%', 1);
  INSERT INTO users (username, password, role) VALUES ('admin', 'aa', 'admin'), ('anna', 'bb', 'user'), ('bob', 'cc', 'admin'), ('a b', '', 'user');
`

describe.skipIf(!HAS_MARIADB)('a database of the original product', () => {
  let maria: Mariadb
  let dataDir: string
  let url: string

  beforeAll(async () => {
    maria = await startMariadb()
    maria.setDurable(false)
  }, PATIENCE_MS)
  afterAll(() => maria.remove())
  beforeEach(async () => {
    dataDir = makeTempDir()
    url = await maria.createDatabase()
    maria.run(`USE ${new URL(url.replace('mysql:', 'http:')).pathname.slice(1)}; ${ORIGINAL}`)
  })

  const importIt = () => runMonitor(['db', 'import-original', '--from', url, '--data-dir', dataDir])
  const open = () => openStore('sqlite:monitor.db', { dataDir, clock: systemClock, log })

  test(
    'is taken over: hosts, samples, events, rules and users; doing it again changes nothing',
    async () => {
      let first = ''
      for (let round = 0; round < 2; round++) {
        const { code, stdout, stderr } = await importIt()
        expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('100 %') })
        expect(stdout).toMatch(/agentsystem +3 +2 +1/)
        expect(stdout).toMatch(/agentdata +30,005 +30,001 +4/)
        expect(stdout).toMatch(/agentevents +4 +3 +1/)
        expect(stdout).toMatch(/notifyrule +3 +2 +1/)
        expect(stdout).toMatch(/users +4 +3 +1/)
        expect(stdout.includes('monitor user password anna')).toBe(round === 0)

        const store = await open()
        expect(await store.hosts.find('web01')).toMatchObject({
          ip: '10.0.0.5',
          build: 'Ubuntu 18.04',
          processors: 4,
          latestTime: MIDNIGHT + 4999 * 60,
        })
        expect((await store.hosts.find('db01'))?.memoryMb).toBe(4095.5)
        const series = toPairs(await store.samples.range('web01', 'perf.6', 0, Number.MAX_SAFE_INTEGER))
        expect(series).toEqual(Array.from({ length: 5000 }, (_, i) => [MIDNIGHT + i * 60, i / 10]))
        expect(await store.hosts.metrics('db01')).toEqual([CPU])
        const { events } = await store.events.list({})
        expect(
          events.map(({ host, status, severity, message }) => [host, status, severity, message]).sort(),
        ).toEqual([
          ['db01', 'closed', 1, 'Agent not responding'],
          ['db01', 'closed', 4, 'Processor percent used > 85 for 15 minutes'],
          ['web01', 'open', 2, 'Processor percent used > 90 for 15 minutes, überall'],
        ])
        expect(await store.outbox.listChanges(10)).toEqual([])
        expect(await store.rules.list()).toMatchObject([
          {
            name: 'ops',
            enabled: true,
            host: '%',
            metric: '%',
            severities: [1, 2, 3, 4],
            onOpening: true,
            onClosing: true,
            channel: 'mail',
            target: 'ops@example.org',
          },
          {
            name: 'ops (2)',
            enabled: false,
            host: 'web%',
            severities: [1],
            onOpening: true,
            onClosing: false,
          },
        ])
        const users = await store.users.list()
        expect(users.map(({ name, access }) => [name, access])).toEqual([
          ['admin', 'admin'],
          ['anna', 'operator'],
          ['bob', 'admin'],
        ])
        const hash = (await store.users.find('anna'))?.passwordHash ?? ''
        for (const guess of ['', 'bb', 'password']) expect(await Bun.password.verify(guess, hash)).toBe(false)
        expect((await store.maintenance.stats()).samples).toBe(30_001)
        expect(await store.maintenance.check()).toEqual([])
        first ||= hash
        expect(hash).toBe(first)
        await store.close()
      }
      rmSync(dataDir, { recursive: true, force: true })
    },
    PATIENCE_MS,
  )

  test(
    'is taken over too when agents report already, with keys of their own, and people have closed an event',
    async () => {
      await importIt()
      const store = await open()
      const open1 = (await store.events.list({ status: 'open' })).events[0]
      await store.events.close(open1?.id ?? 0, 'admin', MIDNIGHT + 900)
      await store.ingest.write([aReport('db01', { seen: MIDNIGHT + 1e6, keyHash: 'new' })])
      await store.close()
      expect((await importIt()).code).toBe(0)
      const after = await open()
      expect((await after.events.list({ status: 'open' })).total).toBe(0)
      expect((await after.hosts.find('db01'))?.lastSeen).toBe(MIDNIGHT + 1e6)
      expect((await after.outbox.listChanges(10)).length).toBe(1)
      await after.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
    PATIENCE_MS,
  )

  test('is told from any other', async () => {
    url = await maria.createDatabase()
    const { code, stderr } = await importIt()
    expect(stderr).toContain('it lacks agentsystem.name')
    expect(code).toBe(1)
    rmSync(dataDir, { recursive: true, force: true })
  })
})
