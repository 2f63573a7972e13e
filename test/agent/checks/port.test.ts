import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { makeAuthority } from '../../support/tls.ts'
import { runCheck } from './harness.ts'

let folder: string
let plain: Server
let secure: TlsServer
const portOf = (server: Server) => (server.address() as { port: number }).port
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-check-'))
  const issued = makeAuthority(folder, 'ca').issue('localhost', 'DNS:localhost')
  plain = createServer((socket) => {
    socket.on('error', () => {})
    socket.write('220 mail.example')
    setTimeout(() => socket.write('.org ESMTP\r\n'), 30)
  })
  secure = createTlsServer({ key: issued.key, cert: issued.certificate }, (socket) => {
    socket.on('error', () => {})
  })
  await Promise.all([listen(plain), listen(secure)])
})

afterAll(() => {
  plain.close()
  secure.close()
  rmSync(folder, { recursive: true, force: true })
})

test('tcp is good where a port takes connections, and where the server says what is expected', async () => {
  const target = `127.0.0.1:${portOf(plain)}`
  expect((await runCheck({ kind: 'tcp', target })).values).toEqual({
    state: 1,
    milliseconds: expect.any(Number),
  })
  expect((await runCheck({ kind: 'tcp', target, expectText: 'example.org' })).values.state).toBe(1)
  const other = await runCheck({ kind: 'tcp', target, expectText: 'IMAP', timeout: 1 })
  expect([other.values, other.reason]).toEqual([{ state: 0 }, 'no answer within 1 s'])
})

test('tcp says why there is no connection', async () => {
  const closed = await runCheck({ kind: 'tcp', target: '127.0.0.1:1' })
  expect([closed.values, closed.reason]).toEqual([{ state: 0 }, 'the connection was refused'])
})

test('tls looks at the certificate', async () => {
  const target = `localhost:${portOf(secure)}`
  const trusted = { kind: 'tls', target, ipVersion: '4', caFile: join(folder, 'ca-ca.pem') } as const
  const good = await runCheck(trusted)
  expect(good.reason).toBeNull()
  expect(good.values).toMatchObject({ state: 1, 'certificate.days': 1 })
  const { values, reason } = await runCheck({ ...trusted, caFile: null })
  expect(values).toMatchObject({ state: 0, 'certificate.days': 1 })
  expect(reason).toStartWith('the certificate is not trusted: ')
})

test('tls reports a port without TLS', async () => {
  const { values, reason } = await runCheck({ kind: 'tls', target: `127.0.0.1:${portOf(plain)}` })
  expect(values).toEqual({ state: 0 })
  expect(reason).toMatch(/^(the server does not speak TLS there|the connection was closed)/)
})

test('a host of many addresses is tried by each of them', async () => {
  // localhost is ::1 too where IPv6 is on; the server listens at 127.0.0.1 alone.
  const { values } = await runCheck({ kind: 'tcp', target: `localhost:${portOf(plain)}` })
  expect(values.state).toBe(1)
})
