import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import type { Server as WebServer } from 'bun'
import { readHead } from '../../../src/agent/checks/http-message.ts'
import { makeAuthority, makeOwn } from '../../support/tls.ts'
import { runCheck } from './harness.ts'

let web: WebServer<undefined>
let secure: WebServer<undefined>
let own: WebServer<undefined>
let folder: string
let caFile: string
let raw: Server
/** The bytes that the raw server writes to each client, and whether it closes the connection then. */
let rawAnswer = { text: '', ends: true }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-check-'))
  const authority = makeAuthority(folder, 'ca')
  caFile = join(folder, 'ca-ca.pem')
  const issued = authority.issue('localhost', 'DNS:localhost,IP:127.0.0.1')
  const options = { port: 0, hostname: '127.0.0.1' }
  const answer = (request: Request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/down') return new Response('sorry', { status: 503 })
    if (pathname === '/loop') return Response.redirect('/loop', 302)
    if (pathname === '/away') return Response.redirect('/page', 301)
    if (pathname === '/ftp') return new Response(null, { status: 302, headers: { location: 'ftp://x/' } })
    if (pathname === '/long') return new Response(`${'x'.repeat(300_000)}found`)
    if (pathname === '/chunks')
      return new Response(
        new ReadableStream({
          async start(controller) {
            controller.enqueue('all is w')
            await Bun.sleep(20)
            controller.enqueue('ell')
            controller.close()
          },
        }),
      )
    return new Response(`all is well, ${request.headers.get('user-agent')}`)
  }
  web = Bun.serve({ ...options, fetch: answer })
  secure = Bun.serve({ ...options, fetch: answer, tls: { key: issued.key, cert: issued.certificate } })
  const self = await makeOwn(['localhost'], -10, 2)
  own = Bun.serve({ ...options, fetch: answer, tls: { key: self.key, cert: self.certificate } })
  raw = createServer((socket) => {
    socket.on('error', () => {})
    socket.write(rawAnswer.text)
    if (rawAnswer.ends) socket.end()
  })
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve))
})

afterAll(() => {
  for (const server of [web, secure, own]) server.stop(true)
  raw.close()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string) => `http://127.0.0.1:${web.port}${path}`
const rawPort = () => (raw.address() as { port: number }).port

describe('a check of kind http', () => {
  test('is good for a page that answers as expected', async () => {
    const { values, reason } = await runCheck({ target: at('/page'), expectText: 'all is well, monitor/' })
    expect(values).toEqual({ state: 1, milliseconds: expect.any(Number) })
    expect(values.milliseconds).toBeLessThan(2000)
    expect(reason).toBeNull()
  })

  test.each([
    ['/down', {}, 'HTTP status 503, expected 200-299'],
    ['/page', { expectText: 'not there' }, 'the page does not contain "not there"'],
    ['/long', { expectText: 'found' }, 'the page does not contain "found"'],
    ['/loop', {}, 'there are more than 5 redirects'],
    ['/ftp', {}, 'it redirects to "ftp://x/"'],
    ['/away', { followRedirects: false }, 'HTTP status 301, expected 200-299'],
  ])('says why %s is not good', async (path, more, why) => {
    const { values, reason } = await runCheck({ target: at(path), ...more })
    expect(values.state).toBe(0)
    expect(reason).toBe(why)
  })

  test('follows redirects, takes other status codes, and reads pages in chunks', async () => {
    expect((await runCheck({ target: at('/away'), expectText: 'well' })).values.state).toBe(1)
    expect((await runCheck({ target: at('/down'), expectStatus: '200, 500-503' })).values.state).toBe(1)
    const redirect = { followRedirects: false, expectStatus: '301' }
    expect((await runCheck({ target: at('/away'), ...redirect })).values.state).toBe(1)
    expect((await runCheck({ target: at('/chunks'), expectText: 'all is well' })).values.state).toBe(1)
  })

  test('trusts the CAs of ca_file, and reports when the certificate expires', async () => {
    for (const host of ['localhost', '127.0.0.1']) {
      const target = `https://${host}:${secure.port}/page`
      const { values, reason, result } = await runCheck({ target, caFile, ipVersion: '4' })
      expect(reason).toBeNull()
      expect(values['certificate.days']).toBeWithin(0.9, 1.1)
      expect(result.reasons.get('perf.check.shop.certificate.days')).toMatch(
        /^the certificate ends on \d{4}-/,
      )
    }
  })

  test('does not trust others, says so, and reports when their certificate expires all the same', async () => {
    const target = `https://localhost:${own.port}/page`
    const { values, reason } = await runCheck({ target, caFile, ipVersion: '4' })
    expect(values).toMatchObject({ state: 0, 'certificate.days': 2 })
    expect(reason).toStartWith('the certificate is not trusted: ')
    const bySystem = await runCheck({ target, ipVersion: '4' })
    expect(bySystem.reason).toStartWith('the certificate is not trusted: ')
  })

  test('does not trust a certificate that is for another name', async () => {
    const folder2 = mkdtempSync(join(folder, 'other-'))
    const authority = makeAuthority(folder2, 'other')
    const issued = authority.issue('elsewhere', 'DNS:elsewhere.example')
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      tls: { key: issued.key, cert: issued.certificate },
      fetch: () => new Response('x'),
    })
    for (const host of ['localhost', '127.0.0.1']) {
      const target = `https://${host}:${server.port}/`
      const { values, reason } = await runCheck({
        target,
        ipVersion: '4',
        caFile: join(folder2, 'other-ca.pem'),
      })
      expect(values.state).toBe(0)
      expect(reason).toStartWith('the certificate is not trusted: ')
    }
    server.stop(true)
  })

  test('says when there is nothing there, or no IPv6', async () => {
    const refused = await runCheck({ target: 'http://127.0.0.1:1/' })
    expect(refused.values).toEqual({ state: 0 })
    expect(refused.reason).toBe('the connection was refused')
    const four = await runCheck({ target: at('/page'), ipVersion: '6' })
    expect(four.reason).toBe('127.0.0.1 is no address of IP version 6')
  })

  test('a ca_file that is missing or has no certificate is reported', async () => {
    const target = `https://localhost:${own.port}/`
    expect((await runCheck({ target, caFile: '/nowhere/ca.pem' })).reason).toContain('/nowhere/ca.pem')
    writeFileSync(join(folder, 'empty.pem'), 'nothing\n')
    const empty = await runCheck({ target, caFile: join(folder, 'empty.pem') })
    expect(empty.reason).toBe(`${join(folder, 'empty.pem')} holds no certificate in PEM`)
  })

  test('a ca_file that is a pipe or a device is reported, and holds up nothing', async () => {
    const pipe = join(folder, 'pipe.pem')
    expect(Bun.spawnSync(['mkfifo', pipe]).exitCode).toBe(0)
    const target = `https://localhost:${own.port}/`
    // Reading more of them than there are threads would keep all other files from being read.
    const runs = Array.from({ length: 100 }, (_, i) =>
      runCheck({ target, caFile: i === 0 ? '/dev/zero' : pipe }),
    )
    const reasons = new Set((await Promise.all(runs)).map(({ reason }) => reason))
    expect([...reasons]).toEqual(
      ['/dev/zero', pipe].map((file) => `${file} can not be read: it is no regular file`),
    )
  })

  test('no answer in time, no answer at all, and an answer that is not HTTP get different messages', async () => {
    const target = `http://127.0.0.1:${rawPort()}/`
    rawAnswer = { text: '', ends: false }
    const began = performance.now()
    expect((await runCheck({ target, timeout: 1 })).reason).toBe('no answer within 1 s')
    expect(performance.now() - began).toBeLessThan(1900)
    rawAnswer = { text: '', ends: true }
    expect((await runCheck({ target })).reason).toBe(
      'the server closed without an answer; if it speaks TLS, the target begins with https://',
    )
    rawAnswer = { text: 'SSH-2.0-OpenSSH_9.2\r\n', ends: true }
    expect((await runCheck({ target })).reason).toBe('the answer is not HTTP')
    rawAnswer = { text: 'HTTP/1.1 200 OK\r\nX: '.padEnd(2_000_000, 'y'), ends: false }
    expect((await runCheck({ target })).reason).toBe('the answer is not HTTP')
  })
})

test('the server sees an orderly end: of a small page that nobody looks at, of one that is looked at, and over TLS', async () => {
  const ends: string[] = []
  const text = 'x'.repeat(20_000)
  const serve = (socket: Socket) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    closed.push(promise)
    socket.on('error', (error: NodeJS.ErrnoException) => ends.push(error.code ?? error.message))
    socket.on('end', () => ends.push('end'))
    socket.on('close', resolve)
    socket.once('data', () => {
      // As servers do, whose body comes after its head; this one waits for the client to close.
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`)
      setTimeout(() => socket.write(text), 20)
    })
  }
  const closed: Promise<void>[] = []
  const plainServer = createServer(serve)
  const { key, certificate } = await makeOwn(['localhost'])
  const trusted = join(folder, 'orderly.pem')
  writeFileSync(trusted, certificate)
  const tlsServer = createTlsServer({ key, cert: certificate }, serve)
  for (const server of [plainServer, tlsServer])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = (server: Server) => (server.address() as { port: number }).port
  const page = `http://127.0.0.1:${at(plainServer)}/`
  const checks = [
    { target: page },
    { target: page, expectText: 'xxx' },
    { kind: 'tcp', target: `127.0.0.1:${at(plainServer)}` },
    { target: `https://localhost:${at(tlsServer)}/`, ipVersion: '4', caFile: trusted },
  ] as const
  for (const check of checks) expect((await runCheck(check)).reason).toBeNull()
  await Promise.all(closed)
  expect(ends).toEqual(checks.map(() => 'end'))
  plainServer.close()
  tlsServer.close()
})

test('a small page that stops in the middle is good all the same, and does not wait for the deadline', async () => {
  rawAnswer = { text: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin', ends: false }
  const began = performance.now()
  const { values } = await runCheck({ target: `http://127.0.0.1:${rawPort()}/`, timeout: 10 })
  expect(values.state).toBe(1)
  expect(values.milliseconds).toBeLessThan(900)
  expect(performance.now() - began).toBeLessThan(5000)
})

test('interim answers are passed over', () => {
  const text = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nA: b\r\nA: c\r\n\r\n'
  expect(readHead(Buffer.from(text))).toMatchObject({ status: 204, length: text.length })
  expect(readHead(Buffer.from(text))?.headers.get('a')).toBe('b')
  expect(readHead(Buffer.from(text.slice(0, -1)))).toBeNull()
})
