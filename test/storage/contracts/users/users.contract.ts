import { describe, expect, test } from 'bun:test'
import { sessionId } from '../../../../src/domain/users/user.ts'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { aReport, MIDNIGHT } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

/** What every database must do with users, their preferences and the audit log. */
export function describeUsers(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let store: Store

    openEach(makeWorkbench, async (opened) => {
      store = opened.store
      await store.users.add('anna', 'viewer', 'hash', 10)
    })

    test('the last admin stays one, whoever else goes at the same time', async () => {
      await store.users.add('root', 'admin', 'hash', 10)
      expect(await store.users.setAccess('root', 'viewer')).toBe('only admin')
      expect(await store.users.delete('root')).toBe('only admin')
      expect(await store.users.setAccess('root', 'admin')).toBe('changed')
      expect(await store.users.setAccess('anna', 'operator', 'admin')).toBe('outdated')
      expect(await store.users.setAccess('anna', 'operator', 'viewer')).toBe('changed')
      await store.users.setAccess('anna', 'admin')
      const outcomes = await Promise.all([
        store.users.delete('root'),
        store.users.setAccess('anna', 'viewer'),
      ])
      expect(outcomes.filter((outcome) => outcome === 'only admin')).toHaveLength(1)
      expect((await store.users.list()).filter(({ access }) => access === 'admin')).toHaveLength(1)
    })

    test('preferences come with every session of the user', async () => {
      await store.sessions.add({ tokenHash: 's1', user: 'anna', created: 100, expires: 200 })
      const chosen = { theme: 'dark', zone: 'Europe/Zurich', dates: 'de' } as const
      expect(await store.users.setPreferences('anna', chosen)).toBe(true)
      expect(await store.users.setPreferences('nobody', chosen)).toBe(false)
      expect((await store.sessions.find('s1', 150))?.preferences).toEqual(chosen)
    })

    test('a password is changed only while the known one is stored, when one is given', async () => {
      expect(await store.users.setPassword('anna', 'newer', 'another')).toBe(false)
      expect((await store.users.find('anna'))?.passwordHash).toBe('hash')
      expect(await store.users.setPassword('anna', 'newer', 'hash')).toBe(true)
      expect((await store.users.find('anna'))?.passwordHash).toBe('newer')
    })

    test('no session begins on a password that is another one by then', async () => {
      const origin = { address: '10.0.0.9', browser: 'Firefox' }
      expect(
        await store.sessions.add({
          tokenHash: 's1',
          user: 'anna',
          created: 100,
          expires: 200,
          origin,
          passwordHash: 'hash',
        }),
      ).toBe(true)
      await store.users.setPassword('anna', 'newer')
      expect(await store.sessions.find('s1', 150)).toBeNull()
      expect(
        await store.sessions.add({
          tokenHash: 's2',
          user: 'anna',
          created: 100,
          expires: 200,
          origin,
          passwordHash: 'hash',
        }),
      ).toBe(false)
      expect(await store.sessions.find('s2', 150)).toBeNull()
    })

    test('sessions are listed while they live, of one user or of all, and ended by what the list calls them', async () => {
      await store.users.add('bob', 'admin', 'hash', 10)
      const [a, b, c] = ['a', 'b', 'c'].map((one) => one.repeat(64)) as [string, string, string]
      await store.sessions.add({
        tokenHash: a,
        user: 'anna',
        created: 100,
        expires: 200,
        origin: { address: '10.0.0.9', browser: 'Firefox' },
      })
      await store.sessions.add({ tokenHash: b, user: 'bob', created: 110, expires: 300 })
      await store.sessions.add({ tokenHash: c, user: 'anna', created: 120, expires: 130 })
      expect((await store.sessions.list(null, 150)).map(({ user }) => user)).toEqual(['bob', 'anna'])
      expect(await store.sessions.list('anna', 150)).toEqual([
        {
          id: sessionId(a),
          user: 'anna',
          access: 'viewer',
          created: 100,
          expires: 200,
          address: '10.0.0.9',
          browser: 'Firefox',
        },
      ])
      for (const id of ['', 'a', '%', 'z'.repeat(24), sessionId('d'.repeat(64))])
        expect(await store.sessions.revoke(id)).toBe(false)
      expect(await store.sessions.revoke(sessionId(a))).toBe(true)
      expect(await store.sessions.find(a, 150)).toBeNull()
      expect(await store.sessions.find(b, 150)).not.toBeNull()
    })

    test('a token may do no more than it was given, and never more than its user', async () => {
      const token = { name: 't', user: 'anna', tokenHash: 't1', created: 10, expires: null }
      await store.tokens.add({ ...token, access: 'operator' })
      const access = async () => (await store.tokens.find('t1', 20))?.access
      expect(await access()).toBe('viewer')
      expect(await store.users.setAccess('anna', 'admin')).toBe('changed')
      expect(await access()).toBe('operator')
    })

    test('a token keeps the groups of hosts that it is limited to', async () => {
      const token = { name: 't', user: 'anna', tokenHash: 't2', created: 10, expires: null }
      await store.tokens.add({ ...token, groups: ['berlin', 'site:ams1'] })
      expect((await store.tokens.find('t2', 20))?.groups).toEqual(['berlin', 'site:ams1'])
    })

    test('the audit log is read newest first, by person and by words that stand for themselves', async () => {
      const entry = { time: 1, actor: 'anna', way: 'website', address: '10.0.0.9' } as const
      await store.audit.add({ ...entry, action: 'add rule', detail: 'All of 100%' })
      await store.audit.add({ ...entry, time: 2, actor: 'bob', action: 'delete rule', detail: 'all of 1000' })
      const found = async (query: object) => (await store.audit.list(query)).entries.map(({ time }) => time)
      expect(await found({})).toEqual([2, 1])
      expect(await found({ actor: 'anna' })).toEqual([1])
      expect(await found({ search: 'ALL OF' })).toEqual([2, 1])
      expect(await found({ search: '100%' })).toEqual([1])
      expect(await found({ search: 'add_rule' })).toEqual([])
      expect(await store.audit.list({ offset: 1, limit: 1 })).toEqual({
        total: 2,
        entries: [{ ...entry, action: 'add rule', detail: 'All of 100%' }],
      })
      await store.audit.add({ ...entry, action: 'sign in', detail: '' })
      expect(await store.audit.prune(2, 1)).toBe(1)
      expect(await found({})).toEqual([1, 2])
      expect(await store.audit.prune(2, 100)).toBe(1)
      expect(await found({})).toEqual([2])
    })

    test('metrics are found by words in any order', async () => {
      const metrics = ['perf.memory.percent.used', 'perf.memory.bytes.used', 'perf.load_1']
      const frame = { time: MIDNIGHT, metrics, values: [1, 2, 3] }
      await store.ingest.write([aReport('web01', { frames: [frame] })])
      expect(await store.hosts.findMetrics(['USED', 'memory'], 10)).toEqual([
        'perf.memory.bytes.used',
        'perf.memory.percent.used',
      ])
      expect(await store.hosts.findMetrics(['d_1'], 10)).toEqual(['perf.load_1'])
      expect(await store.hosts.findMetrics(['%'], 10)).toEqual([])
      expect(await store.hosts.findMetrics([], 1)).toEqual(['perf.load_1'])
    })

    test('hosts are found as somebody types: by the beginning, within the name, by the address', async () => {
      const facts = (ip: string) => ({ ip, platform: 'linux', build: 'web', domain: 'web.example' })
      const hosts = [
        ['web10', '10.0.0.1'],
        ['web2', '10.0.0.2'],
        ['old-web1', '10.0.0.3'],
        ['db01', '10.0.7.5'],
        ['a5', '10.0.0.4'],
      ] as const
      await store.ingest.write(
        hosts.map(([name, ip]) => {
          const report = aReport(name, {})
          return { ...report, facts: report.facts && { ...report.facts, ...facts(ip) } }
        }),
      )
      const names = async (text: string, limit = 8) =>
        (await store.hosts.findNames(text, limit)).map(({ name }) => name)
      expect(await names('web')).toEqual(['web2', 'web10', 'old-web1'])
      expect(await names(' WEB1')).toEqual(['web10', 'old-web1'])
      expect(await names('web', 2)).toEqual(['web2', 'web10'])
      expect(await names('5')).toEqual(['a5', 'db01'])
      expect(await names('10.0.7')).toEqual(['db01'])
      // The platform and the domain are no names.
      expect(await names('linux')).toEqual([])
      expect(await names('example')).toEqual([])
      for (const odd of ['', '  ', '%', '_', "'", '\n', 'web2\n10']) expect(await names(odd)).toEqual([])
      expect(await store.hosts.findNames('db01', 1)).toEqual([
        { name: 'db01', ip: '10.0.7.5', lastSeen: expect.any(Number) },
      ])
    })
  })
}
