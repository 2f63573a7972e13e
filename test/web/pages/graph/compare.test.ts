import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readLimit } from '../../../../src/domain/thresholds/threshold.ts'
import {
  describeLines,
  describeRefused,
  MAX_COMPARED,
  planComparison,
} from '../../../../src/web/charts/comparison.ts'
import { readRef, readRefs } from '../../../../src/web/charts/series-ref.ts'
import { wholeDays } from '../../../../src/web/pages/graph/read-graph.ts'
import { startTestSite, type TestSite } from '../../site.ts'

let site: TestSite
let now = 0
beforeAll(async () => {
  site = await startTestSite()
  now = site.clock.now()
  for (let i = 30; i > 0; i--) {
    await site.report('web01', now - i * 60, { 'perf.memory.percent.used': i, 'perf.system.load.1': i / 10 })
    await site.report('db01', now - i * 60, { 'perf.memory.percent.used': 90, 'perf.memory.bytes.used': 1e9 })
  }
  const event = { uid: 'a', change: 1, time: now - 600, metric: 'perf.memory.percent.used' } as const
  const message = 'Memory percent used > 28 for 15 minutes'
  await site.store.events.report('web01', [{ ...event, severity: 2, status: 'open', message }])
})
afterAll(() => site.stop())

const ref = (text: string) => readRef(text) ?? { host: '', metric: '' }
const get = async (path: string) => {
  const response = await site.send(path, { headers: await site.as('viewer') })
  return { status: response.status, text: await response.text(), headers: response.headers }
}
const WEB = 'series=web01:perf.memory.percent.used'
const BASE = 'series=db01:perf.memory.percent.used'

test('a line is named by host and metric, where the metric may hold colons', () => {
  expect(readRef('Web01:perf.a:b')).toEqual({ host: 'web01', metric: 'perf.a:b' })
  for (const text of ['', ':', 'web01', 'web01:', ':perf.x', 'a b:perf.x', 'web01:"x"'])
    expect(readRef(text)).toBeNull()
  expect(readRefs(new URLSearchParams('series=a:x&series=a:x&series=b:x'))).toHaveLength(2)
})

describe('what fits into one graph', () => {
  test('two units, and of a third one the page says that it is left out', () => {
    const plan = planComparison(
      ['a:perf.x.percent', 'a:perf.y.bytes', 'a:perf.z.seconds', 'b:perf.x.percent'].map(ref),
    )
    expect(plan).toMatchObject({ leftUnit: '%', rightUnit: 'B' })
    expect(plan.lines).toHaveLength(3)
    expect(describeRefused(plan, [])).toEqual([
      'A graph has two scales, here % and B. Left out: a:perf.z.seconds.',
    ])
    // An unknown metric has no unit: the page says that it is unknown.
    expect(describeRefused(plan, plan.ofOtherUnits)).toEqual([])
  })

  test('twelve lines', () => {
    const plan = planComparison(Array.from({ length: 14 }, (_, i) => ref(`h${i}:perf.x.percent`)))
    expect(plan.lines).toHaveLength(MAX_COMPARED)
    expect(describeRefused(plan, [])[0]).toContain('h12:perf.x.percent, h13:perf.x.percent')
  })

  test('names say what the lines don’t have in common', () => {
    expect(describeLines([ref('a:perf.x'), ref('b:perf.x')])).toEqual(['a', 'b'])
    expect(describeLines([ref('a:perf.x'), ref('a:perf.y')])).toEqual(['X', 'Y'])
    expect(describeLines([ref('a:perf.x'), ref('b:perf.y')])).toEqual(['a X', 'b Y'])
  })
})

describe('the page that compares', () => {
  test('draws the lines of several hosts from its address alone', async () => {
    const { status, text } = await get(`/compare?${WEB}&${BASE}&series=web01:perf.system.load.1`)
    expect(status).toBe(200)
    expect(text.match(/<path class="line"/g)).toHaveLength(3)
    expect(text).toContain('two-scales')
    expect(text).toContain('3 of at most 12 lines')
  })

  test('offers the busiest hosts while it has no line', async () => {
    const { text } = await get('/compare')
    expect(text).toContain('Busiest now')
    expect(text).toContain(
      'href="/compare?range=24h&amp;series=db01%3Aperf.memory.percent.used&amp;series=web01%3Aperf.memory.percent.used"',
    )
    expect((await get(`/compare?${WEB}`)).text).not.toContain('Busiest now')
    expect((await get('/compare?metric=memory')).text).not.toContain('Busiest now')
  })

  test('finds metrics by words, and offers those that are not drawn yet', async () => {
    const { text } = await get(`/compare?${WEB}&host=web&metric=memory+used`)
    expect(text).toContain('Everything found is already in the graph')
    const more = await get(`/compare?${WEB}&metric=USED+memory`)
    expect(more.text).toContain('value="db01:perf.memory.bytes.used"')
    expect(more.text).not.toContain('type="checkbox" name="series" value="web01:perf.memory.percent.used"')
  })

  test('looks for hosts by name before anything else of them', async () => {
    await site.report('other', now - 60, { 'perf.memory.percent.used': 1 }, { domain: 'db.example' })
    const { text } = await get('/compare?host=DB&metric=percent')
    expect(text).toContain('value="db01:perf.memory.percent.used"')
    expect(text).not.toContain('value="other:')
    expect((await get('/compare?host=db.example&metric=percent')).text).toContain('value="other:')
  })

  test('shows names that are not known as lines without samples, never as markup', async () => {
    const { status, text } = await get('/compare?series=nobody:perf.x&series=%3Cscript%3E:x&host=%3Cb%3E')
    expect(status).toBe(200)
    expect(text).toContain('nobody')
    expect(text).not.toContain('<script>:')
    expect(text).toContain('Unknown host or metric: nobody:perf.x.')
    expect(text).toContain('Expected host:metric, got: &lt;script&gt;:x.')
    const quiet = await get(`/compare?${WEB}&from=1000&to=5000`)
    expect(quiet.text).not.toContain('Unknown host')
    expect(text).not.toContain('<b>"')
  })

  test('marks the events of its lines and lists them with their hosts, and leads to the time around', async () => {
    const { text } = await get(`/compare?${WEB}&${BASE}`)
    expect(text).toContain('class="event-mark severity-2"')
    expect(text).toMatch(/Events in this period.*href="\/hosts\/web01".*href="\/events\/1">Memory/s)
    expect((await get(`/compare?${BASE}`)).text).not.toContain('event-mark')
    const half = `/compare?${BASE}&from=${now - 7200}&to=${now - 3600}`
    const around = await get(half)
    const lead = (from: number, to: number) =>
      `href="/compare?${BASE.replace(':', '%3A')}&amp;from=${from}&amp;to=${to}" data-chart-link`
    expect(around.text).toContain(`${lead(now - 9000, now - 5400)}><svg`)
    expect(around.text).toContain(lead(now - 5400, now - 1800))
    expect((await get(`/compare?${BASE}`)).text).toContain('aria-disabled="true" tabindex="0">Later')
  })

  test('gives all samples side by side as CSV', async () => {
    const { text, headers } = await get(`/compare/csv?${WEB}&${BASE}`)
    expect(headers.get('content-disposition')).toContain('comparison.csv')
    const rows = text.trim().split('\r\n')
    expect(rows[0]).toBe(
      'time (UTC),seconds since 1970,web01:perf.memory.percent.used,db01:perf.memory.percent.used',
    )
    expect(rows).toHaveLength(31)
    expect(rows[1]).toEndWith(',30,90')
  })
})

describe('the API', () => {
  test('gives several series at once', async () => {
    const { text } = await get(
      `/api/v1/series?${WEB}&series=db01:perf.memory.bytes.used&from=${now - 120}&to=${now}`,
    )
    expect(JSON.parse(text)).toEqual({
      series: [
        {
          host: 'web01',
          metric: 'perf.memory.percent.used',
          unit: '%',
          points: [
            [now - 120, 2],
            [now - 60, 1],
          ],
        },
        {
          host: 'db01',
          metric: 'perf.memory.bytes.used',
          unit: 'B',
          points: [
            [now - 120, 1e9],
            [now - 60, 1e9],
          ],
        },
      ],
    })
    expect((await get('/api/v1/series')).status).toBe(400)
    const many = Array.from({ length: 101 }, (_, i) => `series=h${i}:x`).join('&')
    expect((await get(`/api/v1/series?${many}`)).status).toBe(400)
  })
})

describe('a graph', () => {
  test('marks events, and draws the limit that their message names', async () => {
    const { text } = await get('/hosts/web01/metrics/perf.memory.percent.used')
    expect(text).toContain('class="limit severity-2"')
    expect(text).toContain('class="event-mark severity-2"')
    expect(text).toMatch(/href="\/events\/1">Memory/)
    const other = await get('/hosts/db01/metrics/perf.memory.percent.used')
    expect(other.text).not.toContain('class="limit')
    expect(other.text).not.toContain('event-mark')
  })

  test('is there as CSV, for the time that it shows', async () => {
    const { text } = await get(
      `/hosts/web01/metrics/perf.memory.percent.used/csv?from=${now - 180}&to=${now}`,
    )
    expect(text.trim().split('\r\n')).toHaveLength(4)
    expect((await get('/hosts/web01/metrics/perf.nothing/csv')).status).toBe(404)
  })

  test('of a host’s page shows the time that was asked for, at most a month', async () => {
    const part = await get(`/hosts/web01?from=${now - 600}&to=${now}`)
    expect(part.text).toContain(`&quot;from&quot;:${now - 600},&quot;to&quot;:${now}`)
    const long = await get(`/hosts/web01?from=0&to=${now}`)
    expect(long.text).toContain(`&quot;from&quot;:${now - 31 * 86_400}`)
    expect((await get('/hosts/web01?range=7d')).text).toContain('Last 7 days')
    expect((await get('/hosts/web01?range=nonsense')).status).toBe(200)
  })

  test('of a host’s page has its figures in words', async () => {
    const { text } = await get('/hosts/web01')
    expect(text).toMatch(
      /<caption>Memory<\/caption>.*?<th scope="row">memory<\/th><td>1\.0\u202f%<\/td><td>1\.0\u202f%<\/td><td>5\.5\u202f%<\/td><td>10\.0\u202f%/s,
    )
  })
})

test('a limit is read from what thresholds write, and from nothing else', () => {
  const metric = 'perf.memory.percent.used'
  expect(readLimit(metric, 'Memory percent used > 85 for 15 minutes')).toEqual({ compare: '>', value: 85 })
  expect(readLimit(metric, 'Memory percent used <= -1.5')).toEqual({ compare: '<=', value: -1.5 })
  for (const message of [
    'Memory percent used is high',
    'Processor percent used > 85 for 15 minutes',
    'Memory percent used > high',
    'Memory percent used > 85 for ever',
    '',
  ])
    expect(readLimit(metric, message)).toBeNull()
})

test('a long time has a row for each day, or for whole days, so that day and night are no noise', () => {
  const day = 86_400
  expect(wholeDays(3600, 600)).toBe(600)
  expect(wholeDays(90 * day, 600)).toBe(600)
  expect(wholeDays(365 * day, 600)).toBe(365)
  expect(wholeDays(365 * day, 300)).toBe(183)
  expect(wholeDays(5 * 365 * day, 600)).toBe(456)
})
