import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Socket, TCPSocketListener } from 'bun'
import { type ConnectionEvents, connect } from '../../../src/agent/sending/connect.ts'
import type { Trust } from '../../../src/agent/sending/tls-trust.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Certificate, TlsFiles } from '../../../src/lib/tls/certificate.ts'
import { type Authority, makeAuthority, makeOwn } from '../../support/tls.ts'

const SECRET = 'open sesame'

/** Of the packets of `tryConnect`. */
let maxPayload: number | null = null

let folder: string
let own: Certificate
let expired: Certificate
let ca: Authority
let foreign: Authority
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-trust-'))
  own = await makeOwn(['localhost'])
  writeFileSync(join(folder, 'own.crt'), own.certificate)
  writeFileSync(join(folder, 'own.key'), own.key)
  expired = await makeOwn(['localhost'], -30, -1)
  ca = makeAuthority(folder, 'ours')
  foreign = makeAuthority(folder, 'foreign')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/**
 * Connects to a server that shows `files`. Returns its answer or the reason of the failure, and whether the
 * secret reached it.
 */
async function tryConnect(files: TlsFiles | null, tls: Trust | null, host = '127.0.0.1') {
  let seen = ''
  const server: TCPSocketListener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    ...(files !== null && { tls: { cert: files.certificate, key: files.key } }),
    socket: {
      data(socket: Socket, chunk: Buffer) {
        seen += chunk.toString('latin1')
        if (seen.endsWith('\n')) socket.write('well\n')
        else if (files === null) socket.end('what?\n')
      },
      error() {},
    },
  })
  const { promise, resolve } = Promise.withResolvers<string>()
  const events: ConnectionEvents = {
    opened: () => connection.write(`${SECRET}\n`),
    received: resolve,
    closed: resolve,
  }
  const connection = connect({
    server: { host, port: server.port, tls },
    maxPayload,
    clock: systemClock,
    events,
  })
  const outcome = await promise
  connection.close()
  await Bun.sleep(5)
  server.stop(true)
  return { outcome, isSecretSent: seen.includes(SECRET) }
}

const pin = (...fingerprints: string[]): Trust => ({ fingerprints, authorities: [] })
const authorities = (...pems: string[]): Trust => ({ fingerprints: null, authorities: pems })

describe.each([
  ['usual', null],
  ['small', 1140],
])('with %s packets', (_, payload) => {
  beforeAll(() => {
    maxPayload = payload
  })
  describe('an agent takes a server', () => {
    test('whose certificate it knows by fingerprint, among others that it would take', async () =>
      expect(await tryConnect(own, pin('0'.repeat(64), own.fingerprint))).toEqual({
        outcome: 'well',
        isSecretSent: true,
      }))
    test('that it knows by fingerprint, though its certificate has ended', async () =>
      expect(await tryConnect(expired, pin(expired.fingerprint), 'localhost')).toMatchObject({
        outcome: 'well',
      }))
    test('that it knows by fingerprint, though its certificate is for another name', async () => {
      const other = await makeOwn(['other.example'])
      expect(await tryConnect(other, pin(other.fingerprint), 'localhost')).toMatchObject({ outcome: 'well' })
    })
    test('for which a CA vouches that it knows, under its name or its address', async () => {
      const files = ca.issue('server', 'DNS:localhost,IP:127.0.0.1')
      expect(await tryConnect(files, authorities(ca.pem), 'localhost')).toMatchObject({ outcome: 'well' })
      expect(await tryConnect(files, authorities(foreign.pem, ca.pem))).toMatchObject({ outcome: 'well' })
    })
    test('whose own certificate is in its list of CAs', async () =>
      expect(await tryConnect(own, authorities(own.certificate), 'localhost')).toMatchObject({
        outcome: 'well',
      }))
  })

  describe('an agent sends its passphrase to no server', () => {
    async function expectRejection(attempt: ReturnType<typeof tryConnect>, words: RegExp) {
      const { outcome, isSecretSent } = await attempt
      expect(outcome).toMatch(words)
      expect(isSecretSent).toBe(false)
    }
    test('with another fingerprint, and says which one it found', async () =>
      expectRejection(
        tryConnect(own, pin('0'.repeat(64))),
        new RegExp(`another certificate .* ${own.fingerprint}`),
      ))
    test('with another fingerprint, though a CA vouches for it', async () =>
      expectRejection(
        tryConnect(ca.issue('vouched', 'DNS:localhost'), {
          fingerprints: [own.fingerprint],
          authorities: [ca.pem],
        }),
        /another certificate/,
      ))
    test('when it trusts no fingerprint at all', async () =>
      expectRejection(tryConnect(own, pin()), /another certificate/))
    test('that is self-signed, when a CA is required', async () =>
      expectRejection(tryConnect(own, authorities(ca.pem)), /not trusted: /))
    test('signed with itself, when no CA is known', async () =>
      expectRejection(tryConnect(own, authorities()), /not trusted/))
    test('for which a foreign CA vouches', async () =>
      expectRejection(
        tryConnect(foreign.issue('server', 'IP:127.0.0.1'), authorities(ca.pem)),
        /not trusted: no CA that is trusted here issued it/,
      ))
    test('whose certificate has ended', async () =>
      expectRejection(
        tryConnect(expired, authorities(expired.certificate), 'localhost'),
        /not trusted: it has expired/,
      ))
    test('whose certificate has not begun', async () => {
      const early = await makeOwn(['localhost'], 2, 30)
      await expectRejection(
        tryConnect(early, authorities(early.certificate), 'localhost'),
        /not trusted: it is not valid yet/,
      )
    })
    test('with a good certificate for another name', async () =>
      expectRejection(
        tryConnect(ca.issue('other', 'DNS:other.example'), authorities(ca.pem), 'localhost'),
        /it is for another name: DNS:other\.example/,
      ))
    test('with a good certificate for another address', async () =>
      expectRejection(
        tryConnect(ca.issue('away', 'IP:127.0.0.9'), authorities(ca.pem)),
        /it is for another name: (127\.0\.0\.9|away)/,
      ))
    test('that does not speak TLS', async () =>
      expectRejection(tryConnect(null, pin(own.fingerprint)), /does not speak TLS/))
  })
})

test('an agent sends nothing to a server that shows the right certificate without having its key', async () => {
  // A man in the middle who alters the server's signature: the same as if he had signed it himself.
  const server = Bun.spawn(
    [
      'openssl',
      's_server',
      '-accept',
      '127.0.0.1:0',
      '-tls1_2',
      '-cert',
      join(folder, 'own.crt'),
      '-key',
      join(folder, 'own.key'),
    ],
    { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' },
  )
  const port = await readAcceptPort(server.stdout)
  let spoilt = 0
  const between = Bun.listen<{ up: Promise<Socket> }>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(client) {
        const data = (_: Socket, chunk: Buffer) => {
          const bytes = Buffer.from(chunk)
          // The signature stands before the last 9 bytes of the first flight, of TLS 1.2.
          if (spoilt++ === 0) bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1
          client.write(bytes)
        }
        client.data = { up: Bun.connect({ hostname: '127.0.0.1', port, socket: { data, error() {} } }) }
      },
      async data(client, chunk) {
        const bytes = Buffer.from(chunk)
        ;(await client.data.up).write(bytes)
      },
      error() {},
    },
  })
  const { promise, resolve } = Promise.withResolvers<string>()
  const connection = connect({
    server: { host: '127.0.0.1', port: between.port, tls: pin(own.fingerprint) },
    clock: systemClock,
    events: { opened: () => resolve('opened'), received: resolve, closed: resolve },
  })
  expect(await promise).toMatch(/handshake failed/)
  expect(spoilt).toBeGreaterThan(0)
  connection.close()
  between.stop(true)
  server.kill()
  await server.exited
})

async function readAcceptPort(output: ReadableStream<Uint8Array>): Promise<number> {
  let said = ''
  for await (const chunk of output) {
    said += new TextDecoder().decode(chunk)
    const port = /^ACCEPT .*:(\d+)$/m.exec(said)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`openssl said ${said}`)
}

test('an agent that connects without TLS to a TLS port gets an error that says so', async () => {
  expect(await tryConnect(own, null)).toEqual({
    outcome: 'that port speaks TLS: leave tcp:// out, and say in agent.fingerprint how to know the server',
    isSecretSent: false,
  })
})
