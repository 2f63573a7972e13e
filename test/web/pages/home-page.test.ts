import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { EventReport, Severity } from '../../../src/domain/event.ts'
import { startTestSite, type TestSite } from '../site.ts'

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

/** What the list of what needs attention says, a line each, without markup. */
function attention(markup: string): string[] {
  const [, list] = /<section class="section attention">.*?<ul[^>]*>(.*?)<\/ul>/s.exec(markup) ?? []
  return [...(list ?? '').matchAll(/<li.*?<\/li>/gs)].map(([line]) =>
    line
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  )
}

/** Names of the hosts of the table, in its order. */
const rows = (markup: string) => [...markup.matchAll(/data-key="host-([^"]*)"/g)].map(([, name]) => name)

test('says nothing of attention while nothing is open', async () => {
  await report('calm')
  const markup = await read('/')
  expect(markup).not.toContain('Needs attention')
  expect(markup).not.toContain('open-counts"')
})

test('lists the worst that nobody has acknowledged, with host and age, and how many there are', async () => {
  await report('db')
  await report('web')
  await open('db', 3, 'slow disk', 7200)
  await open('web', 1, 'on fire', 120)
  await open('web', 2, 'taken care of')
  const { events } = await site.store.events.list({ severity: 2 })
  await site.store.events.acknowledge(events[0]?.id ?? 0, 'olga', site.clock.now())
  const markup = await read('/')
  expect(attention(markup)).toEqual(['Critical web on fire 2 min ago', 'Warning db slow disk 2 h ago'])
  expect(markup).toContain('<a href="/events?acknowledged=no">As a list</a>')
  for (let i = 0; i < 9; i++) await open('db', 4, `note ${i}`)
  const more = await read('/')
  expect(attention(more)).toHaveLength(6)
  expect(more).toContain('<a href="/events?acknowledged=no">All of them</a>')
  expect(attention(await read('/?kiosk'))).toHaveLength(10)
})

test('keeps to its group, and belongs to the first page of hosts', async () => {
  await report('db', ['shop'])
  await report('web')
  await open('db', 3, 'slow disk')
  await open('web', 1, 'on fire')
  expect(attention(await read('/?group=shop'))).toHaveLength(1)
  expect(await read('/?group=shop')).toContain('href="/events?acknowledged=no&amp;group=shop"')
  expect(await read('/?offset=100')).not.toContain('Needs attention')
})

test('hosts show how many events are open of which severity; a wall begins with the worst host', async () => {
  for (const host of ['a', 'b', 'c']) await report(host)
  await open('c', 1, 'on fire')
  await open('c', 3, 'slow')
  await open('c', 3, 'slower')
  await open('b', 4, 'a note')
  const markup = await read('/')
  expect(markup).toContain('title="1 critical, 2 warning"')
  expect(rows(markup)).toEqual(['a', 'b', 'c'])
  expect(rows(await read('/?kiosk'))).toEqual(['c', 'b', 'a'])
  expect(rows(await read('/hosts?sort=events'))).toEqual(['c', 'b', 'a'])
  expect(rows(await read('/hosts?sort=events&order=desc'))).toEqual(['a', 'b', 'c'])
  const list = await site.send('/api/v1/hosts?sort=events&limit=1', { headers: await site.bearer('viewer') })
  expect(await list.json()).toMatchObject({
    total: 3,
    hosts: [{ name: 'c', open_events: { critical: 1, major: 0, warning: 2, information: 0 } }],
  })
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
