import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startTestSite, type TestSite } from '../../site.ts'

const METRIC = 'perf.memory.percent.used'
const GRAPH = `/hosts/web01/metrics/${METRIC}`

let site: TestSite
let headers: Record<string, string>
beforeAll(async () => {
  site = await startTestSite()
  const now = site.clock.now()
  for (const age of [60, 100 * 86_400]) await site.report('web01', now - age, { [METRIC]: 41.5 })
  headers = await site.as('viewer')
})
afterAll(() => site.stop())

const get = async (path: string) => (await site.send(path, { headers })).text()
const alertOf = (markup: string) => /<p class="problem" role="alert">(.*?)<\/p>/.exec(markup)?.[1]

test.each([
  [
    GRAPH,
    'range=fortnight',
    'Expected a range such as 6h, 30d, 2w or 1y, at most 100y, got “fortnight”. Showing the last hour.',
  ],
  [GRAPH, 'from=9999999999&to=999999999999', 'The range begins in the future. Showing the last hour.'],
  [GRAPH, 'from=0&to=9999999999', 'The range is longer than 100 years. Showing the last hour.'],
  ['/hosts/web01', 'from=9999999999', 'The range begins in the future. Showing the last hour.'],
  [
    '/hosts/web01',
    'from=2126-01-01T00:00&to=2126-01-02T00:00',
    'The range begins in the future. Showing the last hour.',
  ],
  [
    `/compare?series=web01:${METRIC}`,
    'from=9999999990&to=9999999999',
    'The range begins in the future. Showing the last hour.',
  ],
  [GRAPH, 'from=9&to=5', 'The range has to begin before it ends. Showing the last hour.'],
  [
    '/hosts/web01',
    'range=x',
    'Expected a range such as 6h, 30d, 2w or 1y, at most 100y, got “x”. Showing the last hour.',
  ],
  [
    '/hosts/web01',
    'range=365d',
    'A host page shows at most 31 days. A graph of one metric shows everything. Showing the last 30 days.',
  ],
  [
    `/compare?series=web01:${METRIC}`,
    'range=x',
    'Expected a range such as 6h, 30d, 2w or 1y, at most 100y, got “x”. Showing the last hour.',
  ],
])('%s says what it did not understand of %s', async (path, query, alert) => {
  expect(alertOf(await get(path))).toBeUndefined()
  expect(alertOf(await get(`${path}${path.includes('?') ? '&' : '?'}${query}`))).toBe(alert)
})

test('a year has two names', async () => {
  for (const range of ['365d', '1y']) {
    const markup = await get(`${GRAPH}?range=${range}`)
    expect(markup).toContain('· the last year')
    expect(alertOf(markup)).toBeUndefined()
  }
})

test.each([
  ['/reports/availability?from=2126-01-01', 'not in the future'],
  ['/reports/availability?from=2026-02-30', 'there is no day 2026-02-30'],
  ['/reports/availability?from=2026-00-10', 'there is no day 2026-00-10'],
  ['/reports/availability?format=csv&from=2126-01-01', 'not in the future'],
  ['/api/v1/reports/availability?from=9999999999', 'not in the future'],
  ['/api/v1/reports/availability?period=101y', 'at most 100y'],
  ['/events?status=all&from=9999999999', 'begins in the future'],
  ['/events?status=all&from=9&to=5', 'expected a time after from'],
  ['/api/v1/events?from=9999999999', 'begins in the future'],
  ['/api/v1/events?from=9&to=5', 'not after to'],
])('%s is refused', async (path, words) => {
  const answer = await site.send(path, { headers })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain(words)
})

test('a file of another time than was asked for is refused', async () => {
  expect((await site.send(`${GRAPH}/csv?range=1y`, { headers })).status).toBe(200)
  for (const path of [
    `${GRAPH}/csv?range=x`,
    `${GRAPH}/csv?from=9999999990&to=9999999999`,
    `${GRAPH}/csv?from=0&to=9999999999`,
    `/compare/csv?series=web01:${METRIC}&range=x`,
  ])
    expect((await site.send(path, { headers })).status).toBe(400)
})

test.each([`/api/v1/hosts/web01/metrics/${METRIC}?`, `/api/v1/series?series=web01:${METRIC}&`])(
  'the API takes the same ranges at %s, and refuses what it does not understand',
  async (path) => {
    const count = async (query: string) => (await get(path + query)).match(/\[\d+,41\.5\]/g)?.length ?? 0
    expect(await count('range=1y')).toBe(2)
    expect(await count('range=365d')).toBe(2)
    expect(await count('range=90d')).toBe(1)
    for (const query of ['range=x', 'range=', 'range=1h&from=5']) {
      const answer = await site.send(path + query, { headers })
      expect(answer.status).toBe(400)
      expect(await answer.text()).toContain('range: expected ')
    }
    for (const query of [
      'from=9999999999',
      'from=9999999999&to=10000000000',
      'from=2126-01-01T00:00:00Z&to=2126-01-02T00:00:00Z',
      'from=0&to=9999999999',
      'from=9&to=5',
      'from=-5',
      'from=x',
      'to=-1',
      'from=9999999999&format=csv',
    ]) {
      const answer = await site.send(path + query, { headers })
      expect([query, answer.status]).toEqual([query, 400])
      expect(await answer.text()).toMatch(/from|to: expected /)
    }
  },
)
