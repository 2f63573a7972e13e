import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { FACTS, startTestSite, type TestSite } from '../../site.ts'

const DISK = 'perf.filesystem.dev.sda1.percent.used'
const CPU = 'perf.processor.percent.used'

let site: TestSite
let now: number

beforeAll(async () => {
  site = await startTestSite()
  now = site.clock.now()
  const { store } = site
  for (const host of ['up01', 'down01', 'quiet01', 'many01'])
    for (let minute = 30; minute > 0; minute--)
      await site.report(host, now - 60 * minute, { [CPU]: 40, [DISK]: 96, 'perf.service.nginx.state': 1 })
  await store.hosts.giveGroups('up01', ['site:ams1', 'role:db'])
  await store.hosts.giveGroups(
    'many01',
    Array.from({ length: 9 }, (_, i) => `group-${i}`),
  )
  await store.maintenanceWindows.add({
    name: 'kernel updates',
    host: 'quiet01',
    when: { kind: 'once', from: now - 60, to: now + 7200 },
  })
  await store.events.report('up01', [
    {
      uid: 'a',
      change: 1,
      time: now - 60,
      metric: DISK,
      severity: 1,
      status: 'open',
      message: 'Full',
      value: 96,
    },
  ])
  await site.clock.advance(1_000_000)
  const later = site.clock.now()
  for (const host of ['up01', 'quiet01', 'many01'])
    await site.report(host, later - 30, { [CPU]: 40, [DISK]: 96, 'perf.service.nginx.state': 1 })
  await store.ingest.write([
    { host: 'new01', facts: FACTS, seen: later, clockSkew: 0, frames: [], events: [] },
  ])
})
afterAll(() => site.stop())

async function read(path: string): Promise<string> {
  return (await site.send(path, { headers: await site.as('viewer') })).text()
}

describe('the head of a host', () => {
  test.each([
    ['up01', 'Up'],
    ['down01', 'Down'],
    ['quiet01', 'Maintenance'],
    ['new01', 'No data yet'],
  ])('of %s says %s', async (host, words) => {
    const [, head = ''] = (await read(`/hosts/${host}`)).split('host-head')
    expect(/status-word">([^<]*)/.exec(head)?.[1]).toBe(words)
  })

  test('has its facets, and of many the first', async () => {
    const head = /host-head.*?host-actions|host-head.*?class="history"/s
    const few = head.exec(await read('/hosts/up01'))?.[0]
    expect(few).toContain('href="/hosts?group=site%3Aams1"')
    expect(few).toContain('href="/hosts?group=role%3Adb"')
    const many = head.exec(await read('/hosts/many01'))?.[0]
    expect(many?.match(/hosts\?group=/g)).toHaveLength(6)
    expect(many).toContain('3 more')
    expect((await read('/hosts/many01')).match(/hosts\?group=group-\d"/g)).toHaveLength(9)
  })
})

test('strips of states show maintenance that is over, holds or comes, with its name', async () => {
  const [, history = ''] = (await read('/hosts/quiet01')).split('class="history"')
  const [days = '', month = ''] = history.split('class="strip"').slice(1)
  for (const strip of [days, month]) {
    expect(strip).toContain('class="strip-maintenance"')
    expect(strip).toMatch(/<title>in maintenance [^<]*: kernel updates</)
    expect(strip).toMatch(/aria-label="Last [^"]*in maintenance for \d/)
  }
  expect(history).toContain('in maintenance</li>')
  const [, other = ''] = (await read('/hosts/up01')).split('class="history"')
  expect(other.split('strip-legend')[0]).not.toContain('strip-maintenance')
  const row = (await read('/hosts')).split('data-key="host-quiet01"')[1]?.split('</tr>')[0]
  expect(row).toContain('class="strip-maintenance"')
})

test('maintenance says until when and why', async () => {
  expect((await read('/hosts/quiet01')).replace(/<[^>]*>/g, '')).toMatch(
    /In maintenance until \d\d:\d\d: kernel updates\. Notifications are held until then\./,
  )
})

test('the bar of a disk has the colour of its open event, and none without one', async () => {
  const barOf = async (host: string) =>
    /data-key="filesystem-dev\.sda1".*?<svg class="([^"]*)"/s.exec(await read(`/hosts/${host}`))?.[1]
  expect(await barOf('up01')).toBe('bar severity-1')
  expect(await barOf('many01')).toBe('bar')
})

test('links keep the time that is shown; of a host that is down that of its last values', async () => {
  const linksOf = async (path: string) =>
    [...(await read(path)).matchAll(/href="([^"]*metrics[^"]*used[^"]*)"/g)].map(([, link]) => link)
  expect(await linksOf('/hosts/up01?range=24h')).toContain(`/hosts/up01/metrics/${CPU}?range=24h`)
  expect(await linksOf('/hosts/up01')).toContain(`/hosts/up01/metrics/${CPU}`)
  const [, query = ''] =
    new RegExp(`href="/hosts/down01/metrics/${CPU}\\?([^"]*)"`).exec(await read('/hosts/down01')) ?? []
  expect(new URLSearchParams(query.replaceAll('&amp;', '&')).get('to')).toBe(String(now - 60))
  const graph = await read(`/hosts/down01/metrics/${CPU}?${query.replaceAll('&amp;', '&')}`)
  expect([
    graph.includes('No samples in this period'),
    graph.includes(`href="/hosts/down01?${query}"`),
  ]).toEqual([false, true])
})

test('a host whose metrics belong to no section shows them at once', async () => {
  await site.report('text01', site.clock.now() - 60, { 'perf.text.queue': 3 })
  expect(await read('/hosts/text01')).toMatch(/<details class="section panel" id="all-metrics" open/)
  expect(await read('/hosts/up01')).not.toMatch(/id="all-metrics" open/)
})
