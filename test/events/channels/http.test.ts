import { afterEach, describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { Ajv } from 'ajv'
import type { OpenChannel, SendError } from '../../../src/events/channels/channel.ts'
import { HTTP_LIMIT_MS } from '../../../src/events/channels/http.ts'
import { CHANNELS, findChannel } from '../../../src/events/channels/index.ts'
import { log } from '../../../src/events/channels/log.ts'
import { ntfy } from '../../../src/events/channels/ntfy.ts'
import { slack } from '../../../src/events/channels/slack.ts'
import { telegram } from '../../../src/events/channels/telegram.ts'
import schema from '../../../src/events/channels/webhook.schema.json'
import { webhook } from '../../../src/events/channels/webhook.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeOwn } from '../../support/tls.ts'
import { aNotification, anEvent, openWith } from './notification.ts'

type Received = { path: string; headers: Headers; body: string; json: Record<string, unknown> }

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

/** A receiver on the loopback interface that keeps what it is sent. */
function receive(answer: (request: Received) => Response = () => new Response('ok')) {
  const received: Received[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const body = await request.text()
      const { pathname, search } = new URL(request.url)
      const json = JSON.parse(body) as Record<string, unknown>
      const one = { path: pathname + search, headers: request.headers, body, json }
      received.push(one)
      return answer(one)
    },
  })
  cleanups.push(() => server.stop(true))
  return { received, address: `http://127.0.0.1:${server.port}`, host: `127.0.0.1:${server.port}` }
}

const failure = (sending: Promise<string>) =>
  sending.then(
    () => {
      throw new Error('it was sent')
    },
    (error: SendError) => error,
  )

describe('a webhook', () => {
  test('is posted as JSON with an idempotency key and its own headers', async () => {
    const { received, address } = receive(() => new Response('thank\nyou'))
    const headers = ['X-Team: operations', 'Authorization: Bearer abc']
    const { open } = openWith(webhook, { headers, origins: [address] })
    expect(await open.send(aNotification(`${address}/hook?a=1`))).toBe('200')
    const [one] = received
    expect(one?.path).toBe('/hook?a=1')
    expect(one?.headers.get('content-type')).toBe('application/json')
    expect(one?.headers.get('idempotency-key')).toBe('n-42')
    expect(one?.headers.get('x-team')).toBe('operations')
    expect(one?.headers.get('authorization')).toBe('Bearer abc')
    expect(one?.headers.get('x-monitor-signature')).toBe(null)
    expect(one?.json).toMatchObject({
      id: 'n-42',
      kind: 'opening',
      version: 1,
      subject: '[CRITICAL] web01: Memory 99.7 % (above 99 % for 15 min & <counting>)',
      rule: 'On call',
      link: null,
      events: [
        {
          id: 7,
          host: 'web01',
          metric: 'perf.memory.percent.used',
          severity: 1,
          severity_name: 'critical',
          status: 'open',
          message: 'Memory percent used > 99 for 15 minutes & <counting>',
          sentence: 'Memory 99.7 % (above 99 % for 15 min & <counting>)',
          value: 99.5,
          current: 99.7,
          groups: ['web'],
          opened: 1767268800,
          closed: null,
          acknowledged_by: null,
        },
      ],
    })
  })

  test('fits its schema, whatever it reports', async () => {
    const { received, address } = receive()
    const { open } = openWith(webhook)
    const link = 'https://monitor.example.org/events/7'
    const gone = { value: null, current: null, groups: [], message: 'a sentence' }
    const events = [
      anEvent({ message: 'Memory percent used > 99 for 15 minutes' }),
      anEvent({ ...gone, host: '3 hosts', members: ['a', 'b', 'c'] }),
      anEvent({ status: 'closed', closed: 1767268860, acknowledgedBy: 'ann', severity: 4 }),
    ]
    await open.send(aNotification(address, { link }, events[0]))
    await open.send(aNotification(address, { kind: 'digest', events, rule: null, link: `${link}/..` }))
    await open.send(aNotification(address, { kind: 'test', events: [], rule: null }))
    const fits = new Ajv().compile(schema)
    for (const { json } of received)
      expect({ fits: fits(json), errors: fits.errors }).toEqual({ fits: true, errors: null })
    expect(received).toHaveLength(3)
    expect(received[0]?.json).toMatchObject({
      events: [{ link, threshold: { compare: '>', value: 99, duration: 900 } }],
    })
    // The schema names all that there is: a name that is missing, or one too many, does not fit.
    const { version: _, ...rest } = received[0]?.json ?? {}
    expect([fits(rest), fits({ ...rest, version: 1, more: 1 }), fits({ ...rest, version: 2 })]).toEqual([
      false,
      false,
      false,
    ])
  })

  test('is signed over the very bytes of the body', async () => {
    const { received, address } = receive()
    await openWith(webhook, { secret: 'geheim', origins: [address] }).open.send(aNotification(address))
    const [one] = received
    const expected = createHmac('sha256', 'geheim')
      .update(one?.body ?? '')
      .digest('hex')
    expect(one?.headers.get('x-monitor-signature')).toBe(`sha256=${expected}`)
  })

  test('signs in with the name and password of its address', async () => {
    const { received, host } = receive()
    await openWith(webhook).open.send(aNotification(`http://ann:p%40ss@${host}/`))
    expect(received[0]?.headers.get('authorization')).toBe(`Basic ${btoa('ann:p@ss')}`)
  })

  test.each([
    [500, true, null],
    [503, true, null],
    [429, true, null],
    [408, true, null],
    [400, true, null],
    [401, true, 'check the sign-in'],
    [404, true, 'check the address'],
    [302, true, 'it points elsewhere'],
  ])('answered %p: try again %p', async (status, retry, advice) => {
    const { received, address } = receive(
      () => new Response('no', { status, headers: { location: '/elsewhere' } }),
    )
    const error = await failure(openWith(webhook).open.send(aNotification(address)))
    expect(error.retry).toBe(retry)
    expect(error.message).toContain(`answered ${status}`)
    expect(error.message).not.toContain('no')
    if (advice !== null) expect(error.message).toContain(advice)
    expect(received.length).toBe(1)
  })

  test.each([
    ['120', 120],
    ['99999999', 86400],
    ['Thu, 01 Jan 2026 00:02:00 GMT', 120],
    ['Thu, 01 Jan 2015 00:02:00 GMT', 0],
    ['soon', null],
  ])('asked to wait %p it passes on %p', async (header, expected) => {
    const { address } = receive(() => new Response('', { status: 429, headers: { 'retry-after': header } }))
    const { open } = openWith(webhook, {}, fakeClock())
    expect((await failure(open.send(aNotification(address)))).retryAfter).toBe(expected)
  })

  test('shows no secret from address, headers or settings, even when the receiver repeats them', async () => {
    const { address, host } = receive(
      () =>
        new Response('no /hook/T0PSECRET ?key=QUERYSECRET Bearer HEADERSECRET SIGNSECRET pw', {
          status: 403,
        }),
    )
    const { open } = openWith(webhook, {
      headers: ['Authorization: Bearer HEADERSECRET'],
      secret: 'SIGNSECRET',
      origins: [address],
    })
    const target = `${address.replace('//', '//u:pw@')}/hook/T0PSECRET?key=QUERYSECRET`
    const error = await failure(open.send(aNotification(target)))
    expect(error.message).toBe(`${host} answered 403; check the sign-in`)
  })

  test('reads a bounded part of an endless answer', async () => {
    const { address } = receive(
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              controller.enqueue(new TextEncoder().encode('x'.repeat(1000)))
            },
          }),
        ),
    )
    expect((await openWith(webhook).open.send(aNotification(address))).length).toBeLessThan(600)
  })

  test('a receiver that does not exist is tried again, and its address is not shown', async () => {
    const { open } = openWith(webhook)
    const error = await failure(open.send(aNotification('http://127.0.0.1:1/SECRETPATH')))
    expect(error.retry).toBe(true)
    expect(error.message).toStartWith("127.0.0.1:1 can't be reached: ")
    expect(error.message).not.toContain('SECRETPATH')
  })

  test('a receiver that does not answer within a minute may have taken it', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => silent.close())
    const clock = fakeClock()
    const { open } = openWith(webhook, {}, clock)
    const { port } = silent.address() as { port: number }
    const sending = failure(open.send(aNotification(`http://127.0.0.1:${port}/`)))
    await clock.advance(HTTP_LIMIT_MS)
    expect(await sending).toMatchObject({
      retry: true,
      isUncertain: true,
      message: `127.0.0.1:${port} did not answer within 60 seconds`,
    })
  })
})

describe('which addresses a user may enter', () => {
  const refusedFor = async (host: string, allowed: readonly string[] = []) => {
    const { open } = openWith(webhook, {}, systemClock, allowed)
    return (await failure(open.send(aNotification(`http://${host}:1/`)))).message
  }

  test.each([
    '127.0.0.1',
    '127.9.9.9',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '[::]',
    '169.254.169.254',
    '[fe80::1]',
    '2130706433',
    '0x7f.1',
    'localhost',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1:ffff::a9fe:a9fe]',
  ])('%s is this machine, its link or its metadata, and is asked for nothing', async (host) => {
    expect(await refusedFor(host)).toContain('notifications.allow_addresses')
  })

  test('what this machine is called in its networks is asked for nothing either', async () => {
    const own = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, address }) => !internal && !address.startsWith('fe80'))
      .map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))
    for (const host of own) expect(await refusedFor(host)).toContain('notifications.allow_addresses')
  })

  test('an address that is allowed, and a private one, are not refused', async () => {
    expect(await refusedFor('127.0.0.1', ['127.0.0.0/8'])).toContain("can't be reached")
    expect(await refusedFor('127.0.0.1', ['127.0.0.2'])).toContain('notifications.allow_addresses')
    const { received, address } = receive()
    await openWith(slack).open.send(aNotification(address.replace('127.0.0.1', 'localhost')))
    expect(received[0]?.headers.get('host')).toBe(address.replace('http://127.0.0.1', 'localhost'))
  })

  test('nothing of what is secret goes to an origin that the configuration does not name', async () => {
    const { received, address } = receive()
    const origins = [address.replace('127.0.0.1', 'localhost'), 'https://example.org']
    const settings = { headers: ['X-Team: operations'], secret: 'geheim', origins }
    await openWith(webhook, settings).open.send(aNotification(`${address}/hook`))
    await openWith(ntfy, { token: 'tk_abc' }).open.send(aNotification(`${address}/alerts`))
    for (const { headers } of received)
      for (const name of ['x-team', 'x-monitor-signature', 'authorization'])
        expect(headers.get(name)).toBe(null)
    expect(received).toHaveLength(2)
  })

  test('a receiver over TLS is checked by its name, and by the certificates of the channel', async () => {
    const { certificate, key } = await makeOwn(['localhost'])
    const hosts: (string | null)[] = []
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: { cert: certificate, key },
      fetch(request) {
        hosts.push(request.headers.get('host'))
        return new Response('ok')
      },
    })
    cleanups.push(() => server.stop(true))
    const send = (host: string, ca: string | null) =>
      openWith(webhook, { ca }).open.send(aNotification(`https://${host}:${server.port}/`))
    expect(await send('localhost', certificate)).toBe('200')
    expect(hosts).toEqual([`localhost:${server.port}`])
    expect((await failure(send('localhost', null))).message).toContain("can't be reached")
    // Resolves to the same address, and is not what the certificate is for.
    expect((await failure(send('localhost.localdomain', certificate))).retry).toBe(true)
    expect(hosts).toHaveLength(1)
    const target = aNotification(`https://localhost:${server.port}/alerts`)
    for (const open of [openWith(slack, { ca: certificate }).open, openWith(ntfy, { ca: certificate }).open])
      expect(await open.send(target)).toBe('200')
    for (const { open } of [openWith(slack, { ca: null }), openWith(ntfy, { ca: null })])
      expect((await failure(open.send(target))).message).toContain("can't be reached")
  })
})

describe('a slow receiver', () => {
  test('that answers 200 after twelve seconds has taken it', async () => {
    const clock = fakeClock()
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<Response>()
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch() {
        asked.resolve()
        return answer.promise
      },
    })
    cleanups.push(() => server.stop(true))
    const { open } = openWith(webhook, {}, clock)
    const sending = open.send(aNotification(`http://127.0.0.1:${server.port}/`))
    await asked.promise
    await clock.advance(12_000)
    answer.resolve(new Response('at last'))
    expect(await sending).toBe('200')
  })

  test('whose 200 is followed by a body that hangs has taken it', async () => {
    const clock = fakeClock()
    const { address } = receive(
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode('begun ')),
          }),
        ),
    )
    const sending = openWith(webhook, {}, clock).open.send(aNotification(address))
    const isOver = sending.then(() => true)
    while (!(await Promise.race([isOver, Bun.sleep(5).then(() => false)]))) await clock.advance(1000)
    expect(await sending).toBe('200')
    expect(clock.monotonicMs()).toBeLessThan(60_000)
  })
})

test('a digest of more than 64 KiB is not posted but split', async () => {
  const { received, address } = receive()
  const events = Array.from({ length: 400 }, (_, id) => anEvent({ id, message: 'm'.repeat(200) }))
  const { open } = openWith(webhook)
  expect(await failure(open.send(aNotification(address, { events })))).toMatchObject({ isTooLarge: true })
  expect(received).toEqual([])
  const one = aNotification(address, { events: [anEvent({ message: 'm'.repeat(100_000) })] })
  expect(await open.send(one)).toBe('200')
})

describe('Slack and compatible receivers', () => {
  const send = async (
    notification: ReturnType<typeof aNotification>,
    open: OpenChannel = openWith(slack).open,
  ) => open.send(notification)

  test('get a text and an attachment in the colour of the severity', async () => {
    const { received, address } = receive()
    await send(aNotification(`${address}/services/T0/B0/x`, { link: 'https://monitor.example.org/events/7' }))
    expect(received[0]?.json).toMatchObject({
      text: '[CRITICAL] web01: Memory 99.7 % (above 99 % for 15 min &amp; &lt;counting&gt;)',
      attachments: [{ color: '#D9534F', title_link: 'https://monitor.example.org/events/7' }],
    })
    expect(received[0]?.body).toContain('15 min &amp; &lt;counting&gt;')
  })

  test('get a closing in green', async () => {
    const { received, address } = receive()
    await send(aNotification(address, {}, anEvent({ status: 'closed', closed: 1767268900 })))
    expect(received[0]?.json).toMatchObject({ attachments: [{ color: '#5CB85C' }] })
  })

  test('get no mention of everybody out of a message', async () => {
    const { received, address } = receive()
    await send(aNotification(address, {}, anEvent({ message: '<!channel> hello' })))
    expect(received[0]?.body).not.toContain('<!channel>')
  })

  test('get no more than they take', async () => {
    const { received, address } = receive()
    await send(aNotification(address, {}, anEvent({ message: 'x'.repeat(20_000) })))
    expect(received[0]?.body.length).toBeLessThan(8000)
  })
})

describe('ntfy', () => {
  test('gets topic, title, priority and token', async () => {
    const { received, address } = receive()
    const { open } = openWith(ntfy, { token: 'tk_abc', origins: [address] })
    await open.send(aNotification(`${address}/base/alerts`, { link: 'https://m.example.org/events/7' }))
    expect(received[0]?.path).toBe('/base')
    expect(received[0]?.headers.get('authorization')).toBe('Bearer tk_abc')
    expect(received[0]?.json).toMatchObject({
      topic: 'alerts',
      title: '[CRITICAL] web01: Memory 99.7 % (above 99 % for 15 min & <counting>)',
      priority: 5,
      tags: ['rotating_light'],
      click: 'https://m.example.org/events/7',
    })
  })

  test('gets no more bytes than it takes, and whole letters', async () => {
    const { received, address } = receive()
    await openWith(ntfy).open.send(aNotification(`${address}/a`, {}, anEvent({ host: '磁'.repeat(5000) })))
    const message = String(received[0]?.json.message)
    expect(Buffer.from(message).length).toBeLessThanOrEqual(4000)
    expect(message).toMatch(/^Host: 磁+…$/)
  })

  test.each([
    ['https://ntfy.sh/alerts', true],
    ['https://ntfy.sh/', false],
    ['https://ntfy.sh', false],
    ['alerts', false],
  ])('the target %p is taken: %p', (target, expected) => {
    expect(ntfy.checkTarget(target) === null).toBe(expected)
  })
})

describe('telegram', () => {
  test('gets a text for a chat', async () => {
    const { received, address } = receive(() => Response.json({ ok: true, result: { text: 'long' } }))
    const { open } = openWith(telegram, { token: '123:abc', address: `${address}/` })
    expect(await open.send(aNotification('-100123'))).toBe('200 sent')
    expect(received[0]?.path).toBe('/bot123:abc/sendMessage')
    expect(received[0]?.json.chat_id).toBe('-100123')
    expect(String(received[0]?.json.text)).toStartWith(
      '[CRITICAL] web01: Memory 99.7 % (above 99 % for 15 min & <counting>)\n\nHost: web01\n',
    )
  })

  test('reports the reason of a rejection without the token', async () => {
    const { address } = receive(() =>
      Response.json({ ok: false, description: 'Unauthorized for 123:abc' }, { status: 401 }),
    )
    const error = await failure(
      openWith(telegram, { token: '123:abc', address }).open.send(aNotification('1')),
    )
    expect(error.message).toContain('Unauthorized')
    expect(error.message).not.toContain('123:abc')
  })

  test('gets a topic of a chat, and follows a chat that got a new number', async () => {
    const answers = [
      () =>
        Response.json(
          { ok: false, description: 'upgraded', parameters: { migrate_to_chat_id: -1001234567890 } },
          { status: 400 },
        ),
      () => Response.json({ ok: true }),
    ]
    const { received, address } = receive(() => answers.shift()?.() ?? new Response('', { status: 500 }))
    const { open } = openWith(telegram, { token: '1:a', address })
    expect(await open.send(aNotification('-123/77'))).toBe('200 sent')
    expect(received.map(({ json }) => [json.chat_id, json.message_thread_id])).toEqual([
      ['-123', 77],
      ['-1001234567890', 77],
    ])
    expect(telegram.checkTarget('-100123/77')).toBe(null)
    expect(telegram.checkTarget('-100123/')).not.toBe(null)
  })

  test('is left alone for as long as it asks in its own words', async () => {
    const { address } = receive(() =>
      Response.json({ ok: false, parameters: { retry_after: 35 } }, { status: 429 }),
    )
    const { open } = openWith(telegram, { token: '1:a', address })
    expect(await failure(open.send(aNotification('1')))).toMatchObject({ retry: true, retryAfter: 35 })
  })

  test('is left alone too when only the new number of its chat asks for it', async () => {
    const { address } = receive(({ json }) =>
      Response.json(
        {
          ok: false,
          parameters: json.chat_id === '-1' ? { migrate_to_chat_id: -1002 } : { retry_after: 35 },
        },
        { status: json.chat_id === '-1' ? 400 : 429 },
      ),
    )
    const { open } = openWith(telegram, { token: '1:a', address })
    expect(await failure(open.send(aNotification('-1')))).toMatchObject({ retry: true, retryAfter: 35 })
  })

  test('without a token it says what is missing', async () => {
    expect(await failure(openWith(telegram).open.send(aNotification('1')))).toMatchObject({
      retry: true,
      message: expect.stringContaining('telegram.token'),
    })
  })
})

test('the log gets one line for a notification', async () => {
  const { open, lines } = openWith(log)
  expect(await open.send(aNotification(''))).toBe('logged')
  expect(lines.length).toBe(1)
  expect(lines[0]).toContain('notification subject="[CRITICAL] web01: Memory 99.7 %')
  expect(lines[0]).toContain('rule="On call"')
})

describe('the list of channels', () => {
  test('finds each by its name, which no other has', () => {
    const names = CHANNELS.map((channel) => channel.name)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toContain('mail')
    for (const channel of CHANNELS) expect(findChannel(channel.name)).toBe(channel)
    expect(findChannel('pigeon')).toBe(null)
  })

  test('no channel takes a target that is not its own', async () => {
    for (const channel of CHANNELS.filter(({ name }) => name !== 'log')) {
      expect(channel.checkTarget('no such thing')).not.toBe(null)
      expect(channel.checkTarget('')).not.toBe(null)
    }
    expect(await failure(openWith(webhook).open.send(aNotification('file:///etc/passwd')))).toMatchObject({
      retry: false,
    })
  })
})
