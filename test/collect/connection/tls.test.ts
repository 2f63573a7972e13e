import { afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { parseAddressRange } from '../../../src/lib/address-range.ts'
import type { Certificate } from '../../../src/lib/tls/certificate.ts'
import { encodeBatch } from '../../../src/protocol/encode.ts'
import type { Batch } from '../../../src/protocol/message.ts'
import { expectFailure } from '../../support/failure.ts'
import { callBySClient, makeOwn, readShown } from '../../support/tls.ts'
import { aPacket, Client, NOW, PASSPHRASE, type Rig, startRig, waitFor } from '../harness.ts'

let first: Certificate
let second: Certificate
let rig: Rig
beforeAll(async () => {
  first = await makeOwn(['localhost'])
  second = await makeOwn(['localhost'])
})
afterEach(() => rig.engine.stop())

async function start(options: Parameters<typeof startRig>[0] = {}): Promise<number> {
  rig = await startRig({ tls: { ...first, port: 0 }, ...options })
  return rig.engine.tlsPort ?? 0
}

const aBatch = (id: number, changes: Partial<Batch> = {}) =>
  encodeBatch(
    {
      id,
      host: 'web01',
      passphrase: PASSPHRASE,
      metrics: ['a'],
      frames: [[NOW - 60 - id, id]],
      events: [],
      ...changes,
    },
    0,
    true,
  )

describe('over TLS', () => {
  test('a client of openssl is answered as over the port without TLS', async () => {
    const port = await start()
    for (const [i, version] of ['-tls1_2', '-tls1_3'].entries()) {
      const { output } = await callBySClient(port, [version], { text: String(aBatch(i)), until: /stored/ })
      expect(output).toContain(`{"id":${i},"stored":true}`)
    }
    expect(rig.store.samples().size).toBe(2)
  })

  test.each(['-tls1', '-tls1_1'])('%s is refused and counted', async (version) => {
    const port = await start()
    const { code, output } = await callBySClient(port, [version, '-cipher', 'ALL:@SECLEVEL=0'])
    expect(output).toContain('alert protocol version')
    expect(code).not.toBe(0)
    await waitFor(() => rig.engine.counters().refused.tls === 1)
    expect(rig.lines.join('\n')).toContain('reason=tls')
  })

  test('a client without TLS is refused, and no other connection is affected', async () => {
    const port = await start()
    const good = await Client.connect(port, { tls: true })
    const plain = await Client.connect(port)
    plain.write(JSON.stringify(aPacket()))
    await plain.all()
    good.write(aBatch(1))
    expect(await good.lines(1)).toEqual([{ id: 1, stored: true }])
    expect(rig.engine.counters().refused).toEqual({ tls: 1 })
    good.close()
  })

  test('who only looks whether the port is open is not called a fault', async () => {
    const port = await start()
    const looking = await Client.connect(port)
    looking.close()
    await waitFor(() => rig.engine.counters().accepted === 1 && rig.engine.counters().connections === 0)
    expect(rig.engine.counters().refused).toEqual({})
  })

  test('the original dialect has its receipt and its end', async () => {
    const client = await Client.connect(await start(), { tls: true })
    client.write(JSON.stringify(aPacket()))
    expect(await client.all()).toBe('Received')
  })

  test('slow storage stops the reading as it does over the plain port, and nothing is lost', async () => {
    const port = await start({ limits: { pendingBytes: 100_000 } })
    rig.store.hold()
    const client = await Client.connect(port, { tls: true })
    const many = 20_000
    const lines = Array.from({ length: many }, (_, id) => aBatch(id).toString())
    // White space that the server has to read, so that the kernel's buffers are not enough for all of it.
    client.write(lines.map((line) => `${line}${' '.repeat(600)}\n`).join(''))
    let last = -1
    await waitFor(() => {
      const isStuck = client.sent === last && rig.store.writes > 0
      last = client.sent
      return isStuck
    })
    expect(client.unsent).toBeGreaterThan(0)
    rig.store.release()
    const replies = await client.lines(many)
    expect(replies).toEqual(Array.from({ length: many }, (_, id) => ({ id, stored: true })))
    client.close()
  })

  test('another certificate is for new connections; those there are go on', async () => {
    const port = await start()
    expect(await readShown(port)).toBe(first.fingerprint)
    const client = await Client.connect(port, { tls: true })
    client.write(aBatch(1))
    await client.lines(1)
    rig.engine.renewTls(second)
    expect(await readShown(port)).toBe(second.fingerprint)
    client.write(aBatch(2))
    expect(await client.lines(2)).toContainEqual({ id: 2, stored: true })
    expect(() => rig.engine.renewTls({ certificate: 'none', key: 'none' })).toThrow()
    expect(await readShown(port)).toBe(second.fingerprint)
    client.write(aBatch(3))
    expect(await client.lines(3)).toContainEqual({ id: 3, stored: true })
    await rig.engine.stop()
    await client.until(({ isClosed, hasEnded }) => isClosed || hasEnded)
  })
})

const nothing = (): never => {
  throw new Error('that is no range')
}

describe('the plain port', () => {
  test('is closed to those who are not in its ranges; TLS is open to them', async () => {
    const port = await start({ plainFrom: [parseAddressRange('192.0.2.1') ?? nothing()] })
    const plain = await Client.connect(rig.port)
    plain.write(aBatch(1))
    await plain.until(({ isClosed }) => isClosed)
    const client = await Client.connect(port, { tls: true })
    client.write(aBatch(1))
    expect(await client.lines(1)).toEqual([{ id: 1, stored: true }])
    expect(rig.engine.counters().refused).toEqual({ plain: 1 })
    client.close()
  })
  test('can be left out, and so can TLS', async () => {
    await start({ port: null })
    expect(rig.engine.port).toBeNull()
    await rig.engine.stop()
    expect(await start({ tls: null })).toBe(0)
    expect(rig.engine.tlsPort).toBeNull()
  })
  test('is given back when the other one can not be had', async () => {
    const port = await start()
    const plain = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    const free = plain.port
    plain.stop(true)
    await expectFailure(
      startRig({ port: free, tls: { ...first, port } }),
      `can't listen on 127.0.0.1:${port} for agents over TLS`,
    )
    Bun.listen({ hostname: '127.0.0.1', port: free, socket: { data() {} } }).stop(true)
  })
})

describe('trust', () => {
  test('either of two passphrases lets an agent in, while they are changed', async () => {
    await start({ passphrases: ['the new one', PASSPHRASE] })
    for (const passphrase of [PASSPHRASE, 'the new one']) {
      const client = await Client.connect(rig.port)
      client.write(aBatch(1, { passphrase }))
      expect(await client.lines(1)).toEqual([{ id: 1, stored: true }])
      client.close()
    }
    const client = await Client.connect(rig.port)
    client.write(aBatch(1, { passphrase: 'the old one' }))
    expect(await client.lines(1)).toMatchObject([{ id: null, retry: false }])
  })

  test('a key is said once for a host on a connection and holds for the batches after it, as its hash', async () => {
    await start()
    const client = await Client.connect(rig.port)
    const [one, two] = ['the key of web01 ……', 'the key of web02 ……']
    client.write(aBatch(1, { key: one }))
    client.write(aBatch(2))
    client.write(aBatch(3, { host: 'web02', key: two }))
    client.write(aBatch(4, { host: 'WEB01' }))
    client.write(aBatch(5, { host: 'web03' }))
    await client.lines(5)
    const hash = (key: string) => new Bun.CryptoHasher('sha256').update(key).digest('hex')
    expect(rig.store.reports.map(({ keyHash }) => keyHash)).toEqual([
      ...[hash(one), hash(one), hash(two), hash(one)],
      null,
    ])
    client.close()
  })

  test.each([['short'], [7], ['x'.repeat(257)]])('%j is no key', async (key) => {
    await start()
    const client = await Client.connect(rig.port)
    client.write(aBatch(1, { key: key as string }))
    expect(await client.lines(1)).toMatchObject([{ id: null, retry: false }])
    expect(rig.engine.counters().refused).toEqual({ malformed: 1 })
  })

  test('another key for a name is refused without blaming a batch, counted, and the connection ends', async () => {
    await start()
    rig.store.foreign.add('web01')
    const client = await Client.connect(rig.port)
    client.write(aBatch(1, { host: 'web02' }))
    client.write(aBatch(2))
    client.write(aBatch(3))
    const replies = (await client.all()).trim().split('\n')
    expect(replies.map((line) => JSON.parse(line))).toMatchObject([
      { id: 1, stored: true },
      { id: null, retry: false, error: expect.stringContaining('belongs to another agent') },
    ])
    expect(rig.engine.counters()).toMatchObject({ refused: { key: 2 }, packets: 1 })
    expect(rig.store.reports.map(({ host }) => host)).toEqual(['web02'])
  })

  test('a name with a key is closed to the original dialect: no receipt', async () => {
    await start()
    rig.store.foreign.add('web01')
    const client = await Client.connect(rig.port)
    client.write(JSON.stringify(aPacket()))
    expect(await client.all()).toBe('')
    expect(rig.engine.counters().refused).toEqual({ key: 1 })
  })
})
