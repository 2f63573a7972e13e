import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Store } from '../../../src/storage/ports/store.ts'
import { listAssets } from '../../../src/web/assets/assets.ts'
import { expectFailure } from '../../support/failure.ts'
import { startTestSite, type TestSite } from '../site.ts'

/** What goes wrong in the database just now. */
const broken = { hosts: false, ping: false, sessions: false }

function breakable(store: Store): Store {
  const unless = <T>(isBroken: boolean, act: () => Promise<T>): Promise<T> =>
    isBroken ? Promise.reject(new Error('no such table: secret_detail')) : act()
  return {
    ...store,
    hosts: { ...store.hosts, list: (query) => unless(broken.hosts, () => store.hosts.list(query)) },
    sessions: {
      ...store.sessions,
      find: (hash, now) => unless(broken.sessions, () => store.sessions.find(hash, now)),
    },
    maintenance: { ...store.maintenance, ping: () => unless(broken.ping, () => store.maintenance.ping()) },
  }
}

let site: TestSite
beforeAll(async () => {
  site = await startTestSite(breakable)
})
afterAll(() => site.stop())

/** Bun unpacks a body unless told otherwise. */
const AS_SENT: BunFetchRequestInit = { decompress: false }

/** Sends bytes and gives all that comes back until the connection ends. */
async function sendRaw(text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let seen = ''
  await Bun.connect({
    hostname: '127.0.0.1',
    port: site.port,
    socket: {
      open: (socket) => void socket.write(text),
      data(_, bytes) {
        seen += bytes.toString()
      },
      close: () => resolve(seen),
      error: () => resolve(seen),
    },
  })
  return promise
}

const get = (path: string, host = 'x', more = '') =>
  sendRaw(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`)

describe('every answer has the security headers', () => {
  test.each([
    ['a page', '/login', 200],
    ['a redirect', '/password', 303],
    ['a page that is not there', '/nothing', 404],
    ['the API refusing', '/api/v1/hosts', 401],
    ['an API address that is not there', '/api/v1/nothing', 404],
    ['the health check', '/healthz', 200],
    ['an asset', listAssets()[0]?.url ?? '', 200],
    ['an asset that is not there', '/assets/app-000.css', 404],
  ])('%s', async (_, path, status) => {
    const response = await site.send(path)
    expect(response.status).toBe(status)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toStartWith("default-src 'none'; ")
    for (const part of [
      "script-src 'self'",
      "style-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ])
      expect(policy.split('; ')).toContain(part)
    expect(policy).not.toContain('unsafe')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('referrer-policy')).toBe('same-origin')
    expect(response.headers.get('permissions-policy')).toContain('camera=()')
    expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin')
    const cache =
      path.startsWith('/assets/') && status === 200 ? 'public, max-age=31536000, immutable' : 'no-store'
    expect(response.headers.get('cache-control')).toBe(cache)
  })

  test.each<[string, string, RequestInit, number, string]>([
    ['a page of one who is signed in', '/hosts', {}, 200, 'text/html'],
    ['a method that is not possible', '/hosts', { method: 'OPTIONS' }, 405, 'text/html'],
    ['a form that is too large', '/logout', { method: 'POST', body: 'x'.repeat(70_000) }, 413, 'text/html'],
    ['a body of another kind', '/logout', { method: 'POST', body: '{}' }, 415, 'text/html'],
    ['a form without its token', '/logout', { method: 'POST' }, 403, 'text/html'],
    ['what is only for others', '/settings/users', {}, 403, 'text/html'],
    ['JSON', '/api/v1/hosts', {}, 200, 'application/json'],
    ['a parameter that is wrong', '/api/v1/hosts?limit=x', {}, 400, 'application/json'],
    ['CSV', '/reports/hosts?format=csv', {}, 200, 'text/csv'],
    ['a live stream', '/live', {}, 200, 'text/event-stream'],
    ['a HEAD', '/hosts', { method: 'HEAD' }, 200, 'text/html'],
  ])('%s', async (_, path, init, status, type) => {
    const response = await site.send(path, { ...init, headers: await site.as('viewer') })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toStartWith(type)
    expect(response.headers.get('content-security-policy')).toStartWith("default-src 'none'; ")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('x-frame-options')).toBe('DENY')
    expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(response.headers.get('cache-control')).toBe('no-store')
    if (type === 'text/csv') expect(response.headers.get('content-disposition')).toStartWith('attachment; ')
    await response.body?.cancel()
  })

  test('and no page has inline script or style', async () => {
    for (const path of ['/login', '/nothing']) {
      const text = await (await site.send(path)).text()
      expect(text).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/)
    }
  })
})

describe('compression', () => {
  test.each([
    ['zstd', (bytes: Uint8Array<ArrayBuffer>) => Bun.zstdDecompressSync(bytes)],
    ['gzip', (bytes: Uint8Array<ArrayBuffer>) => Bun.gunzipSync(bytes)],
  ] as const)('with %s gives the same bytes, of pages and assets', async (encoding, unpack) => {
    const asset = listAssets().find((one) => one.url.endsWith('.css') && one.bytes.length > 1024)
    for (const path of ['/nothing', asset?.url ?? '']) {
      const plain = await site.send(path, { headers: { 'accept-encoding': 'identity' } })
      const packed = await site.send(path, { headers: { 'accept-encoding': encoding }, ...AS_SENT })
      expect(plain.headers.get('content-encoding')).toBeNull()
      expect(packed.headers.get('vary')).toBe('Accept-Encoding')
      const bytes = new Uint8Array(await plain.arrayBuffer())
      if (bytes.length < 1024) continue
      expect(packed.headers.get('content-encoding')).toBe(encoding)
      expect(new Uint8Array(unpack(new Uint8Array(await packed.arrayBuffer())))).toEqual(bytes)
    }
  })
})

test('the health check takes GET only', async () => {
  const response = await site.send('/healthz', { method: 'POST' })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('HEAD, GET')
})

test('HEAD gives the headers of GET and no body', async () => {
  for (const path of ['/login', '/healthz', listAssets()[0]?.url ?? '', '/nothing']) {
    const init = { headers: { 'accept-encoding': 'identity' } }
    const [got, head] = [await site.send(path, init), await site.send(path, { ...init, method: 'HEAD' })]
    expect(head.status).toBe(got.status)
    expect(Number(head.headers.get('content-length'))).toBe((await got.arrayBuffer()).byteLength)
    expect(head.headers.get('content-type')).toBe(got.headers.get('content-type'))
    expect((await head.arrayBuffer()).byteLength).toBe(0)
  }
})

test('every asset has a type, and its address changes with its content only', async () => {
  expect(listAssets().map((asset) => asset.url)).toEqual(listAssets().map((asset) => asset.url))
  for (const asset of listAssets()) {
    expect(asset.url).toMatch(/^\/assets\/[\w.-]+-(?:[0-9a-f]{12}\.(?:css|svg)|[0-9a-z]{8}\.js)$/)
    expect(asset.type).not.toBe('application/octet-stream')
  }
})

describe('odd requests', () => {
  test.each(['evil.example', 'evil.example:99', '[::1]:80'])(
    'a made-up Host header reaches no page: %#',
    async (host) => {
      const answer = await get('/password?a=b', host)
      expect(answer).toStartWith('HTTP/1.1 303')
      expect(answer).toMatch(/\r\nlocation: \/login\?next=%2Fpassword%3Fa%3Db\r\n/i)
      expect(answer).not.toContain(host)
    },
  )

  test.each([
    '"<script>',
    'a/b?c#d',
    'a, b',
    'a b',
    'x'.repeat(5000),
    'evil.example\r\nHost: x',
    'x\r\nHost: x',
  ])('a Host header that names no host, or a second one, is refused: %#', async (host) => {
    const answer = await get('/login', host)
    expect(answer).toStartWith('HTTP/1.1 400')
    expect(answer).not.toContain('evil.example')
    expect(answer).not.toContain('<script>')
  })

  test('forwarded addresses are not believed', async () => {
    await get('/nothing-forwarded', 'x', 'X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n')
    expect(site.lines.find((line) => line.includes('nothing-forwarded'))).toContain('address=127.0.0.1')
  })

  test.each([
    '//evil.example/',
    '/%zz',
    '/..%2f..%2fetc%2fpasswd',
    '/assets/../../etc/passwd',
    '/a%00b',
    '/%ff',
  ])('the path %s is not found or leads to signing in, quietly', async (path) => {
    expect(await get(path)).toMatch(/^HTTP\/1.1 (404|303)/)
  })

  test.each([
    'garbage\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01',
    'GET / HTTP/9.9\r\n\r\n',
    'GET /login HTTP/1.1\r\n\r\n',
    `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`,
    'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nname=a',
  ])('bytes that are no request end the connection and nothing else: %#', async (text) => {
    expect(await sendRaw(text)).toMatch(/^(HTTP\/1.1 (4\d\d|505) |$)/)
    expect((await site.send('/healthz')).status).toBe(200)
  })

  test('a body that is too large is refused, whatever it is', async () => {
    expect((await site.post('/login', { name: 'x'.repeat(70_000), password: 'x' })).status).toBe(413)
    expect((await site.post('/login', { name: 'x'.repeat(2_000_000), password: 'x' })).status).toBe(413)
  })

  test('a body of another kind is refused', async () => {
    const init = { method: 'POST', body: '{"name":"ada"}', headers: { 'content-type': 'application/json' } }
    expect((await site.send('/login', init)).status).toBe(415)
  })
})

describe('when something fails', () => {
  test('a broken page is a page of the house, one line in the log, and no detail', async () => {
    const headers = await site.as('viewer')
    broken.hosts = true
    site.lines.length = 0
    const page = await site.send('/api/v1/hosts?search=private', { headers })
    broken.hosts = false
    expect(page.status).toBe(500)
    expect(await page.json()).toEqual({
      error: 'The server could not answer this request. See its log.',
    })
    const errors = site.lines.filter((line) => line.includes('error'))
    expect(errors.length).toBe(1)
    expect(errors[0]).toContain('path=/api/v1/hosts')
    expect(errors[0]).toContain('secret_detail')
    expect(errors[0]).not.toContain('private')
    expect((await site.send('/api/v1/hosts', { headers })).status).toBe(200)
  })

  test('a database that is away gives 503 everywhere, and the site is back with it', async () => {
    const headers = await site.as('viewer')
    broken.hosts = broken.sessions = broken.ping = true
    await site.clock.advance(1000)
    for (const path of ['/', '/password', '/api/v1/hosts', '/healthz']) {
      const response = await site.send(path, { headers })
      expect(response.status).toBe(503)
      const text = await response.text()
      expect(text).not.toContain('secret_detail')
      expect(text.toLowerCase()).toContain('the database does not respond')
    }
    expect(site.lines.filter((line) => line.includes('the database does not respond')).length).toBe(1)
    expect((await site.send('/login')).status).toBe(200)
    broken.hosts = broken.sessions = broken.ping = false
    await site.clock.advance(1000)
    expect(await (await site.send('/healthz')).text()).toBe('ok')
    expect((await site.send('/password', { headers })).status).toBe(200)
  })
})

test('pages are read while the database takes no changes, and nothing piles up behind its lock', async () => {
  const locked = Promise.withResolvers<void>()
  const waiting = { sessions: 0, tokens: 0 }
  const lock = (store: Store): Store => ({
    ...store,
    sessions: {
      ...store.sessions,
      extend(...values) {
        waiting.sessions++
        return locked.promise.then(() => store.sessions.extend(...values))
      },
    },
    tokens: {
      ...store.tokens,
      noteUse() {
        waiting.tokens++
        return locked.promise
      },
    },
  })
  const own = await startTestSite(lock)
  try {
    const [session, token] = [await own.as('viewer'), await own.bearer('viewer')]
    await own.clock.advance(120_000)
    for (let i = 0; i < 3; i++) {
      expect((await own.send('/hosts', { headers: session })).status).toBe(200)
      expect((await own.send('/api/v1/hosts', { headers: token })).status).toBe(200)
    }
    expect(waiting).toEqual({ sessions: 1, tokens: 1 })
    locked.reject(new Error('the database stayed locked'))
    await Bun.sleep(10)
    expect(own.lines.filter((line) => line.includes('sessions are not extended')).length).toBe(1)
    await own.send('/hosts', { headers: session })
    expect(waiting.sessions).toBe(2)
  } finally {
    await own.stop()
  }
})

test('live streams arrive, announce a new packet and end with the site', async () => {
  const own = await startTestSite()
  try {
    const response = await own.send('/live', { headers: await own.as('viewer') })
    expect(response.headers.get('content-type')).toStartWith('text/event-stream')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('retry: 3000\n\n')
    await own.clock.advance(2000)
    await own.report('web01', own.clock.now(), { 'perf.memory.percent.used': 1 })
    await own.clock.advance(2000)
    expect((await reader?.read())?.value).toMatch(/^event: changed\ndata: \d+\n\n$/)
    await own.stopWebsite()
    expect((await reader?.read())?.done).toBe(true)
  } finally {
    await own.stop()
  }
})

test('a HEAD opens no live stream', async () => {
  const response = await site.send('/live', { method: 'HEAD', headers: await site.as('viewer') })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toStartWith('text/event-stream')
  expect(await response.text()).toBe('')
})

test('stopping lets a request under way finish, but does not wait for one that hangs', async () => {
  const asked = Promise.withResolvers<void>()
  const hanging = (store: Store): Store => ({
    ...store,
    events: {
      ...store.events,
      list() {
        asked.resolve()
        return new Promise(() => {})
      },
    },
  })
  const own = await startTestSite(hanging)
  const headers = await own.as('viewer')
  const request = own.send('/api/v1/events', { headers }).catch(() => 'cut off')
  await asked.promise
  const stopped = own.stopWebsite()
  await own.clock.advance(2000)
  await stopped
  expect(await request).toBe('cut off')
  await own.stop()
})

test('a port that is taken is named', async () => {
  await expectFailure(startTestSite(undefined, { port: site.port }), `can't listen on 127.0.0.1:${site.port}`)
})
