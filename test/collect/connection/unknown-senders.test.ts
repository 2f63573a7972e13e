import { afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { UnknownSenders } from '../../../src/collect/connection/unknown-senders.ts'
import type { Reason } from '../../../src/collect/rejections.ts'
import { parseAddressRange } from '../../../src/lib/address-range.ts'
import type { Certificate } from '../../../src/lib/tls/certificate.ts'
import { type FakeClock, fakeClock } from '../../support/clock.ts'
import { makeOwn } from '../../support/tls.ts'
import { aPacket, Client, NOW, PASSPHRASE, type Rig, startRig, waitFor } from '../harness.ts'

let rig: Rig | null = null
let clock: FakeClock
let certificate: Certificate
beforeAll(async () => {
  certificate = await makeOwn(['localhost'])
})
afterEach(async () => {
  await rig?.engine.stop()
  rig = null
})

const batch = (id: number) =>
  `${JSON.stringify({ v: 1, id, host: 'web01', passphrase: PASSPHRASE, layout: 0, metrics: ['a'], frames: [[NOW - id, 1]] })}\n`

const ranges = (...texts: string[]) => texts.flatMap((text) => parseAddressRange(text) ?? [])

describe('of the unknown senders', () => {
  const aSender = (address: string, refused: string[]) => ({
    address,
    refuse: (reason: Reason) => void refused.push(`${reason} ${address}`),
  })

  test('the oldest of a network goes when there are too many of it; an IPv6 network is a /64', () => {
    const refused: string[] = []
    const senders = new UnknownSenders(2)
    for (const address of [
      '2001:db8::1',
      '2001:db8::2',
      '10.0.0.1',
      '2001:db8:0:1::1',
      '2001:db8::3',
      '::ffff:10.0.0.1',
    ])
      senders.add(aSender(address, refused))
    expect(refused).toEqual(['connections 2001:db8::1'])
    senders.add(aSender('10.0.0.1', refused))
    expect(refused[1]).toBe('connections 10.0.0.1')
    expect(senders.size).toBe(5)
  })

  test('the oldest of all goes for want of room, until none is left', () => {
    const refused: string[] = []
    const senders = new UnknownSenders(1)
    const first = aSender('10.0.0.1', refused)
    for (const sender of [first, aSender('10.0.0.2', refused), aSender('10.0.0.3', refused)])
      senders.add(sender)
    senders.remove(first)
    expect([senders.refuseOldest(), senders.refuseOldest(), senders.refuseOldest()]).toEqual([
      true,
      true,
      false,
    ])
    expect(refused).toEqual(['connections 10.0.0.2', 'connections 10.0.0.3'])
  })
})

test('an address that holds all it may keeps nobody out, and a known agent behind it stays', async () => {
  rig = await startRig({ limits: { unknownPerAddress: 3 } })
  const { engine, port } = rig
  const good = await Client.connect(port)
  good.write(batch(1))
  await good.lines(1)
  const silent: Client[] = []
  for (let i = 0; i < 10; i++) {
    const client = await Client.connect(port)
    client.write(' ')
    silent.push(client)
  }
  await waitFor(() => engine.counters().refused.connections === 7)
  expect(engine.counters().connections).toBe(4)
  const second = await Client.connect(port)
  second.write(batch(2))
  expect(await second.lines(1)).toEqual([{ id: 2, stored: true }])
  good.write(batch(3))
  await good.lines(2)
  for (const client of [good, second, ...silent]) client.close()
})

test('who sends a blank every few seconds is cut after 30 s in all', async () => {
  clock = fakeClock(NOW * 1000)
  rig = await startRig({ clock })
  const { engine } = rig
  const client = await Client.connect(rig.port)
  for (let i = 0; i < 4; i++) {
    const before = engine.counters().bytes
    client.write(' ')
    await waitFor(() => engine.counters().bytes > before)
    await clock.advance(8000)
  }
  await client.all()
  expect(engine.counters()).toMatchObject({ connections: 0, refused: { silent: 1 } })
})

describe('the port that takes both', () => {
  test('speaks TLS with those who begin it, in both dialects, however the bytes arrive', async () => {
    rig = await startRig({ tls: { ...certificate, port: null } })
    const ours = await Client.connect(rig.port, { tls: true })
    for (let id = 1; id <= 50; id++) ours.write(batch(id))
    await ours.lines(50)
    const original = await Client.connect(rig.port, { tls: true })
    original.write(JSON.stringify(aPacket()))
    expect(await original.all()).toBe('Received')
    const plain = await Client.connect(rig.port)
    plain.write(JSON.stringify(aPacket({ name: 'plain' })))
    expect(await plain.all()).toBe('Received')
    expect(rig.store.samples().size).toBe(54)
    ours.close()
  })

  test('takes a long packet over TLS to the last value, and slow storage stops the reading', async () => {
    rig = await startRig({ tls: { ...certificate, port: null }, limits: { pendingBytes: 256 * 1024 } })
    const { store, engine } = rig
    store.hold()
    const client = await Client.connect(rig.port, { tls: true })
    const data = Array.from({ length: 60_000 }, (_, i) => ({ time: NOW - 1 - i, a: i, b: -i }))
    const text = JSON.stringify(aPacket({ data, events: [] }))
    client.write(text)
    await Bun.sleep(300)
    expect(engine.counters().bytes).toBeLessThan(text.length)
    store.release()
    await client.until((one) => one.received === 'Received', 20_000)
    expect(store.samples().size).toBe(120_000)
    client.close()
  }, 30_000)

  test('takes plain text from the ranges alone and says which setting it is; TLS is open to all', async () => {
    rig = await startRig({ plainFrom: ranges('10.0.0.0/8'), tls: { ...certificate, port: null } })
    const plain = await Client.connect(rig.port)
    plain.write(batch(1))
    expect(await plain.all()).toBe('')
    const secure = await Client.connect(rig.port, { tls: true })
    secure.write(batch(1))
    await secure.lines(1)
    expect(rig.lines.join('\n')).toContain('collect.plain_from')
    expect(rig.engine.counters().refused).toEqual({ plain: 1 })
    secure.close()
  })

  test('a handshake that breaks is counted, and closes that connection alone', async () => {
    rig = await startRig({ tls: { ...certificate, port: null } })
    const broken = await Client.connect(rig.port)
    broken.write(Buffer.concat([Buffer.from([0x16, 3, 1, 0, 100]), Buffer.alloc(100, 'x')]))
    await broken.all()
    await waitFor(() => rig?.engine.counters().refused.tls === 1 && rig.engine.counters().connections === 0)
  })
})

describe('behind a balancer', () => {
  const version2 = (address: number[], command = 0x21, family = 0x11) =>
    Buffer.concat([
      Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
      Buffer.from([command, family, 0, 12, ...address, 10, 0, 0, 1, 0, 1, 0, 2]),
    ])

  test.each<[string, string | Buffer]>([
    ['version 1', 'PROXY TCP4 192.0.2.7 10.0.0.1 1234 8888\r\n'],
    ['version 1 with IPv6', 'PROXY TCP6 2001:db8::7 2001:db8::1 1234 8888\r\n'],
    ['version 2', version2([192, 0, 2, 7])],
  ])('the real address is that of the header, %s, in any pieces', async (_, header) => {
    rig = await startRig({ trustedProxies: ranges('127.0.0.1'), plainFrom: ranges('10.0.0.0/8') })
    const client = await Client.connect(rig.port)
    for (const byte of Buffer.concat([Buffer.from(header), Buffer.from('{')])) {
      client.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await client.all()
    expect(rig.lines.join('\n')).toMatch(/from=(192\.0\.2\.7|2001:db8::7) reason=plain/)
  })

  test('what follows the header is read, over TLS on either port as well', async () => {
    rig = await startRig({ trustedProxies: ranges('127.0.0.1'), tls: { ...certificate, port: 0 } })
    for (const port of [rig.port, rig.engine.tlsPort ?? 0]) {
      const client = await Client.connect(port, { tls: true, before: version2([10, 9, 8, 7]) })
      client.write(batch(port))
      expect(await client.lines(1)).toEqual([{ id: port, stored: true }])
      client.close()
    }
    const direct = await Client.connect(rig.port)
    direct.write(`PROXY UNKNOWN\r\n${batch(1)}`)
    await direct.lines(1)
    direct.close()
  })

  test('who is no trusted proxy is not believed', async () => {
    rig = await startRig({ trustedProxies: ranges('10.0.0.1') })
    const client = await Client.connect(rig.port)
    client.write(`PROXY TCP4 192.0.2.7 10.0.0.1 1234 8888\r\n${batch(1)}`)
    await client.all()
    expect(rig.lines.join('\n')).toContain('from=127.0.0.1 reason=malformed')
  })
})
