import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { METRICS } from '../../../../src/domain/metrics/catalogue.ts'
import { SERVER_EVENT_METRICS } from '../../../../src/domain/metrics/declared/server-events.ts'
import { sharedForm, valueForm } from '../../../../src/domain/metrics/metric.ts'
import { isNumberForm, type ValueWords } from '../../../../src/domain/metrics/unit.ts'
import { startTestSite, type TestSite } from '../../site.ts'

/** Every metric of the catalogue whose values have words, with these. */
const WORDED: readonly (readonly [metric: string, words: ValueWords])[] = METRICS.filter(
  (family) => !SERVER_EVENT_METRICS.includes(family),
).flatMap(({ name }) => {
  const metric = name.replace(/<[a-z]+>/g, 'one')
  const form = valueForm(metric)
  return isNumberForm(form) ? [] : [[metric, form] as const]
})

let site: TestSite
let now = 0
beforeAll(async () => {
  site = await startTestSite()
  now = site.clock.now()
  for (let i = 30; i > 0; i--)
    await site.report(
      'web01',
      now - i * 60,
      // Of a state first the bad half, and then the good one; of a status its second word and its third.
      Object.fromEntries(
        WORDED.map(([metric, { length }]) => [metric, (i <= 15 ? 1 : 0) + (length > 2 ? 1 : 0)]),
      ),
    )
})
afterAll(() => site.stop())

async function get(path: string): Promise<string> {
  const response = await site.send(path, { headers: await site.as('viewer') })
  expect(response.status).toBe(200)
  return response.text()
}

const shown = (text: string) => new RegExp(`[> ]${text}(?:<| \\d|\\b)`)
const levelsOf = (page: string) =>
  [...page.matchAll(/<text class="level(?: right)?"[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
const decode = (text: string) => text.replaceAll('&quot;', '"')

test('the catalogue has worded metrics', () => expect(WORDED.length).toBeGreaterThan(15))

describe('the graph of a metric says its values in its own words', () => {
  test.each(WORDED)('%s', async (metric, words) => {
    const [bad = '', good = ''] = words.length > 2 ? words.slice(1) : words
    const page = await get(`/hosts/web01/metrics/${metric}`)
    expect(levelsOf(page)).toEqual([bad, good])
    // The script that shows the value under the cursor has the same words.
    expect(decode(page)).toContain(`data-form="${JSON.stringify(words)}"`)
    expect(page).toContain(`<span class="name">Last</span><b class="word">${good}</b>`)
    expect(page).toContain(`from ${bad} to ${good}`)
    for (const word of [bad, good]) expect(page.slice(page.indexOf('id="values"'))).toMatch(shown(word))
    if (!/running|stopped/.test(words.join()))
      expect(page.replaceAll(/<nav.*?<\/nav>/gs, '')).not.toMatch(shown('(running|stopped)'))
  })
})

describe('a graph of several states', () => {
  test('has their words where they share them, and else says whether they are good', async () => {
    const line = (metric: string) => `series=web01:${metric}`
    const alike = await get(`/compare?${line('perf.link.one.state')}&${line('perf.link.one.state')}`)
    expect(levelsOf(alike)).toEqual(['down', 'up'])
    const mixed = await get(`/compare?${line('perf.service.one.state')}&${line('perf.check.one.state')}`)
    expect(levelsOf(mixed)).toEqual(['not OK', 'OK'])
    // Each line has the words of its own metric beside the graph.
    expect(mixed).toMatch(/<b>running<\/b>/)
    expect(mixed).toMatch(/<b>passing<\/b>/)
    const both = await get(`/compare?${line('perf.filesystem.one.writable')}&series=web01:perf.system.load.1`)
    expect(levelsOf(both).slice(0, 2)).toEqual(['read-only', 'writable'])
  })

  test('is of numbers where one of the lines is', () => {
    expect(sharedForm(['perf.pool.a.status', 'perf.pool.b.status'])).toEqual(valueForm('perf.pool.a.status'))
    expect(sharedForm(['perf.pool.a.status', 'perf.container.b.status'])).toBe('')
    expect(sharedForm(['perf.pool.a.status', 'perf.system.load.1'])).toBe('')
    expect(sharedForm([])).toBe('')
  })
})

test('the API names the words', async () => {
  const { metrics } = JSON.parse(await get('/api/v1/hosts/web01/metrics')) as {
    metrics: { metric: string; unit: string; words?: string[] }[]
  }
  expect(metrics).toContainEqual({
    metric: 'perf.service.one.state',
    unit: 'state',
    words: ['stopped', 'running'],
  })
  for (const [metric, words] of WORDED)
    expect(metrics.find((one) => one.metric === metric)?.words).toEqual([...words])
})
