import { describe, expect, test } from 'bun:test'
import type { Host } from '../../../src/domain/hosts/host.ts'
import { planSections } from '../../../src/domain/metrics/section-plan.ts'
import { chartStart, planCharts } from '../../../src/web/charts/host-charts.ts'
import { homeTitle } from '../../../src/web/pages/home.tsx'
import { chartEnd } from '../../../src/web/pages/hosts/host-page.tsx'
import { describePlatform } from '../../../src/web/pages/hosts/host-table.tsx'
import { describeList } from '../../../src/web/pages/hosts/hosts-page.tsx'
import { pager, withParameters } from '../../../src/web/ui/components.tsx'

const NOW = 1_795_349_220
const HOST: Host = {
  name: 'db01',
  ip: '10.0.0.1',
  platform: 'Linux',
  build: 'Debian 12.7',
  architecture: '64bit',
  domain: 'example.org',
  processors: 2,
  memoryMb: 3907,
  firstSeen: NOW - 86_400,
  lastSeen: NOW - 20,
  clockSkew: 0,
  latestTime: NOW - 20,
  latest: {},
  groups: [],
  givenGroups: [],
}

describe('the small graphs of a host', () => {
  const titles = (metrics: string[]) => planCharts(metrics).map(({ title }) => title)

  test('a host without metrics has none', () => {
    expect(planCharts([])).toEqual([])
  })

  test('come in the order in which they are looked at, without those that have no metric', () => {
    const metrics = [
      'perf.system.load.1',
      'perf.disk.sda.bytes.read',
      'perf.memory.percent.used',
      'perf.processor.percent.used',
    ]
    expect(titles(metrics)).toEqual(['Processor', 'Memory', 'Load', 'Disk sda'])
  })

  test('a hundred sensors and disks give few lines and few graphs', () => {
    const metrics = Array.from({ length: 100 }, (_, i) => [
      `perf.temperature.core_${i}.celsius`,
      `perf.disk.sd${i}.bytes.read`,
      `perf.disk.sd${i}.percent.active`,
    ]).flat()
    const plans = planCharts(metrics)
    expect(plans.length).toBeLessThan(8)
    for (const { lines } of plans) expect(lines.length).toBeLessThanOrEqual(5)
  })

  test('things of a kind are sorted as people count', () => {
    const metrics = ['eth10', 'eth2', 'eth2'].map((name) => `perf.network.${name}.bytes.sent`)
    expect(planSections(metrics)[0]?.rows.map(({ name }) => name)).toEqual(['eth2', 'eth10'])
  })

  test.each([
    ['an old host: the last hour', NOW - 86_400, NOW - 3600],
    ['heard for half an hour: all of it', NOW - 1800, NOW - 1800],
    ['new: ten minutes', NOW - 3, NOW - 600],
  ])('%s', (_, firstSeen, from) => {
    expect(chartStart({ firstSeen }, NOW)).toBe(from)
  })

  test.each([
    ['up', {}, NOW],
    ['down, with samples', { lastSeen: NOW - 9000, latestTime: NOW - 9001 }, NOW - 9001],
    ['down, never a sample', { lastSeen: NOW - 9000, latestTime: 0 }, NOW],
    ['its clock is ahead', { latestTime: NOW + 300 }, NOW + 300],
  ])('end well for a host that is %s', (_, changes, end) => {
    expect(chartEnd({ ...HOST, ...changes }, NOW, 300)).toBe(end)
  })
})

test.each([
  ['Linux', 'Debian 12.7', 'Debian 12.7 · Linux'],
  ['Windows', 'Windows Server 2022', 'Windows Server 2022'],
  ['Linux', '', 'Linux'],
])('platform %s and build %s', (platform, build, words) => {
  expect(describePlatform({ ...HOST, platform, build })).toBe(words)
})

test('the title of home says what is wrong', () => {
  const none = { 1: 0, 2: 0, 3: 0, 4: 5 }
  expect(homeTitle({ up: 3, down: 0 }, none)).toBe('Home')
  expect(homeTitle({ up: 3, down: 2 }, none)).toBe('2 down · Home')
  expect(homeTitle({ up: 3, down: 2 }, { ...none, 1: 1 })).toBe('2 down, 1 critical · Home')
})

test('the list of hosts says what it holds', () => {
  const count = { up: 8, down: 1 }
  const say = (search: string, status: 'up' | 'down' | null, total: number) =>
    describeList({ search, status, total, count }).text
  expect(say('', null, 9)).toBe('9 hosts')
  expect(say('', 'down', 1)).toBe('1 of 9 hosts: down')
  expect(say('<b>', null, 2)).toBe('2 of 9 hosts: “&lt;b&gt;” in name, address, domain, platform or build')
})

describe('the pager', () => {
  const url = new URL('http://x/hosts?q=a&offset=100')
  const show = (offset: number, total: number) => pager({ url, offset, limit: 100, total }).text

  test('is not there when everything fits', () => {
    expect(show(0, 100)).toBe('')
  })

  test('leads to the rows before and behind', () => {
    expect(show(100, 250)).toContain('101–200 of 250')
    expect(show(100, 250)).toContain('href="/hosts?q=a"')
    expect(show(100, 250)).toContain('href="/hosts?q=a&amp;offset=200"')
    expect(show(200, 250).match(/aria-disabled/g)).toHaveLength(1)
  })

  test('leads back from beyond the end', () => {
    expect(show(5000, 250)).toContain('none of 250')
    expect(show(5000, 250)).toContain('offset=200"')
  })

  test('parameters are changed and taken away', () => {
    expect(withParameters(url, { q: null, offset: null })).toBe('/hosts')
    expect(withParameters(url, { q: 'a&b=c' })).toBe('/hosts?q=a%26b%3Dc&offset=100')
  })
})
