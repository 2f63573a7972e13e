import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { EventReport } from '../../../../src/domain/event.ts'
import { FACTS, startTestSite, type TestSite } from '../../site.ts'

/** More than are counted. */
const EVENTS = 10_250

let site: TestSite
let headers: Record<string, string>

beforeAll(async () => {
  site = await startTestSite()
  const now = site.clock.now()
  const metric = 'perf.memory.percent.used'
  for (let first = 0; first < EVENTS; first += 1025) {
    const events = Array.from({ length: 1025 }, (_, i): EventReport[] => {
      const number = first + i
      // Two open in each second: the id decides.
      const time = now - 20_000 + Math.floor(number / 2)
      const opening = {
        uid: `e${number}`,
        change: 1,
        time,
        metric,
        severity: 3,
        message: `event ${number}`,
      } as const
      return [
        { ...opening, status: 'open' },
        { ...opening, change: 2, status: 'closed' },
      ]
    })
    await site.store.ingest.write([
      { host: 'web01', facts: FACTS, seen: now, clockSkew: 0, frames: [], events: events.flat() },
    ])
  }
  headers = await site.as('viewer')
}, 120_000)
afterAll(() => site.stop())

const get = async (path: string) => (await site.send(path, { headers })).text()
const numbersOf = (markup: string) =>
  [...markup.matchAll(/event (\d+)</g)].map(([, number]) => Number(number))
/** `9901–10000 of more than 10000`. */
const rowsOf = (markup: string) =>
  /aria-label="Pages"><span>([^<]*)/.exec(markup)?.[1]?.replace(/(?<=\d)\s(?=\d)/g, '')
const nextOf = (markup: string) =>
  /href="(\/events\?[^"]*)">Next</.exec(markup)?.[1]?.replaceAll('&amp;', '&') ?? null

test('pages follow one another to the last event, beyond those that are counted', async () => {
  // From the last page that is found by its number.
  let markup = await get('/events?status=closed&offset=9900')
  const seen = new Set(numbersOf(markup))
  expect(seen.size).toBe(100)
  expect(rowsOf(markup)).toBe('9901–10000 of more than 10000')
  for (const [rows, words] of [
    [100, '10001–10100'],
    [100, '10101–10200'],
    [50, '10201–10250'],
  ] as const) {
    const next = nextOf(markup)
    expect(next).toMatch(/after=\d+-\d+/)
    markup = await get(next ?? '')
    expect(rowsOf(markup)).toBe(`${words} of more than 10000`)
    const numbers = new Set(numbersOf(markup))
    expect(numbers.size).toBe(rows)
    for (const number of numbers) {
      expect(seen.has(number)).toBe(false)
      seen.add(number)
    }
  }
  expect(nextOf(markup)).toBeNull()
  expect(Math.min(...seen)).toBe(0)
  expect(markup).toMatch(/href="\/events\?status=closed">First</)
})

test.each([
  ['/events?status=closed&offset=10100', 'Narrow the list'],
  ['/events?status=closed&offset=10100&after=x', 'after: expected'],
])('%s is refused', async (path, words) => {
  const answer = await site.send(path, { headers })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain(words)
})
