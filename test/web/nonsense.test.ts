import { afterAll, beforeAll, describe, expect, spyOn, test } from 'bun:test'
import { API } from '../../src/web/api/index.ts'
import type { Route } from '../../src/web/http/route.ts'
import { PAGES } from '../../src/web/pages/index.ts'
import { startTestSite, type TestSite } from './site.ts'

let site: TestSite
beforeAll(async () => {
  site = await startTestSite()
  await site.report('web01', site.clock.now() - 60, { 'perf.memory.percent.used': 41.5 })
})
afterAll(() => site.stop())

/** The fields of all forms and bodies. */
const FIELDS =
  'access ack acknowledged action address again back channel code comment csrf current dates day days delay enabled end ends ' +
  'expires from group groups host hosts id kind metric metrics month_days name new next password points repeat secret severity ' +
  'severities start starts target theme ticket to until user weekday weekdays windows zone'
const VALUES = {
  nothing: '',
  NUL: '\0',
  'what every object has': '__proto__',
  'a negative number': '-1',
  'a number without end': '1e999',
  'more than a safe integer': '99999999999999999999',
  'digits that are not ASCII': '٣',
  markup: `"'><script>alert(1)</script>`,
  'half a letter': 'x\ud83d',
  'lines and a header': 'a\r\nSet-Cookie: b=c',
  'a long text': 'n'.repeat(900),
}
const ALONE: readonly string[] = [
  VALUES.NUL,
  VALUES['what every object has'],
  VALUES['more than a safe integer'],
]
const BODIES = {
  nothing: '',
  null: 'null',
  'a list': '[]',
  'a number': '1',
  'objects for everything': writeFields(() => ({})),
  'numbers for everything': writeFields(() => -1),
  'lists for everything': writeFields(() => [1, 'a', null]),
  'NUL for everything': writeFields(() => '\0'),
  'huge numbers for everything': writeFields(() => 1e300),
  'what every object has': '{"__proto__":{"name":"x"},"constructor":1}',
  'a deep list': '['.repeat(30_000) + ']'.repeat(30_000),
  'no JSON': '{"name":',
}

function writeFields(make: () => unknown): string {
  return JSON.stringify(Object.fromEntries(FIELDS.split(' ').map((field) => [field, make()])))
}

const QUERY = FIELDS.split(' ').concat(
  (
    'q search sort order offset limit range page server series kiosk format done actor before by changed cursor did event ' +
    'fields fill graphs missed open path peaks period scale since status undid version'
  ).split(' '),
)

const addressOf = ({ path }: Route, value = '1') =>
  path.replace(':user', 'vera').replace(':name', 'web01').replace(/:\w+/g, encodeURIComponent(value))

const GETS = [...PAGES, ...API].filter(({ method }) => method === 'GET')

/** Sends a request as an administrator. Returns the errors in the log, and the status if it is 500 or above. */
async function findFailures(
  act: (headers: { cookie: string }, csrf: string) => Promise<Response>,
  kept?: { cookie: string },
) {
  // Invalid sign-ins block further ones for a while, which has passed two hours later.
  if (!kept) await site.clock.advance(2 * 3_600_000)
  const headers = kept ?? (await site.as('admin'))
  const csrf = kept ? '' : await site.csrf(headers.cookie)
  site.lines.length = 0
  const response = await act(headers, csrf)
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) await response.body?.cancel()
  else if (response.headers.get('content-type')?.startsWith('text/html'))
    expect(await response.text()).not.toContain('<script>alert')
  expect(response.headers.get('set-cookie') ?? '').not.toContain('b=c')
  const complaints = site.lines.filter((line) => / error /.test(line))
  return response.status >= 500 ? [`${response.status}`, ...complaints] : complaints
}

/**
 * The parameters that a page asks for when it is given none. Any other, alone, is no more than a part of the
 * address, which the request with all of them has covered.
 */
async function findAsked(address: string, headers: { cookie: string }): Promise<readonly string[]> {
  const { prototype } = URLSearchParams
  const spies = [spyOn(prototype, 'get'), spyOn(prototype, 'getAll'), spyOn(prototype, 'has')]
  expect(await findFailures(() => site.send(address, { headers }), headers)).toEqual([])
  const names = spies.flatMap((spy) => spy.mock.calls.map(([name]) => String(name)))
  for (const spy of spies) spy.mockRestore()
  return [...new Set(names)]
}

const named = (pages: readonly Route[]) => pages.map((page) => [`${page.method} ${page.path}`, page] as const)

describe.each(named(PAGES.filter(({ method }) => method === 'POST')))('%s', (_, page) => {
  test.each(Object.entries(VALUES))('takes %s in every field without an error of ours', async (_, value) => {
    const send = (headers: { cookie: string }, csrf: string) => {
      const form = new URLSearchParams(FIELDS.split(' ').map((field) => [field, value]))
      form.set('csrf', csrf)
      return site.send(addressOf(page), { method: 'POST', body: form, headers })
    }
    expect(await findFailures(send)).toEqual([])
  })
})

describe.each(named(API.filter(({ method }) => method !== 'GET')))('%s', (_, page) => {
  test.each(Object.entries(BODIES))('takes %s as its body without an error of ours', async (_, body) => {
    const send = (headers: { cookie: string }, csrf: string) =>
      site.send(addressOf(page), {
        method: page.method,
        body,
        headers: { ...headers, 'x-csrf-token': csrf, 'content-type': 'application/json' },
      })
    expect(await findFailures(send)).toEqual([])
  })
})

test('what a page asks for is found, and stands in the list of parameters', async () => {
  const headers = await site.as('admin')
  expect(await findAsked('/events', headers)).toEqual(
    expect.arrayContaining(['status', 'host', 'severity', 'offset']),
  )
  const asked = new Set<string>()
  for (const page of GETS) for (const name of await findAsked(addressOf(page), headers)) asked.add(name)
  expect([...asked].filter((name) => !QUERY.includes(name))).toEqual([])
})

describe.each(named(GETS))('%s', (_, page) => {
  test.each(Object.entries(VALUES))(
    'takes %s in every parameter and in its path without an error of ours',
    async (_, value) => {
      const headers = await site.as('admin')
      const query = new URLSearchParams(QUERY.map((name) => [name, value]))
      for (const name of QUERY) query.append(name, value)
      const ask = (address: string) => findFailures(() => site.send(address, { headers }), headers)
      expect(await ask(`${addressOf(page)}?${query}`)).toEqual([])
      expect(await ask(addressOf(page, value.toWellFormed() || '-'))).toEqual([])
      // One parameter at a time too: an invalid one hides the effect of another.
      for (const name of ALONE.includes(value) ? await findAsked(addressOf(page), headers) : [])
        expect(await ask(`${addressOf(page)}?${new URLSearchParams({ [name]: value })}`)).toEqual([])
    },
  )
})
