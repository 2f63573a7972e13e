import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ACCESSES, covers } from '../../../src/domain/users/user.ts'
import { API } from '../../../src/web/api/index.ts'
import type { Route } from '../../../src/web/http/route.ts'
import { PAGES } from '../../../src/web/pages/index.ts'
import { startTestSite, type TestSite } from '../site.ts'

let site: TestSite
beforeAll(async () => {
  site = await startTestSite()
  await site.report('web01', site.clock.now() - 60, { 'perf.memory.percent.used': 41.5 })
})
afterAll(() => site.stop())

/** An address of the page that names things that are there. */
function addressOf({ path }: Route): string {
  if (path === '/api/v1/series') return `${path}?series=web01:perf.memory.percent.used`
  return path
    .replace(':name', 'web01')
    .replace(':metric', 'perf.memory.percent.used')
    .replace(':user', 'vera')
    .replace(/:\w+/g, '1')
}

async function ask({ method }: Route, address: string, headers: Record<string, string>): Promise<Response> {
  const response = await site.send(address, { method, headers })
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) await response.body?.cancel()
  return response
}

const closed = [...PAGES, ...API].filter((page) => page.access !== 'public')

test('only signing in, and what a new machine downloads, is open without signing in', () => {
  const open = PAGES.concat(API).filter((page) => page.access === 'public')
  expect(open.map((page) => `${page.method} ${page.path}`).sort()).toEqual([
    'GET /install.ps1',
    'GET /install.sh',
    'GET /login',
    'GET /releases/:file',
    'POST /login',
    'POST /login/code',
  ])
})

test('a viewer changes nothing but things of its own', () => {
  const open = PAGES.concat(API).filter((page) => page.access === 'viewer' && page.method !== 'GET')
  expect(open.map((page) => `${page.method} ${page.path}`).sort()).toEqual([
    'DELETE /api/v1/views/:id',
    'POST /api/v1/views',
    // Columns of the list, and a comparison, which changes nothing; the rest of it asks for an operator.
    'POST /change-hosts',
    'POST /logout',
    'POST /password',
    'POST /settings/preferences',
    'POST /settings/sessions/:id/revoke',
    'POST /settings/tokens',
    'POST /settings/tokens/:id/revoke',
    'POST /settings/two-factor',
    'POST /settings/two-factor/codes',
    'POST /settings/two-factor/off',
    'POST /settings/views',
    'POST /settings/views/:id',
    'POST /settings/views/:id/delete',
    'PUT /api/v1/views/:id',
  ])
})

test('a viewer who selects hosts can neither mute nor group them', async () => {
  const viewer = await site.as('viewer')
  const csrf = await site.csrf(viewer.cookie)
  for (const action of ['mute', 'group']) {
    const fields = { csrf, action, host: 'web01', group: 'x', until: '1h' }
    expect((await site.post('/change-hosts', fields, viewer)).status).toBe(403)
  }
})

test('the table below has every method that there is, of pages and of the API', () => {
  const methods = (pages: readonly Route[]) => [...new Set(pages.map(({ method }) => method))].sort()
  expect(methods(PAGES)).toEqual(['GET', 'POST'])
  expect(methods(API)).toEqual(['DELETE', 'GET', 'POST', 'PUT'])
})

describe.each(
  PAGES.filter(({ access }) => access === 'public').map((page) => [`${page.method} ${page.path}`, page]),
)('%s', (_, page) => {
  test.each([null, ...ACCESSES])('answers anybody, one with the access %s too', async (access) => {
    const response = await ask(page, page.path, access === null ? {} : await site.as(access))
    // Without a name and a password the request is refused.
    // This site hands out no releases.
    expect(/^\/(install|releases)/.test(page.path) ? [404] : [200, 303, 401]).toContain(response.status)
    expect(response.headers.get('set-cookie') ?? '').not.toContain('session')
  })
})

describe.each(closed.map((page) => [`${page.method} ${page.path}`, page] as const))('%s', (_, page) => {
  const address = addressOf(page)
  const isApi = page.path.startsWith('/api/')

  test('is closed to requests without a session and to made-up cookies and tokens', async () => {
    const strangers: Record<string, string>[] = [
      {},
      { cookie: `monitor-session-${site.port}=${'A'.repeat(43)}` },
      { authorization: 'Bearer nonsense' },
      { authorization: 'Basic YWRhOmNvcnJlY3QgaG9yc2U=' },
    ]
    for (const headers of strangers) {
      const response = await ask(page, address, headers)
      expect(response.status).toBe(isApi ? 401 : 303)
      if (isApi) expect(response.headers.get('www-authenticate')).toBe('Bearer')
      else expect(response.headers.get('location')).toStartWith('/login')
    }
  })

  test.each([...ACCESSES])('for a %s', async (access) => {
    const headers = await site.as(access)
    const response = await ask(page, address, headers)
    const enough = page.access !== 'public' && covers(access, page.access)
    // Without the token of the form even those who may are refused a change.
    if (!enough || page.method !== 'GET') expect(response.status).toBe(403)
    else expect([200, 303, 404]).toContain(response.status)
  })

  test.each([...ACCESSES])(
    'takes a token with the access %s under the API only, for no more than that',
    async (access) => {
      const response = await ask(page, address, await site.bearer(access))
      const enough = page.access !== 'public' && covers(access, page.access)
      if (!isApi) expect(response.status).toBe(303)
      else if (enough) expect([401, 403]).not.toContain(response.status)
      else expect(response.status).toBe(403)
    },
  )

  test('knows no other method', async () => {
    const methods: string[] = closed
      .concat(PAGES)
      .filter((other) => other.path === page.path)
      .map((other) => other.method)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].filter(
      (one) => !methods.includes(one),
    )) {
      const response = await site.send(address, { method, headers: await site.as('admin') })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toContain(page.method)
    }
  })
})
