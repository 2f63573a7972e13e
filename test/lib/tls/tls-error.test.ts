import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { connect } from '../../../src/agent/sending/connect.ts'
import type { SendError } from '../../../src/events/channels/channel.ts'
import { mail } from '../../../src/events/channels/mail.ts'
import { ntfy } from '../../../src/events/channels/ntfy.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { describeError } from '../../../src/lib/log.ts'
import { runCheck } from '../../agent/checks/harness.ts'
import { aNotification, openWith } from '../../events/channels/notification.ts'
import { type Authority, makeAuthority, makeOwn } from '../../support/tls.ts'

let folder: string
let ca: Authority
const servers: Server[] = []
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-tls-error-'))
  ca = makeAuthority(folder, 'ca')
})
afterAll(() => {
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const startTls = (options: TlsOptions) =>
  listen(
    createTlsServer(options, (socket) => socket.on('error', () => {}).end()).on('tlsClientError', () => {}),
  )

/** Answers whatever comes first with these bytes. */
const startRaw = (bytes: Buffer) =>
  listen(
    createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(bytes))
    }),
  )

/** A fatal alert of TLS, as a server sends it in answer to the first message (RFC 8446 6.2). */
const alert = (code: number) => Buffer.from([0x15, 3, 3, 0, 2, 2, code])

/** What the agent's log says of a server that a CA vouches for, without its advice. */
function askAsAgent(port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const tls = { fingerprints: null, authorities: [ca.pem] }
  connect({
    server: { host: 'localhost', port, tls },
    clock: systemClock,
    events: { opened() {}, received: resolve, closed: resolve },
  })
  return promise.then((reason) => reason.replace(/ \(agent\.fingerprint says .*/, ''))
}

async function askAsCheck(port: number, trusted: string): Promise<string> {
  const caFile = join(folder, 'trusted.pem')
  writeFileSync(caFile, trusted)
  const target = `localhost:${port}`
  return (await runCheck({ kind: 'tls', target, ipVersion: '4', caFile })).reason ?? 'good'
}

const failure = (sending: Promise<string>) =>
  sending.then(
    () => 'it was sent',
    (error: SendError) => error.message,
  )

function askAsMail(port: number, more: object): Promise<string> {
  const settings = {
    server: 'localhost',
    port,
    from: 'monitor@example.org',
    tls: 'always',
    ca: ca.pem,
    ...more,
  }
  const { open } = openWith(mail, settings as Parameters<typeof openWith<'mail', typeof mail.fields>>[1])
  return failure(open.send(aNotification('ann@example.org'))).finally(() => open.close())
}

const OTHER_NAME =
  /it is for another name: DNS:other\.example \(|it is for another name \(ERR_TLS_CERT_ALTNAME_INVALID\)$/
const BY_NO_CA =
  /no CA that is trusted here issued it: .* \((UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to verify .*)\)/

describe('a certificate that is refused is said in plain words, with the library’s word behind', () => {
  const own = (begins: number, ends: number) => async () => {
    const { key, certificate } = await makeOwn(['localhost'], begins, ends)
    return { key, certificate, trusted: certificate }
  }
  const cases: [string, () => Promise<{ key: string; certificate: string; trusted: string }>, RegExp][] = [
    ['of no CA that is known', async () => ({ ...(await own(-1, 5)()), trusted: ca.pem }), BY_NO_CA],
    ['expired', own(-10, -1), /it has expired \((CERT_HAS_EXPIRED|certificate has expired)\)/],
    ['of tomorrow', own(1, 5), /it is not valid yet: compare the clocks of both machines \(/],
    [
      'for another name',
      async () => ({ ...ca.issue('other', 'DNS:other.example'), trusted: ca.pem }),
      OTHER_NAME,
    ],
  ]
  test.each(cases)('%s', async (_, make, words) => {
    const { key, certificate, trusted } = await make()
    const port = await startTls({ key, cert: certificate })
    const checked = await askAsCheck(port, trusted)
    expect(checked).toMatch(words)
    expect(checked).toStartWith('the certificate is not trusted: ')
    const mailed = await askAsMail(port, { ca: trusted })
    expect(mailed).toMatch(words)
    expect(mailed).toEndWith('; check tls and ca_file in the section [mail]')
    const fetched = await fetch(`https://localhost:${port}/`, { tls: { ca: trusted } }).then(
      () => 'no error',
      describeError,
    )
    expect(fetched).toMatch(words)
    if (trusted !== ca.pem) return
    const sent = await askAsAgent(port)
    expect(sent).toMatch(words)
    expect(sent).toStartWith("the server's certificate is not trusted: ")
  })
})

describe('a handshake that fails is said in plain words, with the library’s word behind', () => {
  const cases: [string, number, string][] = [
    ['close_notify', 0, 'the other side closed the connection (SSLV3_ALERT_CLOSE_NOTIFY)'],
    [
      'handshake_failure',
      40,
      'no cipher or key that both sides take, or the other side demands a certificate of ours (SSLV3_ALERT_HANDSHAKE_FAILURE)',
    ],
    ['bad_certificate', 42, 'the other side refuses our certificate (SSLV3_ALERT_BAD_CERTIFICATE)'],
    [
      'certificate_expired',
      45,
      'the other side refuses our certificate as expired (SSLV3_ALERT_CERTIFICATE_EXPIRED)',
    ],
    ['certificate_unknown', 46, 'the other side refuses our certificate (SSLV3_ALERT_CERTIFICATE_UNKNOWN)'],
    ['unknown_ca', 48, 'the other side does not trust the CA of our certificate (TLSV1_ALERT_UNKNOWN_CA)'],
    [
      'protocol_version',
      70,
      'no version of TLS that both sides speak; 1.2 and 1.3 are spoken here (TLSV1_ALERT_PROTOCOL_VERSION)',
    ],
    ['internal_error', 80, 'the other side reports an internal error (TLSV1_ALERT_INTERNAL_ERROR)'],
    [
      'unrecognized_name',
      112,
      'the other side has no certificate for that name (TLSV1_ALERT_UNRECOGNIZED_NAME)',
    ],
    // One that the table does not know is at least not a line of the library's source.
    ['decrypt_error', 51, 'TLSV1_ALERT_DECRYPT_ERROR'],
  ]
  test.each(cases)('%s', async (_, code, words) => {
    const port = await startRaw(alert(code))
    expect(await askAsCheck(port, ca.pem)).toBe(`the TLS handshake failed: ${words}`)
    expect(await askAsAgent(port)).toBe(`the TLS handshake failed: ${words}`)
    expect(await askAsMail(port, {})).toContain(`the TLS handshake failed: ${words}; check tls`)
  })

  test('a server that demands a certificate, which TLS 1.3 says after the handshake', async () => {
    const { key, certificate } = ca.issue('strict', 'DNS:localhost')
    const port = await startTls({
      key,
      cert: certificate,
      ca: ca.pem,
      requestCert: true,
      rejectUnauthorized: true,
    })
    const words = 'the other side demands a certificate of ours, which is not supported'
    expect(await askAsMail(port, {})).toContain(`${words} (TLSV1_ALERT_CERTIFICATE_REQUIRED)`)
  })
})

describe('a port of the other kind', () => {
  test('plain HTTP or SMTP where TLS is expected', async () => {
    for (const text of ['HTTP/1.1 400 Bad Request\r\n\r\n', '220 mx.example.org ESMTP\r\n']) {
      const port = await startRaw(Buffer.from(text))
      expect(await askAsCheck(port, ca.pem)).toBe('the server does not speak TLS there')
      expect(await askAsAgent(port)).toContain('that port does not speak TLS')
      expect(await askAsMail(port, {})).toContain('that port does not speak TLS (WRONG_VERSION_NUMBER)')
      const { open } = openWith(ntfy, {})
      const said = await failure(open.send(aNotification(`https://localhost:${port}/topic`)))
      expect(said).toContain('that port may not speak TLS, or refuses ours (')
      open.close()
    }
  })

  test('TLS where plain HTTP is expected', async () => {
    const { key, certificate } = ca.issue('reverse', 'DNS:localhost')
    const port = await startTls({ key, cert: certificate })
    const { reason } = await runCheck({ kind: 'http', target: `http://127.0.0.1:${port}/` })
    expect(reason).toBe(
      'the server closed without an answer; if it speaks TLS, the target begins with https://',
    )
    const alerting = await startRaw(alert(70))
    expect((await runCheck({ kind: 'http', target: `http://127.0.0.1:${alerting}/` })).reason).toBe(
      'that port speaks TLS: the target has to begin with https://',
    )
    const { open } = openWith(ntfy, {})
    const said = await failure(open.send(aNotification(`http://127.0.0.1:${port}/topic`)))
    expect(said).toBe(
      `127.0.0.1:${port} can't be reached: the connection was closed before an answer came; ` +
        'if it speaks TLS, the address begins with https://',
    )
    open.close()
  })
})
