import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import { API } from '../../src/web/api/index.ts'
import { PAGES } from '../../src/web/pages/index.ts'
import { makeTempDir, runMonitor } from '../support/spawn.ts'

/** What can be done everywhere, as the audit log calls it. */
const CHANGES = [
  'acknowledge event',
  'add maintenance window',
  'add rule',
  'add saved view',
  'add target',
  'change groups of host',
  'change maintenance window',
  'change rule',
  'change saved view',
  'change target',
  'close event',
  'comment event',
  'delete host',
  'delete maintenance window',
  'delete rule',
  'delete saved view',
  'delete target',
  'release host',
  'rename host',
  'reopen event',
  'switch rule off',
  'switch rule on',
]

let cwd = ''
beforeAll(async () => {
  cwd = makeTempDir()
  mkdirSync(join(cwd, 'monitor-data'))
  const log = createLog({ level: 'error', format: 'text' })
  const store = await openStore('sqlite:monitor.db', {
    dataDir: join(cwd, 'monitor-data'),
    clock: systemClock,
    log,
  })
  const now = systemClock.now()
  await store.ingest.write([
    {
      host: 'web01',
      keyHash: 'ab'.repeat(32),
      facts: null,
      seen: now,
      clockSkew: 0,
      frames: [],
      events: [
        {
          uid: 'one',
          change: 1,
          time: now,
          metric: 'perf.memory.percent.used',
          severity: 2,
          status: 'open',
          message: 'Memory',
        },
      ],
    },
  ])
  await store.users.add('admin', 'admin', 'hash', now)
  await store.close()
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

/** A mail server is set, so that rules and targets for mail cause no warning. */
const SET_UP = { MONITOR_MAIL_SERVER: 'mail.example.org' }

const run = async (...words: string[]) => {
  const { code, stdout, stderr } = await runMonitor(words, { cwd, env: SET_UP })
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' })
  return stdout
}

test('website and API call the same changes by the same names', () => {
  const named = (routes: readonly { readonly method: string; readonly does?: string }[]) =>
    new Set(routes.flatMap(({ method, does }) => (method === 'GET' || does === undefined ? [] : [does])))
  for (const change of CHANGES) {
    expect([...named(API)]).toContain(change)
    expect([...named(PAGES)]).toContain(change)
  }
})

test('what is kept and will not work as it is causes a warning, and nothing else', async () => {
  const warn = async (env: Record<string, string>, ...words: string[]) => {
    const { code, stdout, stderr } = await runMonitor(words, { cwd, env })
    expect({ words, code, stdout }).toEqual({ words, code: 0, stdout: '' })
    return stderr.split('\n').filter((line) => line !== '')
  }
  const mail = 'monitor: warning: mail is not set up: set mail.server in the configuration'
  const host = 'monitor: warning: "wbe*" does not match the only host'
  const rule = ['--channel', 'mail', '--target', 'ann@example.org']
  expect(await warn({}, 'rule', 'add', '--name', 'w', ...rule)).toEqual([mail])
  expect(await warn({}, 'rule', 'change', 'w', '--host', 'wbe*')).toEqual([mail, host])
  expect(await warn(SET_UP, 'rule', 'change', 'w', '--metric', 'perf.memory.percent.usd')).toEqual([
    host,
    'monitor: warning: "perf.memory.percent.usd" does not match any metric; did you mean perf.memory.percent.used?',
  ])
  expect(await warn(SET_UP, 'rule', 'change', 'w', '--host', 'WEB*', '--metric', '%')).toEqual([])
  // One that is switched off sends nothing anyway.
  expect(await warn({}, 'rule', 'disable', 'w')).toEqual([])
  expect(await warn({}, 'rule', 'enable', 'w')).toEqual([mail])
  expect(await warn({}, 'target', 'add', '--name', 'w', '--channel', 'telegram', '--address', '7')).toEqual([
    'monitor: warning: Telegram is not set up: set telegram.token in the configuration',
  ])
  expect(await warn({}, 'maintenance', 'add', '--name', 'w', '--host', 'wbe*', '--for', '1h')).toEqual([host])
  const past = ['--from', '2020-01-01T22:00:00Z', '--to', '2020-01-02T00:00:00Z']
  expect(await warn({}, 'maintenance', 'add', '--name', 'past', ...past)).toEqual([
    'monitor: warning: it ended at 2020-01-02T00:00:00Z, so it holds no notifications',
  ])
  await run('maintenance', 'delete', 'past')
  for (const kind of ['rule', 'target', 'maintenance']) await run(kind, 'delete', 'w')
})

test('everything that the API changes can be done from a shell, and is in the audit log by the same name', async () => {
  await run('event', 'acknowledge', '1', '--comment', 'on it')
  await run('event', 'comment', '1', '--comment', 'a disk was full')
  await run('event', 'close', '1')
  await run('event', 'reopen', '1')
  await run('target', 'add', '--name', 'ops', '--channel', 'mail', '--address', 'ops@example.org')
  await run('target', 'change', 'ops', '--address', 'night@example.org')
  expect(JSON.parse(await run('target', 'list', '--json'))).toEqual({
    total: 1,
    targets: [{ id: expect.any(Number), name: 'ops', channel: 'mail', address: 'night@example.org' }],
  })
  await run('view', 'add', '--user', 'admin', '--name', 'Databases', '--path', '/hosts?q=db&offset=50')
  await run('view', 'change', 'Databases', '--shared', 'yes')
  expect(JSON.parse(await run('view', 'list', '--json')).views).toEqual([
    { id: 1, name: 'Databases', path: '/hosts?q=db', owner: 'admin', shared: true },
  ])
  await run('view', 'delete', '1')
  await run('rule', 'add', '--name', 'all', '--channel', 'mail', '--target', 'ops', '--delay', '5m')
  await run('rule', 'change', 'all', '--host', 'web*', '--on', 'opening')
  await run('rule', 'disable', 'all')
  expect(JSON.parse(await run('rule', 'list', '--json')).rules).toMatchObject([
    {
      name: 'all',
      enabled: false,
      host: 'web*',
      channel: 'mail',
      target: 'ops',
      delay: 300,
      on_closing: false,
      on_opening: true,
    },
  ])
  await run('rule', 'enable', 'all')
  await run('rule', 'delete', 'all')
  await run('target', 'delete', 'ops')
  await run('maintenance', 'add', '--name', 'nights', '--daily', '22:00-06:00', '--zone', 'Europe/Berlin')
  await run(
    'maintenance',
    'change',
    'nights',
    '--daily',
    '23:00-05:00',
    '--days',
    '1,7',
    '--zone',
    'Europe/Berlin',
    '--host',
    'web%',
  )
  expect(JSON.parse(await run('maintenance', 'list', '--json')).maintenance_windows).toEqual([
    {
      id: expect.any(Number),
      name: 'nights',
      host: 'web%',
      when: { kind: 'weekly', start: '23:00', end: '05:00', zone: 'Europe/Berlin', days: [1, 7] },
    },
  ])
  await run('maintenance', 'delete', 'nights')
  await run('host', 'groups', 'web01', 'web, berlin')
  await run('host', 'release', 'web01')
  await run('host', 'rename', 'web01', 'www')
  expect(JSON.parse(await run('host', 'list', '--json')).hosts).toMatchObject([
    { name: 'www', groups: ['berlin', 'web'], has_key: false, open_events: { critical: 0, major: 1 } },
  ])
  await run('host', 'delete', 'www')
  const database = new Database(join(cwd, 'monitor-data', 'monitor.db'), { readonly: true })
  const rows = database.query<{ action: string; way: string }, []>('SELECT action, way FROM audit').all()
  database.close()
  expect(new Set(rows.map(({ way }) => way))).toEqual(new Set(['shell']))
  expect([...new Set(rows.map(({ action }) => action))].sort()).toEqual(CHANGES)
})

test('bad input is one clear line, and changes nothing', async () => {
  writeFileSync(join(cwd, 'monitor.toml'), '')
  const refuse = async (...words: string[]) => {
    const { code, stderr } = await runMonitor(words, { cwd })
    return `${code} ${stderr.trimEnd()}`
  }
  expect(await refuse('event', 'close', '99')).toBe('1 monitor: there is no event 99')
  expect(await refuse('event', 'close', 'x')).toBe(
    '64 monitor: an event is named by its number in `event list`',
  )
  expect(await refuse('target', 'delete', 'gone')).toBe('1 monitor: there is no target "gone"')
  expect(
    await refuse('target', 'add', '--name', 'a', '--channel', 'mail', '--address', 'nobody'),
  ).toStartWith('64 monitor: --address: expected')
  expect(await refuse('maintenance', 'add', '--name', 'a')).toBe(
    '64 monitor: when does it end? Give --for or --to, or --daily for one that comes again',
  )
  expect(await refuse('maintenance', 'add', '--name', 'a', '--for', '5')).toContain('--for takes a duration')
  expect(await refuse('maintenance', 'add', '--name', 'a', '--daily', '22-23')).toContain(
    '--daily takes two times of day',
  )
  expect(await refuse('rule', 'change', 'gone', '--host', 'a')).toBe('1 monitor: there is no rule "gone"')
})
