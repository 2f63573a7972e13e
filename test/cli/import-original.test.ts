import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseStoredPassword } from '../../src/domain/users/user.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import { Client } from '../collect/harness.ts'
import { aReport, MIDNIGHT, toPairs } from '../storage/reports.ts'
import { startSmtpServer } from '../support/smtp-server.ts'
import { FROM_SOURCE, makeTempDir, runMonitor, startMonitor } from '../support/spawn.ts'
import type { Mariadb } from '../support/sql/mariadb.ts'
import { reportMissingServers, SQL_SERVERS, type SqlServerProduct } from '../support/sql/sql-servers.ts'

const PATIENCE_MS = 60_000
const log = createLog({ level: 'error', format: 'text' })
const CPU = 'perf.processor.percent.used'

/** What an agent with a fast clock sent, and the original stored. */
const FUTURE = 4_000_000_000

/** Samples of 30 days, one each 3 minutes: those of every minute take a busy machine a minute and a half. */
const MONTH_SAMPLES = 30 * 24 * 20

const sha224 = (text: string) => new Bun.CryptoHasher('sha224').update(text).digest('hex')

/** A database of the original, with the types of columns that its releases have. */
const ORIGINAL = `
  CREATE TABLE agentsystem (id INT AUTO_INCREMENT PRIMARY KEY, timestamp INT UNSIGNED, name VARCHAR(100), ipaddress VARCHAR(50),
    platform VARCHAR(50), build VARCHAR(100), architecture VARCHAR(25), domain VARCHAR(100), processors INT, memory DECIMAL(10,2))
    CHARSET latin1;
  CREATE TABLE agentdata (id BIGINT AUTO_INCREMENT PRIMARY KEY, timestamp INT UNSIGNED, name VARCHAR(100), monitor VARCHAR(250),
    value DECIMAL(50,2)) CHARSET latin1;
  CREATE TABLE agentevents (id BIGINT AUTO_INCREMENT PRIMARY KEY, timestamp INT UNSIGNED, name VARCHAR(100), monitor VARCHAR(250),
    message VARCHAR(250), status TINYINT(1), severity VARCHAR(11), processed TINYINT(1)) CHARSET latin1;
  CREATE TABLE notifyrule (id INT AUTO_INCREMENT PRIMARY KEY, notify_name VARCHAR(100), notify_email VARCHAR(100), agent_name VARCHAR(100),
    agent_monitor VARCHAR(250), agent_status TINYINT(1), agent_severity VARCHAR(11), notify_enabled TINYINT(1)) CHARSET latin1;
  CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, username VARCHAR(50), password VARCHAR(100), role TINYINT(1)) CHARSET latin1;
  INSERT INTO agentsystem (timestamp, name, ipaddress, platform, build, architecture, domain, processors, memory) VALUES
    (${MIDNIGHT + 6000 * 60}, 'WEB01', '10.0.0.5', 'Linux', 'Ubuntu 18.04', '64bit', 'example.org', 4, 7976),
    (${MIDNIGHT}, 'db01', '10.0.0.6', 'Windows', '10.0.17763', '64bit', 'Stand Alone', 2, 4095.5),
    (${MIDNIGHT}, 'no/name', '', '', '', '', '', 0, 0);
  INSERT INTO agentdata (timestamp, name, monitor, value)
    SELECT ${MIDNIGHT} + 60 * (a.n * 1000 + b.n * 100 + c.n * 10 + d.n), 'web01', CONCAT('perf.', m.n + 1),
      (a.n * 1000 + b.n * 100 + c.n * 10 + d.n) / 10
    FROM (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) a,
      (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8
        UNION SELECT 9) b,
      (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8
        UNION SELECT 9) c,
      (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8
        UNION SELECT 9) d,
      (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5) m;
  INSERT INTO agentdata (timestamp, name, monitor, value) VALUES
    (${MIDNIGHT}, 'db01', '${CPU}', 12.5), (${MIDNIGHT}, 'db01', 'perf.service.mssql$sqlexpress.state', 1),
    (${MIDNIGHT}, 'db01', 'perf.filesystem.c.percent.free', 12.25),
    (5, 'db01', '${CPU}', 1), (${MIDNIGHT + 60}, 'db01', '${CPU}', NULL), (NULL, 'db01', '${CPU}', 1), (${MIDNIGHT}, NULL, '${CPU}', 1),
    (${FUTURE}, 'db01', '${CPU}', 77);
  INSERT INTO agentevents (timestamp, name, monitor, message, status, severity, processed) VALUES
    (${MIDNIGHT}, 'web01', '${CPU}', 'Processor percent used > 90 for 15 minutes, überall', 1, '2', 0),
    (${MIDNIGHT + 60}, 'web01', '${CPU}', 'Processor percent used > 95 for 15 minutes', 1, '1', 0),
    (${MIDNIGHT}, 'db01', '${CPU}', 'Processor percent used > 85 for 15 minutes', 0, '4', 1),
    (${MIDNIGHT}, 'db01', 'perf.system.availability.seconds', 'Agent not responding', 1, '1', 1),
    (${MIDNIGHT}, 'old01', '${CPU}', 'of a host without facts', 0, '3', 1),
    (${MIDNIGHT}, 'db01', 'perf.service.mssql$sqlexpress.state', 'Service stopped', 0, '3', 0),
    (${MIDNIGHT}, 'db01', '${CPU}', 'no such severity', 1, '9', 1),
    (${MIDNIGHT}, 'db01', '${CPU}', 'no status', NULL, '1', 1);
  INSERT INTO notifyrule (notify_name, notify_email, agent_name, agent_monitor, agent_status, agent_severity, notify_enabled) VALUES
    ('ops', 'ops@example.org', '%_%', '%_%', NULL, '%_%', 1),
    ('ops', 'night@example.org, Ann <ann@example.org>', 'web%', 'perf.processor%', 1, '1', 0),
    ('local', 'root', '%', '%', 1, '%', 1),
    ('broken', 'no body', '%', '%', 1, '%', 1);
  INSERT INTO users (username, password, role) VALUES ('admin', '${sha224('password')}', 1), ('anna', '${sha224('Tr0ub4dor&3')}', 0),
    ('bob', '${sha224('eleven lamps')}', 1), ('a b', '', 0);
`

reportMissingServers('the import of the original')
for (const product of SQL_SERVERS)
  describe.skipIf(product.obstacle !== null)(`a database of the original product on ${product.name}`, () =>
    describeImport(product),
  )

function describeImport(product: SqlServerProduct) {
  let maria: Mariadb
  let dataDir: string
  let url: string

  beforeAll(async () => {
    maria = await product.start()
    maria.setDurable(false)
  }, PATIENCE_MS)
  afterAll(() => maria.remove())
  beforeEach(async () => {
    dataDir = makeTempDir()
    url = await maria.createDatabase()
    maria.run(`USE ${new URL(url.replace('mysql:', 'http:')).pathname.slice(1)}; ${ORIGINAL}`)
  })

  const ofImport = () => ['db', 'import-original', '--from', url, '--data-dir', dataDir]
  const importIt = () => runMonitor(ofImport())
  /** An import that may be killed. */
  function startImport() {
    const child = Bun.spawn([...FROM_SOURCE, ...ofImport()], { stdout: 'ignore', stderr: 'pipe' })
    return {
      async waitFor(pattern: RegExp) {
        let said = ''
        for await (const chunk of child.stderr) {
          said += new TextDecoder().decode(chunk)
          if (pattern.test(said)) return
        }
        throw new Error(`it ended: ${said}`)
      },
      kill: () => child.kill('SIGKILL'),
    }
  }
  const open = () => openStore('sqlite:monitor.db', { dataDir, clock: systemClock, log })

  test(
    'is taken over: hosts, samples, events, rules and users; doing it again changes nothing',
    async () => {
      let first = ''
      for (let round = 0; round < 2; round++) {
        const { code, stdout, stderr } = await importIt()
        expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('100 %') })
        expect(stdout).toMatch(/agentsystem +3 +2 +1/)
        expect(stdout).toMatch(/agentdata +30,008 +30,004 +4/)
        expect(stdout).toMatch(/agentevents +8 +6 +2/)
        expect(stdout).toMatch(/notifyrule +4 +3 +1/)
        expect(stdout).toMatch(/users +4 +3 +1/)
        // A user with a common password is disabled; the others are listed, with the administrators marked.
        expect(stdout.includes('monitor user password admin')).toBe(round === 0)
        expect(stdout.includes('choose a new one: anna, bob')).toBe(round === 0)
        expect(stdout).toContain('Admins: admin, bob')
        expect(stdout).toContain('notifyrule 4: broken to no body: the e-mail is no list of addresses')
        expect(stdout).toContain(
          'agentevents 7: db01 perf.processor.percent.used: the severity is not 1 to 4',
        )
        expect(stdout).toContain('1 events are still open. Nobody is notified of them')
        // They have not reported here yet, and nobody is notified of that.
        expect(stdout).toContain('3 hosts have not reported to this server yet')

        const store = await open()
        expect(await store.hosts.find('web01')).toMatchObject({
          ip: '10.0.0.5',
          build: 'Ubuntu 18.04',
          processors: 4,
          latestTime: MIDNIGHT + 4999 * 60,
          firstSeen: MIDNIGHT,
          lastSeen: MIDNIGHT + 6000 * 60,
        })
        expect((await store.hosts.find('db01'))?.memoryMb).toBe(4095.5)
        const series = toPairs(await store.samples.range('web01', 'perf.6', 0, Number.MAX_SAFE_INTEGER))
        expect(series).toEqual(Array.from({ length: 5000 }, (_, i) => [MIDNIGHT + i * 60, i / 10]))
        expect(await store.hosts.metrics('db01')).toEqual([
          'perf.filesystem.c.percent.used',
          CPU,
          'perf.service.mssql_sqlexpress.state',
        ])
        expect((await store.hosts.find('db01'))?.latest['perf.filesystem.c.percent.used']).toBe(87.75)
        const all = (await store.events.list({})).events
        const silence = all.filter(({ message }) => message.includes('since it was imported'))
        expect(silence.map(({ host, status, severity }) => [host, status, severity]).sort()).toEqual(
          ['db01', 'old01', 'web01'].map((host) => [host, 'open', 1]),
        )
        const events = all.filter((event) => !silence.includes(event))
        expect(
          events.map(({ host, status, severity, message }) => [host, status, severity, message]).sort(),
        ).toEqual([
          ['db01', 'closed', 1, 'Agent not responding'],
          ['db01', 'closed', 3, 'Service stopped'],
          ['db01', 'closed', 4, 'Processor percent used > 85 for 15 minutes'],
          ['old01', 'closed', 3, 'of a host without facts'],
          ['web01', 'closed', 2, 'Processor percent used > 90 for 15 minutes, überall'],
          ['web01', 'open', 1, 'Processor percent used > 95 for 15 minutes'],
        ])
        // Of two open rows the older is over where the newer begins; of all other closed ones the end is
        // unknown.
        expect(
          events
            .filter(({ isEndUnknown }) => isEndUnknown)
            .map(({ host }) => host)
            .sort(),
        ).toEqual(['db01', 'db01', 'db01', 'old01'])
        expect(await store.outbox.listChanges(10)).toEqual([])
        expect(await store.rules.list()).toMatchObject([
          { name: 'local', target: 'root' },
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
            target: 'night@example.org, ann@example.org',
          },
        ])
        const users = await store.users.list()
        expect(users.map(({ name, access, passwordState }) => [name, access, passwordState])).toEqual([
          ['admin', 'admin', 'disabled'],
          ['anna', 'operator', 'original'],
          ['bob', 'admin', 'original'],
        ])
        const hash = (await store.users.find('anna'))?.passwordHash ?? ''
        const verifier = parseStoredPassword(hash)
        expect(verifier.expires).toBeGreaterThan(systemClock.now() + 29 * 86_400)
        expect(await Bun.password.verify(sha224('Tr0ub4dor&3'), verifier.hash)).toBe(true)
        expect(hash).not.toContain(sha224('Tr0ub4dor&3'))
        expect((await store.maintenance.stats()).samples).toBe(30_003)
        expect(await store.maintenance.check()).toEqual([])
        expect(await store.hosts.find('db01')).toMatchObject({
          agent: 'original',
          spellings: { 'perf.service.mssql_sqlexpress.state': 'perf.service.mssql$sqlexpress.state' },
        })
        if (round === 1) {
          // A new agent takes the place of one of the original; of hosts that have events alone, too.
          for (const host of ['web01', 'old01'])
            expect((await store.ingest.write([aReport(host, { keyHash: 'new' })])).size).toBe(0)
          // Samples of the future wait for their time.
          expect(await store.maintenance.admitWaiting(FUTURE, 10)).toBe(1)
          const ever = toPairs(await store.samples.range('db01', CPU, 0, FUTURE))
          expect(ever).toEqual([
            [MIDNIGHT, 12.5],
            [FUTURE, 77],
          ])
        }
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
      const open1 = (await store.events.list({ status: 'open', metric: CPU })).events[0]
      await store.events.close(open1?.id ?? 0, 'admin', MIDNIGHT + 900)
      await store.hosts.releaseName('db01', MIDNIGHT + 900)
      await store.ingest.write([aReport('db01', { seen: MIDNIGHT + 1e6, keyHash: 'new' })])
      await store.close()
      expect((await importIt()).code).toBe(0)
      const after = await open()
      expect((await after.events.list({ status: 'open', metric: CPU })).total).toBe(0)
      expect((await after.hosts.find('db01'))?.lastSeen).toBe(MIDNIGHT + 1e6)
      expect((await after.outbox.listChanges(10)).length).toBe(1)
      await after.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
    PATIENCE_MS,
  )

  test(
    'what its agents have told us meanwhile is not opened again, and who reported just now has not reported here',
    async () => {
      const now = systemClock.now()
      const database = new URL(url.replace('mysql:', 'http:')).pathname.slice(1)
      const rows = ['ended', 'next', 'same'].map(
        (host) => `(${MIDNIGHT}, '${host}', '${CPU}', 'Processor', 1, '4', 0)`,
      )
      maria.run(`USE ${database}; DELETE FROM agentevents;
        UPDATE agentsystem SET timestamp = ${now + 9000} WHERE name = 'WEB01';
        INSERT INTO agentevents (timestamp, name, monitor, message, status, severity, processed) VALUES ${rows.join(', ')}`)
      const said = { uid: null, change: MIDNIGHT, metric: CPU, message: 'Processor', severity: 4 } as const
      const opening = { ...said, time: MIDNIGHT, status: 'open' } as const
      const next = { ...opening, time: MIDNIGHT + 600, severity: 3 } as const
      const end = { ...said, time: MIDNIGHT + 900, status: 'closed' } as const
      const before = await open()
      await before.ingest.write([
        aReport('ended', { events: [{ ...end, opened: MIDNIGHT }] }),
        aReport('next', { events: [next, { ...end, opened: MIDNIGHT + 600 }] }),
        aReport('same', { events: [opening] }),
      ])
      await before.close()
      expect((await importIt()).code).toBe(0)
      const store = await open()
      const { events } = await store.events.list({ metric: CPU })
      expect(
        events
          .map(({ host, opened, closed }) => [host, opened - MIDNIGHT, closed && closed - MIDNIGHT])
          .sort(),
      ).toEqual([
        ['ended', 0, 900],
        ['next', 0, 600],
        ['next', 600, 900],
        ['same', 0, null],
      ])
      // So the first cycle of the event engine does not reopen it.
      expect((await store.hosts.find('web01'))?.lastSeen).toBeLessThan(systemClock.now())
      const [silence] = (await store.events.list({ host: 'web01' })).events
      expect((await store.hosts.find('web01'))?.lastSeen).toBeLessThan(silence?.opened ?? 0)
      await store.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
    PATIENCE_MS,
  )

  // The server does the same, whichever database the data was imported from.
  test.skipIf(product.name !== 'MariaDB')(
    'nobody hears of it from a server that runs meanwhile, but of what happens then',
    async () => {
      const smtp = await startSmtpServer()
      const settings = {
        'mail.server': '127.0.0.1',
        'mail.port': smtp.port,
        'mail.tls': 'off',
        'mail.from': 'monitor@example.org',
        'web.port': 0,
        'collect.address': '127.0.0.1',
        'collect.port': 0,
        'collect.tls_port': 'off',
        'collect.passphrase': 'secure_monitoring',
        'events.interval': '1s',
        'events.availability_check': '3s',
      }
      const server = await startMonitor(
        [
          ...['server', '--data-dir', dataDir],
          ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
        ],
        { cwd: dataDir },
      )
      const readMails = () =>
        smtp.mails.map(({ to, content }) => `${to} ${/^Subject: (.*)$/m.exec(content)?.[1]}`)
      const waitForMails = async (wanted: number) => {
        const end = performance.now() + PATIENCE_MS / 2
        while (smtp.mails.length < wanted && performance.now() < end) await Bun.sleep(50)
      }
      /** As agents of the original do. */
      const send = async (host: string, ...events: object[]) => {
        const client = await Client.connect(server.ports.collect ?? 0)
        const time = systemClock.now()
        const facts = {
          ip: '10.0.0.5',
          platform: 'Linux',
          build: 'x',
          arch: '64bit',
          domain: '',
          procs: 1,
          memory: 1,
        }
        const packet = {
          time,
          name: host,
          ...facts,
          passphrase: 'secure_monitoring',
          data: [{ time, a: 1 }],
          events,
        }
        client.write(JSON.stringify(packet))
        expect(await client.all()).toBe('Received')
      }
      const anEvent = (time: number, monitor: string, status: 0 | 1) => {
        return { time, monitor, message: 'Memory percent used > 85', status, severity: 1 }
      }
      let beat: Timer | undefined
      try {
        // A rule for closings alone sends nothing about hosts that report here for the first time.
        maria.run(`USE ${new URL(url.replace('mysql:', 'http:')).pathname.slice(1)};
          INSERT INTO notifyrule (notify_name, notify_email, agent_name, agent_monitor, agent_status, agent_severity, notify_enabled)
            VALUES ('ended', 'ended@example.org', '%', 'perf.system.availability%', 0, '%', 1)`)
        // The engine must know that there were no rules before.
        await Bun.sleep(2500)
        expect((await importIt()).code).toBe(0)
        await Bun.sleep(3500)
        expect(readMails()).toEqual([])
        // The agent closes what was open and comes back; nobody was notified of either before.
        await send('web01', anEvent(MIDNIGHT + 60, CPU, 0))
        beat = setInterval(() => ['web01', 'db01'].map((host) => send(host).catch(() => {})), 500)
        await Bun.sleep(2500)
        expect(readMails()).toEqual([])
        const store = await open()
        expect((await store.events.list({ host: 'web01', status: 'open' })).total).toBe(0)
        await send('db01', anEvent(systemClock.now(), 'perf.memory.percent.used', 1))
        await waitForMails(2)
        expect(readMails().sort()).toEqual([
          expect.stringMatching(/^ops@example.org .*db01.*emory/),
          expect.stringMatching(/^root .*db01.*emory/),
        ])
        await store.close()
      } finally {
        clearInterval(beat)
        await server.stop()
        await smtp.stop()
      }
      rmSync(dataDir, { recursive: true, force: true })
    },
    2 * PATIENCE_MS,
  )

  test(
    'notifies once of what is still open when asked to, also later, and writes what is left out into a file',
    async () => {
      const report = join(dataDir, 'left-out.txt')
      expect((await importIt()).code).toBe(0)
      const { code } = await runMonitor([
        ...[
          'db',
          'import-original',
          '--from',
          url,
          '--data-dir',
          dataDir,
          '--notify-open',
          '--report',
          report,
        ],
      ])
      expect(code).toBe(0)
      expect(readFileSync(report, 'utf8').trim().split('\n')).toHaveLength(9)
      const store = await open()
      const changes = await store.outbox.listChanges(10)
      expect(changes.map(({ event }) => [event.host, event.status, event.severity])).toEqual([
        ['web01', 'open', 1],
      ])
      await store.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
    PATIENCE_MS,
  )

  test.skipIf(product.name !== 'MariaDB')(
    'of 20 hosts and 30 days is taken over value by value, also when the import is killed and run again',
    async () => {
      const digits = (name: string) =>
        `(${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `SELECT ${n} n`).join(' UNION ALL ')}) ${name}`
      const place = '(a.n * 10000 + b.n * 1000 + c.n * 100 + d.n * 10 + e.n)'
      maria.run(`USE ${new URL(url.replace('mysql:', 'http:')).pathname.slice(1)};
        DELETE FROM agentdata; DELETE FROM agentevents; DELETE FROM agentsystem;
        INSERT INTO agentdata (timestamp, name, monitor, value)
          SELECT ${MIDNIGHT} + 180 * ${place}, CONCAT('host', h.n + 10 * i.n), CONCAT('perf.m', ${place} % 2),
            ((${place} * 7 + h.n * 13 + i.n) % 10000) / 100 - 20
          FROM ${['a', 'b', 'c', 'd', 'e', 'h', 'i'].map(digits).join(', ')}
          WHERE ${place} < ${MONTH_SAMPLES} AND i.n < 2;
        INSERT INTO agentevents (timestamp, name, monitor, message, status, severity, processed)
          SELECT ${MIDNIGHT} + 3600 * (a.n * 10 + b.n), CONCAT('host', h.n), 'perf.m0', CONCAT('event ', b.n), 0, 1 + b.n % 4, 0
          FROM ${['a', 'b', 'h'].map(digits).join(', ')}`)
      const killed = await startImport()
      await killed.waitFor(/rows of agentdata/)
      killed.kill()
      expect((await importIt()).code).toBe(0)
      const store = await open()
      for (let host = 0; host < 20; host++)
        for (const parity of [0, 1]) {
          const { times, values } = await store.samples.range(`host${host}`, `perf.m${parity}`, 0, FUTURE)
          expect(times.length).toBe(MONTH_SAMPLES / 2)
          for (let i = 0; i < times.length; i++) {
            const at = 2 * i + parity
            const value = Number(
              (((at * 7 + (host % 10) * 13 + Math.floor(host / 10)) % 10000) / 100 - 20).toFixed(2),
            )
            if (times[i] !== MIDNIGHT + 180 * at || values[i] !== value)
              throw new Error(`host${host} sample ${at}: ${times[i]} ${values[i]}, not ${value}`)
          }
        }
      expect((await store.events.list({ status: 'closed' })).total).toBe(1000)
      expect(await store.maintenance.check()).toEqual([])
      await store.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
    2 * PATIENCE_MS,
  )

  test('is distinguished from any other', async () => {
    url = await maria.createDatabase()
    const { code, stderr } = await importIt()
    expect(stderr).toContain('it lacks agentsystem.name')
    expect(code).toBe(1)
    // It speaks no TLS, or only by a certificate of its own, while our own database may ask for it.
    const careful = [...ofImport(), '--set', 'database.tls=true']
    expect((await runMonitor(careful)).code).toBe(78)
    expect((await runMonitor([...careful, '--from-plain'])).stderr).toContain('it lacks agentsystem.name')
    rmSync(dataDir, { recursive: true, force: true })
  })
}

describe('the SQLite file of 0.05b', () => {
  test('is imported with its own names of columns, and an admin is made where none is', async () => {
    const dataDir = makeTempDir()
    const file = join(dataDir, 'flask.db')
    const flask = new Database(file)
    flask.run(`CREATE TABLE agentsystem (ID INTEGER PRIMARY KEY, timestamp INTEGER, name TEXT, ipaddress TEXT, platform TEXT, build TEXT,
      architecture TEXT, domain TEXT, processors INTEGER, memory REAL)`)
    flask.run(
      'CREATE TABLE agentdata (ID INTEGER PRIMARY KEY, timestamp INTEGER, name TEXT, monitor TEXT, value REAL)',
    )
    flask.run(`CREATE TABLE agentevents (ID INTEGER PRIMARY KEY, timestamp INTEGER, name TEXT, monitor TEXT, message TEXT, status INTEGER,
      severity TEXT, processed INTEGER)`)
    flask.run(`CREATE TABLE notifyrule (ID INTEGER PRIMARY KEY, name TEXT, email TEXT, agent TEXT, monitor TEXT, status TEXT,
      severity TEXT, enabled INTEGER)`)
    flask.run('CREATE TABLE users (ID INTEGER PRIMARY KEY, user TEXT, password TEXT, role INTEGER)')
    flask.run(
      `INSERT INTO agentsystem VALUES (1, ${MIDNIGHT}, 'web01', '10.0.0.1', 'Linux', 'Debian', '64bit', 'x', 2, 2048)`,
    )
    flask.run(`INSERT INTO agentdata VALUES (1, ${MIDNIGHT}, 'web01', '${CPU}', 12.5)`)
    flask.run(`INSERT INTO notifyrule VALUES (1, 'all', 'a@example.org', '%_%', '%_%', '%_%', '%_%', 1)`)
    flask.run(`INSERT INTO users VALUES (1, 'ann', '${sha224('eleven lamps')}', 0)`)
    flask.close()
    const { code, stdout, stderr } = await runMonitor([
      ...['db', 'import-original', '--from', `sqlite:${file}`, '--data-dir', dataDir],
    ])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stdout).toContain('Nobody was an admin: "admin" was made')
    const store = await openStore('sqlite:monitor.db', { dataDir, clock: systemClock, log })
    expect((await store.users.list()).map(({ name, access }) => [name, access])).toEqual([
      ['admin', 'admin'],
      ['ann', 'operator'],
    ])
    expect(toPairs(await store.samples.range('web01', CPU, 0, MIDNIGHT + 1))).toEqual([[MIDNIGHT, 12.5]])
    expect(await store.rules.list()).toMatchObject([{ name: 'all', target: 'a@example.org' }])
    await store.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
})
