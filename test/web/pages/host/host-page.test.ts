import { describe, expect, test } from 'bun:test'
import type { Host } from '../../../../src/domain/hosts/host.ts'
import { chartStart } from '../../../../src/web/charts/host-charts.ts'
import { homeTitle } from '../../../../src/web/pages/home/home-page.tsx'
import { describeAvailability } from '../../../../src/web/pages/host/host-head.tsx'
import { orderResources, planResources } from '../../../../src/web/pages/host/host-plan.ts'
import { chartEnd } from '../../../../src/web/pages/host/host-range.ts'
import { pickShown, readSectionChoice } from '../../../../src/web/pages/host/shown-sections.ts'
import { describePlatform } from '../../../../src/web/pages/hosts/host-columns.tsx'
import { describeList } from '../../../../src/web/pages/hosts/hosts-view.tsx'
import { pager, withParameters } from '../../../../src/web/ui/components.tsx'

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

describe('the graphs of a host', () => {
  const latestOf = (metrics: readonly string[]) => Object.fromEntries(metrics.map((name, i) => [name, i]))
  const plan = (metrics: string[], platform = 'Linux') =>
    planResources({ platform, latest: latestOf(metrics) }, metrics)
  const titles = (metrics: string[]) => plan(metrics).map(({ title }) => title)

  test('a host without metrics has none', () => {
    expect(plan([])).toEqual([])
  })

  test('stand in sections, without those that have no metric', () => {
    const metrics = [
      'perf.system.load.1',
      'perf.disk.sda.bytes.read',
      'perf.memory.percent.used',
      'perf.processor.percent.used',
    ]
    expect(titles(metrics)).toEqual(['CPU', 'Memory', 'Disks'])
    expect(plan(['perf.memory.percent.used'])[0]?.main[0]?.lines).toHaveLength(1)
  })

  test('of a section with an open event come first, the worst before the others', () => {
    const plans = plan([
      'perf.processor.percent.used',
      'perf.memory.percent.used',
      'perf.filesystem.dev.sda1.percent.used',
      'perf.network.bytes.sent',
    ])
    const order = orderResources(plans, [
      { metric: 'perf.network.eth0.errors.sent', severity: 3 },
      { metric: 'perf.filesystem.dev.sda1.inodes.percent.used', severity: 1 },
      { metric: 'perf.service.nginx.state', severity: 1 },
    ])
    expect(order.map(({ name }) => name)).toEqual(['disks', 'network', 'cpu', 'memory'])
  })

  test('call swap what the system calls it', () => {
    const metrics = ['perf.memory.percent.used', 'perf.pagefile.percent.used']
    expect(plan(metrics, 'Windows')[0]?.main[0]?.lines[1]?.name).toBe('page file')
    expect(plan(metrics)[0]?.main[0]?.lines[1]?.name).toBe('swap')
  })

  test('of five filesystems are one each, of four one for all, the fullest first', () => {
    const disks = (count: number) =>
      Array.from({ length: count }, (_, i) => `perf.filesystem.dev.sd${i}.percent.used`)
    expect(plan(disks(4))[0]?.main.map(({ lines }) => lines.length)).toEqual([4])
    expect(plan(disks(5))[0]?.main.map(({ title }) => title)).toEqual(
      [4, 3, 2, 1, 0].map((i) => `/dev/sd${i}`),
    )
  })

  test('of a hundred sensors, disks and interfaces are few, with few lines', () => {
    const metrics = Array.from({ length: 100 }, (_, i) => [
      `perf.temperature.core_${i}.celsius`,
      `perf.disk.sd${i}.bytes.read`,
      `perf.disk.sd${i}.percent.active`,
      `perf.filesystem.dev.sd${i}.percent.used`,
      `perf.network.eth${i}.bytes.sent`,
    ]).flat()
    const charts = plan(metrics).flatMap(({ main, more }) => [...main, ...more])
    expect(charts.length).toBeLessThan(40)
    for (const { lines } of charts) expect(lines.length).toBeLessThanOrEqual(4)
  })

  describe('on a host that has too many', () => {
    const metrics = Array.from({ length: 30 }, (_, i) => [
      `perf.filesystem.dev.sd${i}.percent.used`,
      `perf.service.unit-${i}.state`,
      `perf.container.app-${i}.processor.percent`,
    ]).flat()
    const latest = {
      ...Object.fromEntries(metrics.map((name) => [name, name.endsWith('state') ? 1 : 50])),
      'perf.service.unit-25.state': 0,
    }
    const show = (query: string, list = metrics, isLong = false) =>
      pickShown(
        planResources({ platform: 'Linux', latest: list === metrics ? latest : latestOf(list) }, list),
        readSectionChoice(new URLSearchParams(query)),
        { isLong, latest, troubled: new Set(['perf.container.app-20.processor.percent']) },
      )
    const sizeOf = (query: string, name: string) => {
      const section = show(query).find((one) => one.name === name)
      return [section?.main.length, section?.tables[0]?.rows.length, section?.hidden]
    }

    test('sections are cut short, with what is wrong first', () => {
      expect(sizeOf('', 'disks')).toEqual([4, 8, { graphs: 4, rows: 22 }])
      const [, states, containers] = show('')
      expect(states?.tables[0]?.rows[0]?.name).toBe('unit-25')
      expect(containers?.tables[0]?.rows[0]?.name).toBe('app-20')
      expect(containers?.main.length).toBe(4)
    })

    test('one of them is shown whole when it is asked for, or all', () => {
      expect(sizeOf('open=disks', 'disks')).toEqual([8, 30, { graphs: 0, rows: 0 }])
      expect(sizeOf('open=disks', 'states')).toEqual([0, 8, { graphs: 0, rows: 22 }])
      expect(sizeOf('graphs=all', 'states')).toEqual([0, 30, { graphs: 0, rows: 0 }])
      expect(readSectionChoice(new URLSearchParams('open=disks')).problems).toEqual([])
      expect(readSectionChoice(new URLSearchParams('open=nonsense&graphs=few')).problems).toEqual([
        expect.stringContaining('got “nonsense”'),
        'graphs: expected all, got “few”.',
      ])
    })

    test('a long time leaves out further graphs, and no row', () => {
      const few = ['perf.processor.percent.used', 'perf.system.load.1', 'perf.service.unit-1.state']
      const [cpu, states] = show('', few, true)
      expect([cpu?.more.length, cpu?.hidden]).toEqual([0, { graphs: 1, rows: 0 }])
      expect(states?.hidden).toEqual({ graphs: 0, rows: 0 })
    })
  })

  test('entries of a kind are in natural order', () => {
    const metrics = ['eth10', 'eth2'].map((name) => `perf.network.${name}.bytes.sent`)
    const [network] = plan(metrics)
    expect(network?.more.map(({ title }) => title)).toEqual(['eth2', 'eth10'])
    expect(network?.tables[0]?.rows.map(({ name }) => name)).toEqual(['eth2', 'eth10'])
  })

  test('of disks are called by where they are mounted', () => {
    const metric = 'perf.filesystem.dev.sda1.percent.used'
    const [disks] = planResources(
      { platform: 'Linux', latest: { [metric]: 40 }, mounts: { 'dev.sda1': '/var' } },
      [metric],
    )
    expect(disks?.main[0]?.lines).toEqual([{ metric, name: '/var' }])
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

describe('availability of a host', () => {
  const DAY = 86_400
  test.each([
    ['a month', { known: 30 * DAY, down: 0, percentUp: 100 }, 'Up 100\u202f% of 30 days'],
    [
      'ten minutes',
      { known: 600, down: 300, percentUp: 50 },
      'Up 50.0\u202f% of the 10\u202fmin it has been observed, down for 5\u202fmin',
    ],
    ['no time', { known: 0, down: 0, percentUp: null }, 'Not observed yet'],
  ])('says how long it was observed: %s', (_, downtime, words) => {
    expect(describeAvailability({ ...downtime, outages: [] })).toBe(words)
  })
})

test('the title of home says what is wrong', () => {
  const none = { 1: 0, 2: 0, 3: 0, 4: 5 }
  expect(homeTitle({ down: 0 }, none)).toBe('Home')
  expect(homeTitle({ down: 2 }, none)).toBe('2 down · Home')
  expect(homeTitle({ down: 2 }, { ...none, 1: 1 })).toBe('2 down, 1 critical · Home')
})

test('the list of hosts says what it holds', () => {
  const count = { up: 8, down: 1, maintenance: 0 }
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
