import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { EventReport, Severity } from '../../../src/domain/event.ts'
import { FACTS, startTestSite, type TestSite } from '../site.ts'

let site: TestSite
beforeEach(async () => {
  site = await startTestSite()
})
afterEach(() => site.stop())

const X = { 'perf.x': 1 }

async function report(host: string, groups: string[] = []) {
  await site.report(host, site.clock.now(), X, { groups })
}

/** Opens an event of a host so many seconds ago. */
async function open(host: string, severity: Severity, message: string, ago = 60) {
  const event: EventReport = {
    uid: message,
    change: 1,
    time: site.clock.now() - ago,
    metric: `perf.${message.replaceAll(' ', '.')}`,
    severity,
    status: 'open',
    message,
  }
  await site.store.events.report(host, [event])
}

async function read(path: string, access: 'viewer' | 'admin' = 'viewer') {
  const response = await site.send(path, { headers: await site.as(access) })
  expect(response.status).toBe(200)
  return response.text()
}

const textOf = (markup: string) =>
  markup
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()

/** What the list of what needs attention says, a line each, without markup and what can be done. */
function attention(markup: string): string[] {
  const [, list] = /<ul class="problems"[^>]*>(.*)<\/ul>/s.exec(markup.split('home-columns')[0] ?? '') ?? []
  return (list ?? '')
    .split('<li class="problem-row')
    .slice(1)
    .map((line) => textOf(`<li${line.split('<form')[0] ?? ''}`))
}

const verdict = (markup: string) =>
  textOf(/<section class="card verdict.*?<\/section>/s.exec(markup)?.[0] ?? '')
/** Names and classes of the cells of the map, in its order. */
const cells = (markup: string) =>
  [...markup.matchAll(/<a class="(cell [^"]*)"[^>]*title="([^"]*)"/g)].map(
    ([, classes, title]) => `${title} | ${classes}`,
  )

/** Names of the hosts of the table, in its order. */
const rows = (markup: string) => [...markup.matchAll(/data-key="host-([^"]*)"/g)].map(([, name]) => name)

test('says that all is clear while nothing is open', async () => {
  await report('calm')
  const markup = await read('/')
  expect(markup).not.toContain('Needs attention')
  expect(verdict(markup)).toStartWith('All clear 1 host, no open events 0 down 0 in maintenance 1 up')
})

test('the strip of the fleet says nothing of the time before there was a host', async () => {
  await report('web01')
  const slots = (markup: string) => (markup.match(/<rect class="slot unknown"/g) ?? []).length
  expect(slots(await read('/'))).toBe(95)
  expect(await read('/')).toContain('not observed')
  await site.clock.advance(3 * 3_600_000)
  await report('web01')
  expect(slots(await read('/'))).toBe(95 - 12)
})

test('an administrator with one host is shown what to do next, and nobody else', async () => {
  await report('web01')
  const home = await read('/', 'admin')
  for (const path of ['/add-host', '/settings/rules/new', '/settings/guide#watching'])
    expect(home).toContain(`<a href="${path}"><b>`)
  expect(await read('/')).not.toContain('Next steps')
  await report('web02')
  expect(await read('/', 'admin')).not.toContain('Next steps')
})

test('lists the worst that nobody has acknowledged, with host and age, and how many more there are', async () => {
  await report('db')
  await report('web')
  await open('db', 3, 'slow disk', 7200)
  await open('web', 1, 'on fire', 120)
  await open('web', 2, 'taken care of')
  const { events } = await site.store.events.list({ severity: 2 })
  await site.store.events.acknowledge(events[0]?.id ?? 0, 'olga', site.clock.now())
  const markup = await read('/')
  expect(attention(markup)).toEqual(
    ['critical on fire web 2\u202fmin ago', 'warning slow disk db 2\u202fh ago'].map((line) =>
      line.replace(/\s/g, ' '),
    ),
  )
  expect(markup).toContain('<a href="/events?acknowledged=no">View as list</a>')
  expect(verdict(markup)).toStartWith('1 critical problem 2 of 3 open events not acknowledged')
  for (let i = 0; i < 9; i++) await open('db', 4, `note ${i}`)
  const more = await read('/')
  expect(attention(more)).toHaveLength(8)
  expect(more).toContain('<a href="/events?acknowledged=no">View all 11</a>')
  expect(textOf(more)).toContain('3 more : 3 information')
  expect(attention(await read('/?kiosk'))).toHaveLength(11)
})

test('the worst says its value of now, and who may not change it has no buttons', async () => {
  await site.report('db', site.clock.now(), { 'perf.memory.percent.used': 97.04 })
  const event = {
    uid: 'm',
    change: 1,
    time: site.clock.now(),
    metric: 'perf.memory.percent.used',
    severity: 2,
  } as const
  await site.store.events.report('db', [
    { ...event, status: 'open', message: 'Memory percent used > 90 for 15 minutes', value: 91 },
  ])
  const markup = await read('/')
  expect(attention(markup)).toEqual(['major Memory 97.0 % above 90 % for 15 min db just now'])
  expect(markup).not.toContain('data-action')
  const response = await site.send('/', { headers: await site.as('operator') })
  const own = await response.text()
  expect(own).toContain('aria-label="Acknowledge: db, Memory 97.0 %"')
  expect(own).toContain('Mute host for 4 hours')
})

test('keeps to its groups: alternatives of a facet, all facets together', async () => {
  await report('db', ['site:ams1', 'role:db'])
  await report('web1', ['site:ams1', 'role:web'])
  await report('web2', ['site:fra1', 'role:web'])
  await open('db', 3, 'slow disk')
  await open('web2', 1, 'on fire')
  const ams = await read('/?group=site:ams1')
  expect(attention(ams)).toHaveLength(1)
  expect(ams).toContain('href="/events?acknowledged=no&amp;group=site%3Aams1"')
  expect(ams).toContain('<a href="/events?group=site%3Aams1"')
  const both = await read('/?group=site:ams1&group=site:fra1&group=role:web')
  expect(cells(both).map((cell) => cell.split(/[ :]/)[0])).toEqual(['web1', 'web2'])
  expect(verdict(both)).toContain('1 of 1 open event')
  expect((await site.send('/?group=a+b', { headers: await site.as('viewer') })).status).toBe(400)
})

test('the map shows state, fill and worst event of every host, grouped by a facet of choice', async () => {
  await site.report(
    'web10',
    site.clock.now(),
    { 'perf.processor.percent.used': 96, 'perf.memory.percent.used': 20 },
    { groups: ['site:ams1', 'web'] },
  )
  await site.report('web2', site.clock.now(), { 'perf.processor.percent.used': 4 }, { groups: ['site:ams1'] })
  await site.report('old', site.clock.now(), X)
  await site.clock.advance(1_000_000)
  for (const host of ['web2', 'web10'])
    await site.report(
      host,
      site.clock.now(),
      { 'perf.processor.percent.used': host === 'web2' ? 4 : 96 },
      { groups: ['site:ams1'] },
    )
  await open('web10', 1, 'on fire')
  const now = site.clock.now()
  await site.store.maintenanceWindows.add({
    name: 'updates',
    host: 'web2',
    when: { kind: 'once', from: now - 60, to: now + 3600 },
  })
  const markup = await read('/')
  expect(cells(markup)).toEqual([
    'web2: in maintenance; CPU 4.0\u202f% | cell is-maintenance f0',
    'web10: CPU 96.0\u202f%; critical event | cell is-up f10 edge severity-1',
    'old: down | cell is-down',
  ])
  expect(verdict(markup)).toStartWith('1 host down 1 more in maintenance')
  expect(cells(await read('/?fill=state'))[1]).toEndWith('cell is-up edge severity-1')
  expect((await site.send('/?fill=nonsense', { headers: await site.as('viewer') })).status).toBe(400)
  expect(rows(await read('/hosts?sort=events'))[0]).toBe('web10')
})

test('above 500 hosts the map is counts by group, and packed data for the script', async () => {
  const reports = Array.from({ length: 501 }, (_, i) => ({
    host: `h${i}`,
    facts: { ...FACTS, groups: [i % 2 === 0 ? 'site:ams1' : 'site:fra1'] },
    seen: site.clock.now(),
    clockSkew: 0,
    frames: [{ time: site.clock.now(), metrics: ['perf.processor.percent.used'], values: [i % 101] }],
    events: [],
  }))
  await site.store.ingest.write(reports)
  const markup = await read('/')
  expect(cells(markup)).toEqual([])
  expect(textOf(markup)).toContain('ams1 251 hosts')
  const data = await (await site.send('/fleet?by=site', { headers: await site.as('viewer') })).json()
  expect(
    data.groups.map((group: { name: string; hosts: string[] }) => [group.name, group.hosts.length]),
  ).toEqual([
    ['site:ams1', 251],
    ['site:fra1', 250],
  ])
  const [first] = data.groups
  expect([first.hosts[1], first.fills.slice(0, 6), first.states.length, first.events[0]]).toEqual([
    'h2',
    '000111',
    251,
    '0',
  ])
})

test('a facet that no host has is said, and one that hosts have is not', async () => {
  const facts = { ...FACTS, groups: ['site:ams1'] }
  const now = site.clock.now()
  await site.store.ingest.write([{ host: 'h1', facts, seen: now, clockSkew: 0, frames: [], events: [] }])
  expect(textOf(await read('/?by=rack'))).toContain('grouped by “rack”: no host has such a group')
  expect(textOf(await read('/?by=site'))).not.toContain('no host has')
})

test('an event whose notifications are held says until when and why', async () => {
  await report('db')
  await open('db', 1, 'on fire')
  const now = site.clock.now()
  await site.store.maintenanceWindows.add({
    name: 'kernel updates',
    host: 'd*',
    when: { kind: 'once', from: now - 60, to: now + 3600 },
  })
  expect(attention(await read('/'))[0]).toMatch(/In maintenance until \d\d:\d\d : kernel updates/)
})

test('shows who may add a host the way to do it, and others none that they could not use', async () => {
  for (const path of ['/', '/hosts']) {
    expect(await read(path, 'admin')).toContain('href="/add-host"')
    expect(await read(path)).not.toContain('href="/add-host"')
  }
  await report('calm')
  expect(await read('/hosts', 'admin')).toContain('href="/add-host"')
  expect(await read('/hosts')).not.toContain('href="/add-host"')
})
