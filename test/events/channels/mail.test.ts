import { afterEach, describe, expect, test } from 'bun:test'
import { createServer } from 'node:net'
import type { OpenChannel, SendError } from '../../../src/events/channels/channel.ts'
import { MAIL_TIMEOUTS, mail, openMail } from '../../../src/events/channels/mail.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { fakeClock } from '../../support/clock.ts'
import { type SmtpServer, type SmtpServerOptions, startSmtpServer } from '../../support/smtp-server.ts'
import { aNotification, anEvent, openWith } from './notification.ts'

const certificate = makeCertificate()
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

async function start(
  server: SmtpServerOptions = {},
  settings: Record<string, unknown> = {},
): Promise<{ server: SmtpServer; open: OpenChannel }> {
  const smtp = await startSmtpServer({ certificate, ...server })
  const { open } = openWith(mail, {
    server: '127.0.0.1',
    port: smtp.port,
    from: 'monitor@example.org',
    ...settings,
  })
  cleanups.push(() => open.close(), smtp.stop)
  return { server: smtp, open }
}

const failure = (sending: Promise<string>) =>
  sending.then(
    () => {
      throw new Error('it was sent')
    },
    (error: SendError) => error,
  )

describe('a mail', () => {
  test('arrives with subject, text and HTML, at several recipients, and answers what the server said', async () => {
    const { server, open } = await start()
    expect(await open.send(aNotification('ann@example.org, bob@example.org'))).toBe('250 2.0.0 taken as 1')
    const [received] = server.mails
    expect(received?.from).toBe('monitor@example.org')
    expect(received?.to).toEqual(['ann@example.org', 'bob@example.org'])
    const content = received?.content ?? ''
    expect(content.replace(/\n /g, ' ')).toContain(
      'Subject: [CRITICAL] web01: Memory 99.7 % (above 99 % for 15 min',
    )
    expect(content).toContain('Message-ID: <n-42@example.org>\n')
    expect(content).toContain('Auto-Submitted: auto-generated\n')
    expect(content).toContain('References: <event-7@example.org>\n')
    expect(content).toContain('To: ann@example.org, bob@example.org\n')
    expect(content).toContain('Content-Type: text/plain')
    expect(content).toContain('Content-Type: text/html')
    expect(content).toContain('Severity: critical')
  })

  test('goes to a mailbox of the mail server itself, which has no domain', async () => {
    const { server, open } = await start()
    await open.send(aNotification('Ann <ann@example.org>, root'))
    expect(server.mails[0]?.to).toEqual(['ann@example.org', 'root'])
    expect(server.mails[0]?.content).toContain('To: ann@example.org, <root>\n')
  })

  test('has the subject of the original where that is wanted, but for a digest', async () => {
    const { server, open } = await start({}, { subject: 'original' })
    await open.send(aNotification('ann@example.org'))
    await open.send(aNotification('ann@example.org', { events: [anEvent(), anEvent()] }))
    const subjects = server.mails.map(({ content }) => /^Subject: (.*)$/m.exec(content)?.[1])
    expect(subjects[0]).toBe('web01:perf.memory.percent.used:critical:open')
    expect(subjects[1]).toStartWith('[CRITICAL] web01')
  })

  test('sent again has the same Message-ID', async () => {
    const { server, open } = await start()
    await open.send(aNotification('ann@example.org'))
    await open.send(aNotification('ann@example.org'))
    expect(server.mails.map((one) => /^Message-ID: .*$/m.exec(one.content)?.[0])).toEqual([
      'Message-ID: <n-42@example.org>',
      'Message-ID: <n-42@example.org>',
    ])
  })

  test('carries letters of any script, and no header from a name', async () => {
    const { server, open } = await start()
    const event = anEvent({ host: 'größe\r\nBcc: all@example.org', message: 'Überlauf 磁盘' })
    await open.send(aNotification('ann@example.org', {}, event))
    const [header = '', body = ''] = (server.mails[0]?.content ?? '').split(/\n\n(.*)/s)
    expect(header).not.toMatch(/^Bcc/im)
    expect(body).toMatch(/=C3=9Cberlauf|Überlauf|w5xiZXJsYXVm/)
  })

  test('goes over one connection when many follow', async () => {
    const { server, open } = await start()
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => open.send(aNotification('ann@example.org', { id: `n-${i}` }))),
    )
    expect(server.mails.length).toBe(20)
    expect(server.connections()).toBeLessThanOrEqual(2)
  })

  test('says which recipients were refused, and fails for good when all were', async () => {
    const { server, open } = await start()
    expect(await open.send(aNotification('ann@example.org,nobody@example.org'))).toBe(
      '250 2.0.0 taken as 1 (refused: nobody@example.org)',
    )
    const error = await failure(open.send(aNotification('nobody@example.org')))
    expect(error.retry).toBe(false)
    expect(error.message).toContain('550 5.1.1 no such user')
    expect(error.message).toContain('check the addresses')
    expect(server.mails.length).toBe(1)
  })
})

describe('encryption', () => {
  const trusted = { ca: certificate.cert, server: 'localhost' }
  test.each<[string, SmtpServerOptions, Record<string, unknown>, boolean]>([
    ['off leaves a server that offers it alone', { tls: 'starttls' }, { tls: 'off' }, false],
    ['starttls is used', { tls: 'starttls' }, { tls: 'starttls', ...trusted }, true],
    ['always is there from the first byte', { tls: 'always' }, { tls: 'always', ...trusted }, true],
    ['auto takes it where it is offered', { tls: 'starttls' }, {}, true],
    ['auto goes without where it is not', {}, {}, false],
    [
      'auto goes without where it is offered and does not work',
      {
        tls: 'starttls',
        answer: (command: string) => (command === 'STARTTLS' ? '454 4.7.0 not just now' : null),
      },
      {},
      false,
    ],
  ])('%s', async (_, offered, settings, isEncrypted) => {
    const { server, open } = await start(offered, settings)
    await open.send(aNotification('ann@example.org'))
    expect(server.mails.map((one) => one.isEncrypted)).toEqual([isEncrypted])
  })

  test.each<[string, SmtpServerOptions, Record<string, unknown>]>([
    ['starttls sends nothing to a server without', {}, { tls: 'starttls' }],
    ['starttls trusts no certificate that nobody vouches for', { tls: 'starttls' }, { tls: 'starttls' }],
    ['always trusts no certificate that nobody vouches for', { tls: 'always' }, { tls: 'always' }],
    [
      'a password is not sent in the open',
      { user: { name: 'mon', password: 'geheim' } },
      { user: 'mon', password: 'geheim' },
    ],
  ])('%s', async (_, offered, settings) => {
    const { server, open } = await start(offered, settings)
    const error = await failure(open.send(aNotification('ann@example.org')))
    expect(error.retry).toBe(true)
    expect(error.message).toContain('check tls and ca_file')
    expect(server.mails).toEqual([])
  })
})

describe('signing in', () => {
  const user = { name: 'mon', password: 'sehr geheim' }

  test('works over TLS', async () => {
    const settings = { user: 'mon', password: 'sehr geheim', ca: certificate.cert, server: 'localhost' }
    const { server, open } = await start({ tls: 'starttls', user }, settings)
    await open.send(aNotification('ann@example.org'))
    expect(server.mails[0]).toMatchObject({ isEncrypted: true, user: 'mon' })
  })

  test('when it is rejected says what to do, tries again later and does not show the password', async () => {
    const { open } = await start({ user }, { user: 'mon', password: 'falsch123', tls: 'off' })
    const error = await failure(open.send(aNotification('ann@example.org')))
    expect(error.retry).toBe(true)
    expect(error.message).toContain('check user and password')
    expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain('falsch123')
  })
})

describe('trouble', () => {
  test('a server that is not there is tried again, and works once it is', async () => {
    const gone = await startSmtpServer()
    await gone.stop()
    const { open } = openWith(mail, { server: '127.0.0.1', port: gone.port })
    const error = await failure(open.send(aNotification('ann@example.org')))
    expect(error).toMatchObject({ name: 'SendError', retry: true })
    expect(error.message).toContain(`127.0.0.1:${gone.port}`)
    const back = await startSmtpServer({ port: gone.port })
    cleanups.push(() => open.close(), back.stop)
    await open.send(aNotification('ann@example.org'))
    expect(back.mails[0]?.from).toBe('monitor@mon01')
  })

  test.each([
    ['RCPT', '451 4.7.1 greylisted', true],
    ['DATA', '452 4.3.1 disk full', true],
    ['', '421 4.3.2 too many', true],
    ['MAIL', '553 5.1.8 sender not taken', true],
    ['MAIL', '550 5.7.1 sender refused', true],
    ['RCPT', '550 5.1.1 no such user', false],
    ['RCPT', '550 5.2.2 mailbox full', true],
    ['RCPT', '552 5.2.2 quota exceeded', true],
    ['RCPT', '554 5.7.1 relay denied', true],
    ['DATA', '554 5.6.0 content not taken', true],
    ['MAIL', '530 5.7.0 sign in first', true],
  ])('%p answered %p: try again %p', async (command, answer, retry) => {
    const { open } = await start({ answer: (line) => (line.split(' ')[0] === command ? answer : null) })
    const error = await failure(open.send(aNotification('ann@example.org')))
    expect({ retry: error.retry, code: error.message.includes(answer.slice(0, 3)) }).toEqual({
      retry,
      code: true,
    })
  })

  test('a server that says nothing is given up after a while, and the next mail begins anew', async () => {
    const clock = fakeClock()
    let isSilent = true
    const smtp = await startSmtpServer({
      answer: (line) => (isSilent && line.startsWith('MAIL') ? 'hang' : null),
    })
    const { open } = openWith(mail, { server: '127.0.0.1', port: smtp.port }, clock)
    cleanups.push(() => open.close(), smtp.stop)
    const sending = failure(open.send(aNotification('ann@example.org')))
    await clock.advance(540_000)
    expect(await sending).toMatchObject({
      retry: true,
      isUncertain: true,
      message: expect.stringContaining('within 540 seconds'),
    })
    isSilent = false
    await open.send(aNotification('ann@example.org'))
    expect(smtp.mails.length).toBe(1)
  })

  test('a digest that the server calls too large is to be split', async () => {
    const { open } = await start({
      answer: (line) => (line.startsWith('MAIL') ? '552 5.3.4 too large' : null),
    })
    expect(await failure(open.send(aNotification('ann@example.org')))).toMatchObject({ isTooLarge: true })
  })

  test('so is one that is longer than the server says it takes, before it is sent', async () => {
    let size = 5000
    const { server, open } = await start({
      answer: (line) => (line.startsWith('EHLO') ? `250-localhost\r\n250 SIZE ${size}` : null),
    })
    const long = aNotification('ann@example.org', {
      words: { ...aNotification('').words, text: 'ä'.repeat(5000) },
    })
    expect(await failure(open.send(long))).toMatchObject({ isTooLarge: true })
    expect(server.mails).toEqual([])
    size = 100_000
    open.close()
    await open.send(long)
    expect(server.mails).toHaveLength(1)
  })

  test('a server may take longer to greet than to be connected to: up to a minute', async () => {
    expect(MAIL_TIMEOUTS).toMatchObject({ connectMs: 30_000, greetingMs: 60_000 })
    const mails: string[] = []
    const slow = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      setTimeout(() => socket.write('220 at last\r\n'), 600)
      let isData = false
      socket.on('data', (bytes) => {
        const text = bytes.toString()
        if (isData) mails.push(text)
        if (!isData || text.endsWith('\r\n.\r\n'))
          socket.write(text.startsWith('DATA') ? '354 go\r\n' : '250 ok\r\n')
        isData ||= text.startsWith('DATA')
      })
    })
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
    const address = slow.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    // The greeting comes later than a connection may take, as after 32 seconds in service.
    const timeouts = { ...MAIL_TIMEOUTS, connectMs: 300, greetingMs: 20_000 }
    const hasty: typeof mail = {
      ...mail,
      open: (settings, tools) => openMail(settings.mail, tools, timeouts),
    }
    const { open } = openWith(hasty, { server: '127.0.0.1', port, from: 'monitor@example.org' })
    cleanups.push(
      () => open.close(),
      () => slow.close(),
    )
    expect(await open.send(aNotification('ann@example.org'))).toBe('250 ok')
    expect(mails.join('')).toContain('Subject: ')
  })

  test('it says the name of the settings in its greeting', async () => {
    const greetings: string[] = []
    const { open } = await start(
      {
        answer: (line) => {
          if (line.startsWith('EHLO')) greetings.push(line)
          return null
        },
      },
      { hello: 'monitor.example.org' },
    )
    await open.send(aNotification('ann@example.org'))
    expect(greetings[0]).toBe('EHLO monitor.example.org')
  })

  test('it says no name without a domain in its greeting', async () => {
    const greetings: string[] = []
    const { open } = await start({
      answer: (line) => {
        if (line.startsWith('EHLO')) greetings.push(line)
        return null
      },
    })
    await open.send(aNotification('ann@example.org'))
    expect(greetings[0]).toMatch(/^EHLO (\[127\.0\.0\.1\]|\S+\.\S+)$/)
  })

  test('a connection that the server closed between two mails costs nothing', async () => {
    const { server, open } = await start()
    await open.send(aNotification('ann@example.org'))
    const { port } = server
    await server.stop()
    const again = await startSmtpServer({ port })
    cleanups.push(again.stop)
    await open.send(aNotification('ann@example.org'))
    expect(again.mails.length).toBe(1)
  })

  test('without a server it says what is missing', async () => {
    const { open } = openWith(mail)
    expect(await failure(open.send(aNotification('ann@example.org')))).toMatchObject({
      retry: true,
      message: 'mail is not set up: set mail.server in the configuration',
    })
  })
})

test.each([
  ['ann@example.org', true],
  ['ann@example.org, bob@localhost', true],
  ['ann+x@sub.example.org', true],
  ['ann', false],
  ['', false],
  ['ann@example.org,', false],
  ['Ann <ann@example.org>', true],
  ['"Ann, on call" <ann@example.org>', false],
  ['root', true],
  ['Ann <ann>', false],
  ['ann@example.org\r\nBcc: x@y', false],
  ['a b@example.org', false],
])('the target %p is taken: %p', (target, expected) => {
  expect(mail.checkTarget(target) === null).toBe(expected)
})
