import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Comparison } from '../../../src/domain/comparison.ts'
import type { Severity } from '../../../src/domain/event.ts'
import {
  type ReportedThreshold,
  reportThresholds,
} from '../../../src/domain/thresholds/reported-threshold.ts'
import { standardThresholds } from '../../../src/domain/thresholds/threshold-standard.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { mergeThresholds, readThresholds, toThresholdLines } from '../../../src/web/charts/thresholds.ts'
import { startTestSite, type TestSite } from '../site.ts'

const MEMORY = 'perf.memory.percent.used'
const SWAP = 'perf.pagefile.percent.used'
const STATE = 'perf.service.nginx.state'
const STANDARD = reportThresholds([], standardThresholds({ processors: 4 }))

const own = (
  metric: string,
  severity: Severity,
  compare: Comparison,
  value: number,
  more: Partial<ReportedThreshold> = {},
): ReportedThreshold => ({
  metric,
  severity,
  compare,
  value,
  duration: 900,
  clearAfter: null,
  clearValue: null,
  isStandard: false,
  ...more,
})

let site: TestSite
let now = 0
let reads = 0

beforeAll(async () => {
  site = await startTestSite((store) => ({
    ...store,
    hosts: {
      ...store.hosts,
      thresholds(name) {
        reads++
        return store.hosts.thresholds(name)
      },
    },
  }))
  now = site.clock.now()
  const hosts: readonly (readonly [string, readonly ReportedThreshold[] | undefined])[] = [
    ['web01', STANDARD],
    [
      'web02',
      [own('perf.memory.percent.*', 1, '>=', 97.5, { clearAfter: 300, clearValue: 93 }), ...STANDARD],
    ],
    ['none01', []],
    ['old01', undefined],
    ['evil01', [own('<script>alert(1)</script>"\'🔥', 3, '!=', 1e300)]],
  ]
  for (const [host, thresholds] of hosts)
    for (let i = 30; i > 0; i--)
      await site.report(
        host,
        now - i * 60,
        { [MEMORY]: 60, [SWAP]: 40, [STATE]: 1 },
        thresholds === undefined ? {} : { thresholds },
      )
  const event = { uid: 'a', change: 1, time: now - 600, metric: MEMORY, status: 'open' } as const
  const message = 'Memory percent used > 55 for 15 minutes'
  for (const host of ['old01', 'web01'])
    await site.store.events.report(host, [{ ...event, severity: 2, message }])
})
afterAll(() => site.stop())

async function get(path: string): Promise<string> {
  const response = await site.send(path, { headers: await site.as('viewer') })
  expect(response.status).toBe(200)
  return response.text()
}

/** Severities of the lines on each graph. */
const thresholdsOf = (markup: string) =>
  [...markup.matchAll(/class="limit severity-(\d)"/g)].map(([, one]) => one)
const labelsOf = (markup: string) =>
  [...markup.matchAll(/class="limit-label"[^>]*>([^<]+)</g)].map(([, text]) => text)
const smallChart = (markup: string, title: string) =>
  markup.split('<figure').find((part) => new RegExp(`>${title}(</a>)?</h3>`).test(part)) ?? ''

describe('the graph of a metric', () => {
  test('shows what the agent judges by, though no event was ever opened', async () => {
    const text = await get(`/hosts/web01/metrics/${SWAP}`)
    expect(thresholdsOf(text)).toEqual(['4', '3', '2'])
    expect(labelsOf(text)).toEqual(['85\u202f%', '90\u202f%', '95\u202f%'])
    expect(text).toContain('/thresholds">Thresholds</a>, set on the agent:')
    expect(text).toContain(
      'thresholds: information above 85\u202f%, warning above 90\u202f%, major above 95\u202f%"',
    )
  })

  test('shows one of the configuration in place of the standard one of its severity', async () => {
    expect(labelsOf(await get(`/hosts/web02/metrics/${MEMORY}`))).toEqual([
      '85\u202f%',
      '90\u202f%',
      '95\u202f%',
      '97.5\u202f%',
    ])
    expect(labelsOf(await get(`/hosts/web01/metrics/${MEMORY}`))).toEqual([
      '85\u202f%',
      '90\u202f%',
      '95\u202f%',
      '99\u202f%',
    ])
  })

  test('has no line for a state', async () => {
    expect(thresholdsOf(await get(`/hosts/web01/metrics/${STATE}`))).toEqual([])
  })

  test('shows what events have named where the agent reports no thresholds, and nothing where it has none', async () => {
    const text = await get(`/hosts/old01/metrics/${MEMORY}`)
    expect(labelsOf(text)).toEqual(['55\u202f%'])
    expect(text).toContain('Thresholds that events of this metric have named:')
    expect(thresholdsOf(await get(`/hosts/none01/metrics/${MEMORY}`))).toEqual([])
  })
})

test('the graph of an event is fitted to its values, with the limit that it was opened for', async () => {
  const { events } = await site.store.events.list({ host: 'web01' })
  expect(labelsOf(await get(`/events/${events[0]?.id}`))).toEqual(['55\u202f%'])
})

describe('the page of a host', () => {
  test('has limits on its small graphs, read once', async () => {
    reads = 0
    const text = await get('/hosts/web02')
    expect(reads).toBe(1)
    // Memory and swap share one graph and no threshold: it shows those of both.
    const both = smallChart(text, 'Memory')
    expect(new Set(thresholdsOf(both))).toEqual(new Set(['1', '2', '3', '4']))
    expect(both).toContain('critical above 97.5\u202f% (memory)')
    const other = smallChart(await get('/hosts/web01'), 'Memory')
    expect(thresholdsOf(other)).toEqual(['4', '3', '2', '1'])
    expect(other).toContain(
      'thresholds: information above 85\u202f%, warning above 90\u202f%, major above 95\u202f%, critical above 99\u202f% (memory)"',
    )
  })

  test('lists the thresholds of its agent in plain words', async () => {
    const text = await get('/hosts/web02/thresholds')
    expect(text).toContain(`${STANDARD.length + 1} thresholds</p>`)
    const link = `<a href="/hosts/web02/thresholds">Thresholds</a> <span class="soft">${STANDARD.length + 1}</span>`
    expect(await get('/hosts/web02')).toContain(link)
    expect(text).toContain('Set in the agent’s configuration')
    const rows = text.split('data-key="threshold-').slice(1)
    expect(rows).toHaveLength(STANDARD.length + 1)
    for (const part of [
      'class="mark severity-1"',
      'Critical',
      '<code>perf.memory.percent.*</code>',
      '&gt;= 97.5\u202f%',
      'ends at 93\u202f% after 5 minutes',
      '15 minutes',
      'configuration',
    ])
      expect(rows[0]).toContain(part)
    const ofService = rows.find((row) => row.includes('perf.service.*.state'))
    expect(ofService).toContain('= stopped')
    expect(ofService).toContain('standard')
  })

  test('says which of the configuration match nothing, with the nearest name', async () => {
    const text = await get('/hosts/evil01/thresholds')
    expect(text).toContain('Matches nothing')
    expect(await get('/hosts/web01/thresholds')).not.toContain('Matches nothing')
  })

  test('says why there are none', async () => {
    expect(await get('/hosts/none01/thresholds')).toContain('This agent has no thresholds')
    const old = await get('/hosts/old01/thresholds')
    expect(old).toContain('This agent does not report its thresholds.')
    expect(await get('/hosts/old01')).toContain('not reported by this agent')
  })

  test('escapes what an agent reports', async () => {
    const text = await get('/hosts/evil01/thresholds')
    expect(text).not.toContain('<script>alert')
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;')
  })
})

describe('comparing', () => {
  const compare = async (...refs: string[]) =>
    labelsOf(await get(`/compare?${refs.map((one) => `series=${one}`).join('&')}`))

  test('shows all thresholds of each line, those that several share once, and none on two scales', async () => {
    expect(await compare(`web01:${MEMORY}`)).toEqual(['85\u202f%', '90\u202f%', '95\u202f%', '99\u202f%'])
    expect(await compare(`web01:${MEMORY}`, `web01:${SWAP}`)).toEqual([
      '85\u202f%',
      '90\u202f%',
      '95\u202f%',
      '99\u202f%',
    ])
    expect(await compare(`web01:${MEMORY}`, `web02:${MEMORY}`)).toEqual([
      '85\u202f%',
      '90\u202f%',
      '95\u202f%',
      '97.5\u202f%',
      '99\u202f%',
    ])
    expect(await compare(`web01:${MEMORY}`, `web01:${STATE}`)).toEqual([])
    expect(await compare(`old01:${MEMORY}`)).toEqual(['55\u202f%'])
  })
})

test('the API gives them as they are, and null where none were reported', async () => {
  const ask = async (host: string) => {
    const answer = await site.send(`/api/v1/hosts/${host}`, { headers: await site.bearer('viewer') })
    return ((await answer.json()) as { thresholds: object[] | null }).thresholds
  }
  expect((await ask('web02'))?.[0]).toEqual({
    metric: 'perf.memory.percent.*',
    severity: 1,
    compare: '>=',
    value: 97.5,
    duration: 900,
    clear_after: 300,
    clear_value: 93,
    standard: false,
  })
  expect(await ask('web01')).toHaveLength(STANDARD.length)
  expect(await ask('none01')).toEqual([])
  expect(await ask('old01')).toBeNull()
})

describe('limits as lines', () => {
  const limit = (severity: Severity, compare: Comparison, value: number) => ({ severity, compare, value })

  test('are by size, each once, in order, and the worst of very many', () => {
    expect(
      toThresholdLines(MEMORY, [
        limit(2, '>', 95),
        limit(3, '=', 0),
        limit(3, '!=', 7),
        limit(2, '>=', 95),
        limit(2, '<', 95),
        limit(4, '<=', 5),
      ]),
    ).toEqual([
      { value: 5, severity: 4, isBelow: true },
      { value: 95, severity: 2, isBelow: false },
      { value: 95, severity: 2, isBelow: true },
    ])
    expect(toThresholdLines(STATE, [limit(1, '<', 1)])).toEqual([])
    const many = Array.from({ length: 50 }, (_, i) => limit(i % 2 === 0 ? 4 : 1, '>', i))
    expect(toThresholdLines(MEMORY, many).map(({ severity }) => severity)).toEqual(Array(8).fill(1))
  })

  test('of several lines are each there once, with the line that they alone hold for', () => {
    const lines = (...limits: ReturnType<typeof limit>[]) => toThresholdLines(MEMORY, limits)
    expect(mergeThresholds([])).toEqual([])
    expect(mergeThresholds([lines(limit(1, '>', 9)), []])).toEqual([
      { value: 9, severity: 1, isBelow: false, line: 1 },
    ])
    expect(
      mergeThresholds([lines(limit(3, '>', 90)), lines(limit(3, '>', 90), limit(1, '>', 99)), lines()]),
    ).toEqual([
      { value: 90, severity: 3, isBelow: false },
      { value: 99, severity: 1, isBelow: false, line: 2 },
    ])
  })

  test('that were reported are read without looking at events', async () => {
    const { hosts } = site.store
    const events = {
      list: () => Promise.reject(new Error('events were read')),
    } as unknown as Store['events']
    expect((await readThresholds({ hosts, events }, 'web01')).of(MEMORY)).toHaveLength(4)
  })
})
