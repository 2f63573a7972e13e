import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { parseAddressRange } from '../../../src/lib/address-range.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { type HttpProxy, openHttpProxy } from '../../support/http-proxy.ts'
import { PASSWORD, startTestSite, type TestSite } from '../site.ts'

/** The inner proxy stands before the site, the outer one takes HTTPS and stands before the inner one. */
const [OUTER, INNER] = ['127.0.0.2', '127.0.0.3']

let site: TestSite
let inner: HttpProxy
let outer: HttpProxy

beforeAll(async () => {
  const trustedProxies = [OUTER, INNER].flatMap((address) => parseAddressRange(address) ?? [])
  site = await startTestSite(undefined, { trustedProxies })
  inner = await openHttpProxy({ target: site.port, from: INNER })
  outer = await openHttpProxy({ target: inner.port, from: OUTER, tls: true })
})
afterAll(async () => {
  await outer?.close()
  await inner?.close()
  await site?.stop()
})

type Way = { readonly port: number; readonly tls?: boolean; readonly from: string }

/** Signs in from an address of this machine, with whatever headers. */
function signIn(
  { port, tls = false, from }: Way,
  name: string,
  password: string,
  headers: Record<string, string | string[]> = {},
): Promise<{ status: number; cookie: string }> {
  const body = new URLSearchParams({ name, password }).toString()
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; cookie: string }>()
  const options = {
    ...{ host: '127.0.0.1', port, path: '/login', method: 'POST', localAddress: from, agent: false },
    ...(tls && { rejectUnauthorized: false }),
    headers: {
      ...headers,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': body.length,
    },
  }
  const seen = (response: IncomingMessage) => {
    response.resume()
    resolve({ status: response.statusCode ?? 0, cookie: response.headers['set-cookie']?.[0] ?? '' })
  }
  const asking = tls ? requestTls(options, seen) : request(options, seen)
  asking.on('error', reject)
  asking.end(body)
  return promise
}

const newestAddress = async () =>
  (await site.store.audit.list({ search: 'sign in', limit: 1 })).entries[0]?.address

describe('behind one proxy', () => {
  const via = (from: string): Way => ({ port: inner.port, from })

  test('who fails too often is blocked by the own address, and nobody else', async () => {
    for (let i = 0; i < 5; i++) {
      const made = { 'x-forwarded-for': `6.6.6.${i}` }
      expect((await signIn(via('127.0.0.50'), `nobody${i}`, 'wrong', made)).status).toBe(401)
    }
    expect((await signIn(via('127.0.0.50'), 'olga', PASSWORD)).status).toBe(429)
    expect((await signIn(via('127.0.0.51'), 'olga', PASSWORD)).status).toBe(303)
    expect(await newestAddress()).toBe('127.0.0.51')
    const sessions = await site.store.sessions.list('olga', site.clock.now())
    expect(sessions.map(({ address }) => address)).toEqual(['127.0.0.51'])
  })

  test('the cookie is for HTTP while the browser speaks it', async () => {
    expect((await signIn(via('127.0.0.52'), 'vera', PASSWORD)).cookie).toEndWith('; SameSite=Lax')
  })
})

describe('behind a chain of proxies of which the first speaks HTTPS', () => {
  test('the client is known, and the cookie is for HTTPS only', async () => {
    const made = { 'x-forwarded-for': ['6.6.6.6', `7.7.7.7, ${INNER}`], 'x-forwarded-proto': 'http' }
    const answer = await signIn({ port: outer.port, tls: true, from: '127.0.0.53' }, 'vera', PASSWORD, made)
    expect(answer.status).toBe(303)
    expect(answer.cookie).toEndWith('; SameSite=Lax; Secure')
    expect(await newestAddress()).toBe('127.0.0.53')
  })
})

describe('past the proxies', () => {
  test('forwarded headers are worth nothing', async () => {
    const made = {
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-proto': 'https',
      forwarded: 'for=6.6.6.6;proto=https',
    }
    const answer = await signIn({ port: site.port, from: '127.0.0.54' }, 'vera', PASSWORD, made)
    expect(answer.cookie).toEndWith('; SameSite=Lax')
    expect(await newestAddress()).toBe('127.0.0.54')
  })
})

test('the plain port sends everybody to HTTPS, refuses a Host header that is none, and logs nothing of it', async () => {
  const { key, cert: certificate } = makeCertificate()
  const own = await startTestSite(undefined, { tls: { key, certificate, port: 0 } })
  try {
    const ask = async (host: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
      request(
        { host: '127.0.0.1', port: own.port, path: '/hosts?a=b', headers: { host }, agent: false },
        resolve,
      )
        .on('error', reject)
        .end()
      const answer = await promise
      answer.resume()
      return answer
    }
    const sent = await ask('monitor.example.org:8080')
    expect(sent.statusCode).toBe(308)
    expect(sent.headers.location).toBe(`https://monitor.example.org:${own.tlsPort}/hosts?a=b`)
    for (const host of ['a/b?c#d', '"<x>', 'user@evil.example']) {
      const refused = await ask(host)
      expect(refused.statusCode).toBe(400)
      expect(refused.headers['content-type']).toBe('text/plain; charset=utf-8')
      expect(refused.headers['x-content-type-options']).toBe('nosniff')
    }
    expect(own.lines.filter((line) => /warn|error/.test(line))).toEqual([])
  } finally {
    await own.stop()
  }
})

test('over TLS of our own the cookie is for HTTPS only', async () => {
  const { key, cert: certificate } = makeCertificate()
  const own = await startTestSite(undefined, { tls: { key, certificate, port: 0 } })
  try {
    const answer = await signIn({ port: own.tlsPort ?? 0, tls: true, from: '127.0.0.55' }, 'vera', PASSWORD)
    expect(answer.cookie).toEndWith('; HttpOnly; SameSite=Lax; Secure')
  } finally {
    await own.stop()
  }
})

describe('a proxy that asks for another host than the browser did, over plain HTTP', () => {
  /** What a browser sends along there: its origin, and nothing of sites. */
  async function signInFrom(to: TestSite, origin: string) {
    const proxy = await openHttpProxy({ target: to.port, from: INNER, rewritesHost: true })
    const response = await fetch(`http://127.0.0.1:${proxy.port}/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin },
      body: new URLSearchParams({ name: 'vera', password: PASSWORD }),
    })
    const answer = { status: response.status, text: await response.text() }
    await proxy.close()
    return answer
  }

  test('is distinguished from another site by web.url alone', async () => {
    const known = await startTestSite(undefined, { siteUrl: 'http://monitor.example.org/monitor' })
    expect((await signInFrom(known, 'http://monitor.example.org')).status).toBe(303)
    expect((await signInFrom(known, 'http://evil.example.org')).status).toBe(403)
    expect((await signInFrom(known, 'https://monitor.example.org')).status).toBe(403)
    await known.stop()
  })

  test('is named as the cause where web.url does not say it', async () => {
    const { status, text } = await signInFrom(site, 'http://monitor.example.org')
    expect(status).toBe(403)
    expect(text).toContain(
      'The browser is at http://monitor.example.org, and the website was asked as 127.0.0.1:',
    )
    expect(text).toContain('let it pass on the Host header, or set web.url')
    expect((await signInFrom(site, '<script>')).text).not.toContain('<script>')
  })
})

describe('below a path', () => {
  test.each(['', '/monitor'])(
    'every address has it, whether the proxy takes it away (%p) or not',
    async (strips) => {
      const own = await startTestSite(undefined, { basePath: '/monitor' })
      const proxy = await openHttpProxy({ target: own.port, from: INNER, strips })
      const base = `http://127.0.0.1:${proxy.port}/monitor`
      const away = await fetch(`${base}/hosts?q=a`, { redirect: 'manual' })
      expect(away.headers.get('location')).toBe('/monitor/login?next=%2Fhosts%3Fq%3Da')
      // As people type it, with and without a slash at its end.
      for (const typed of ['', '/']) {
        const { headers } = await fetch(base + typed, { redirect: 'manual' })
        expect(headers.get('location')).toStartWith('/monitor/login')
      }
      expect((await fetch(`${base}/healthz`)).status).toBe(200)
      const signedIn = await fetch(`${base}/login`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ name: 'vera', password: PASSWORD, next: '/hosts?q=a' }),
      })
      expect(signedIn.headers.get('location')).toBe('/monitor/hosts?q=a')
      const [cookie = ''] = signedIn.headers.getSetCookie()
      expect(cookie).toContain('Path=/monitor;')
      const headers = { cookie: cookie.split(';')[0] ?? '' }
      for (const path of ['/', '/hosts?q=%22%20href=%22/', '/settings', '/nothing-here']) {
        const markup = await (await fetch(base + path, { headers })).text()
        const addresses = [...markup.matchAll(/ (?:href|src|action)="([^"#]+)"/g)].map(
          ([, address]) => address,
        )
        expect(addresses.length).toBeGreaterThan(5)
        expect(
          addresses.filter((address) => !address?.startsWith('/monitor/') && !address?.startsWith('?')),
        ).toEqual([])
        expect(markup).toContain('<html data-base="/monitor"')
      }
      const style = /href="([^"]+\.css)"/.exec(await (await fetch(`${base}/`, { headers })).text())?.[1]
      expect((await fetch(`http://127.0.0.1:${proxy.port}${style}`)).status).toBe(200)
      expect((await fetch(`${base}/api/v1/hosts`, { headers })).status).toBe(200)
      const api = (await (await fetch(`${base}/api/v1/openapi.json`, { headers })).json()) as object
      expect(api).toMatchObject({ servers: [{ url: '/monitor/' }] })
      await proxy.close()
      await own.stop()
    },
  )
})
