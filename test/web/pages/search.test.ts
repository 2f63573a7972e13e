import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentWay, linuxCommand, windowsCommand } from '../../../src/domain/hosts/join-commands.ts'
import { splitWords } from '../../../src/domain/pattern.ts'

import { startTestSite, type TestSite } from '../site.ts'

const FINGERPRINT = 'ab'.repeat(32)
const SECRET = `it's "secret" $HOME`

let site: TestSite
/** The page, behind a redirect to where it has to be looked at. */
async function text(path: string, headers: Record<string, string>): Promise<string> {
  const response = await site.send(path, { headers })
  const location = response.headers.get('location')
  return location === null ? response.text() : text(location, headers)
}

beforeAll(async () => {
  site = await startTestSite((store) => store, {
    findAgentDoor: () => ({ port: 8889, fingerprint: FINGERPRINT }),
    about: {
      enrolment: { readPassphrase: () => SECRET, plainPort: 8888, takesPassphrase: true },
      findMachineAddress: () => '198.51.100.7',
    },
  })
  const now = site.clock.now()
  await site.report('web01', now - 60, { 'perf.memory.percent.used': 41.5, 'perf.memory.bytes.used': 1 })
  await site.report('db01', now - 60, { 'perf.memory.percent.used': 41.5 }, { build: 'Rocky Linux 9' })
  const event = {
    uid: 'e1',
    change: 1,
    time: now,
    metric: 'perf.memory.percent.used',
    severity: 1,
    status: 'open',
  } as const
  await site.store.events.report('db01', [{ ...event, message: 'Memory is short' }])
})
afterAll(() => site.stop())

describe('search', () => {
  test.each([
    ['db', ['/hosts/db01"']],
    ['rocky', ['/hosts/db01"']],
    ['2FA', ['/settings/two-factor"']],
    ['uptime', ['/reports/availability"']],

    ['memory short', ['/events/1"']],
    ['#1', ['/events/1"']],
    ['web01 memory', ['/hosts/web01/metrics/perf.memory.bytes.used"']],
    ['memory web01 percent', ['/hosts/web01/metrics/perf.memory.percent.used"']],
    ['memory.percent', ['perf.memory.percent.used']],
    ['capacity', ['/reports/capacity"']],
    ['sessions', ['/settings/sessions"']],
  ])('for %j finds %p', async (words, parts) => {
    const markup = await text(`/search?q=${encodeURIComponent(words)}`, await site.as('viewer'))
    for (const part of parts) expect(markup).toContain(part)
  })

  test('finds an event behind a thousand newer ones', async () => {
    const deep = await startTestSite()
    const now = deep.clock.now()
    await deep.report('web01', now - 60, { a: 1 })
    const change = { change: 1, severity: 2, status: 'closed', message: 'nothing special' } as const
    const reports = Array.from({ length: 1200 }, (_, i) => ({
      ...change,
      uid: `e${i}`,
      time: now - 5000 + i,
      metric: i === 0 ? 'quite.Unusual' : 'a',
    }))
    await deep.store.events.report('web01', reports)
    const markup = await (
      await deep.send('/search?q=unusual%20web01', { headers: await deep.as('viewer') })
    ).text()
    await deep.stop()
    expect(markup).toContain('/events/1"')
  })

  test('finds pages for those alone who may see them', async () => {
    expect(await text('/search?q=audit', await site.as('viewer'))).not.toContain('/settings/audit')
    expect(await text('/search?q=audit', await site.as('admin'))).toContain('/settings/audit')
  })

  test('finds pages by other common names for them', async () => {
    const admin = await site.as('admin')
    expect(await text('/search?q=window', admin)).toContain('/settings/maintenance"')
    expect(await text('/search?q=backup', admin)).toContain('/settings/storage"')
    expect(await text('/search?q=slack', admin)).toContain('/settings/targets"')
  })

  test('says so when there is nothing, and what to type when nothing was typed', async () => {
    const viewer = await site.as('viewer')
    expect(await text('/search?q=zzzz', viewer)).toContain('No results')
    expect(await text('/search', viewer)).toContain('What are you looking for?')
    expect(await text('/search?q=%25', viewer)).toContain('No results')
  })

  test('takes eight words at most', () => expect(splitWords(' A  b c d e f g h i ')).toHaveLength(8))
})

describe('adding a host', () => {
  test('shows commands with everything filled in, and the passphrase to nobody but administrators', async () => {
    const markup = await text('/add-host?server=monitor.example.org', await site.as('admin'))
    expect(markup).toContain('monitor.example.org:8889')
    expect(markup).toContain(FINGERPRINT)
    expect(markup).toContain('&quot;secret&quot;')
    expect((await site.send('/add-host', { headers: await site.as('operator') })).status).toBe(403)
    expect(site.lines.join('\n')).not.toContain('secret')
  })

  test('finds a host that has reported for the first time since', async () => {
    await site.clock.advance(5000)
    const first = await site.send('/add-host', { headers: await site.as('admin') })
    const path = first.headers.get('location') ?? ''
    expect(path).toBe(`/add-host?since=${site.clock.now()}`)
    expect(await text(path, await site.as('admin'))).toContain('Waiting. 2 hosts')
    await site.clock.advance(5000)
    await site.report('brand-new', site.clock.now(), { 'perf.memory.percent.used': 1 })
    const markup = await text(path, await site.as('admin'))
    expect(markup).toContain('/hosts/brand-new')
    expect(markup).not.toContain('/hosts/web01')
  })

  test.each([
    ['<script>', 'SERVER'],
    ['a b', 'SERVER'],
    ["x'; rm -rf /", 'SERVER'],
    ['2001:db8::1', '[2001:db8::1]:8889'],
  ])('takes no %j for the name of a server', async (server, expected) => {
    const markup = await text(`/add-host?server=${encodeURIComponent(server)}`, await site.as('admin'))
    if (expected !== 'SERVER') expect(markup).toContain(expected)
    else expect(markup).toContain('198.51.100.7:8889')
  })

  test('fills in the address of the machine where the browser is on it', async () => {
    const admin = await site.as('admin')
    const local = await text(`/add-host?since=${site.clock.now()}`, admin)
    expect(local).toContain('198.51.100.7:8889')
    expect(local).toContain('You opened this server as 127.0.0.1, which other machines can’t reach')
    const named = await text(`/add-host?since=${site.clock.now()}`, {
      ...admin,
      host: `watch.example.org:${site.port}`,
    })
    expect(named).toContain('watch.example.org:8889')
    expect(named).not.toContain('other machines can’t reach')
    const typed = await text('/add-host?since=1&server=localhost', admin)
    expect(typed).toContain('localhost:8889')
    expect(typed).toContain('Other machines can’t reach this server as localhost')
  })

  test('the commands say exactly the passphrase to the shells', async () => {
    const way = agentWay('h', null, 8888)
    if (!way) throw new Error('there is a way')
    const [first = ''] = linuxCommand(way, SECRET).split('\n')
    const shell = Bun.spawnSync(['sh', '-c', first.replace('> passphrase.txt', '')])
    expect(shell.stdout.toString()).toBe(`${SECRET}\n`)
    expect(linuxCommand(way, SECRET)).not.toContain('fingerprint')
    // Lines that go on on the next one are one command.
    const folder = mkdtempSync(join(tmpdir(), 'monitor-commands-'))
    writeFileSync(join(folder, 'install.sh'), 'echo "$#:" "$@"; cat passphrase.txt')
    const pinned = linuxCommand({ server: 'mon:8889', fingerprint: 'ab12' }, SECRET)
    const all = Bun.spawnSync(['sh', '-c', pinned], { cwd: folder })
    expect(all.stdout.toString()).toBe(
      `7: agent --server mon:8889 --passphrase-file passphrase.txt --fingerprint ab12\n${SECRET}\n`,
    )
    expect(readdirSync(folder)).toEqual(['install.sh'])
    rmSync(folder, { recursive: true })
    expect(windowsCommand(way, SECRET)).toContain(`-Encoding UTF8 -Value 'it''s "secret" $HOME'`)
    expect(agentWay('h', null, null)).toBeNull()
  })
})
