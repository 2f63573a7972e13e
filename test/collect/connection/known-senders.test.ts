import { afterEach, describe, expect, test } from 'bun:test'
import { fitConnections } from '../../../src/collect/connection/connection-limits.ts'
import { KnownSenders } from '../../../src/collect/connection/known-senders.ts'
import type { Reason } from '../../../src/collect/rejections.ts'
import { Client, NOW, PASSPHRASE, type Rig, startRig, waitFor } from '../harness.ts'

describe('of the known senders', () => {
  const refused: string[] = []
  const aSender = (address: string, host: string | null) => ({
    address,
    host,
    refuse: (reason: Reason) => void refused.push(`${reason} ${address} ${host}`),
  })
  afterEach(() => refused.splice(0))

  test('the oldest of a host goes when there are too many of it; who has reported nothing is not bounded', () => {
    const senders = new KnownSenders({ connections: 100, knownPerHost: 2 })
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) senders.add(aSender(address, 'web01'))
    for (const host of ['web02', null, null, null]) senders.add(aSender('10.0.0.4', host))
    expect(refused).toEqual(['connections 10.0.0.1 web01'])
  })

  test('the oldest of the address with the most makes room, when it holds more than a quarter of all', () => {
    const senders = new KnownSenders({ connections: 8, knownPerHost: 8 })
    const first = aSender('10.0.0.1', 'a')
    for (const sender of [first, aSender('10.0.0.1', 'b'), aSender('10.0.0.2', 'c')]) senders.add(sender)
    expect(senders.refuseOldest()).toBe(false)
    senders.add(aSender('::ffff:10.0.0.1', 'd'))
    expect([senders.refuseOldest(), senders.refuseOldest()]).toEqual([true, false])
    expect(refused).toEqual(['connections 10.0.0.1 a'])
    expect(senders.partyOf(first)).toBeNull()
  })

  test('each is counted for its host, else for its network', () => {
    const senders = new KnownSenders({ connections: 8, knownPerHost: 8 })
    const [named, nameless] = [aSender('2001:db8::1', 'web01'), aSender('2001:db8::1', null)]
    senders.add(named)
    senders.add(nameless)
    expect([senders.partyOf(named), senders.partyOf(nameless)]).toEqual(['web01', '2001:db8:0:0::/64'])
  })
})

const STORED = { id: 1, stored: true }

test('connections leave descriptors to the website and to files', () => {
  expect(fitConnections(1024).connections).toBe(640)
  expect(fitConnections(65_536).connections).toBe(16_384)
  expect(fitConnections(null).connections).toBe(16_384)
})

describe('one sender keeps no other out', () => {
  let rig: Rig | null = null
  const clients: Client[] = []
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    await rig?.engine.stop()
    rig = null
  })

  async function open(port: number, text: string): Promise<Client> {
    const client = await Client.connect(port)
    clients.push(client)
    client.write(text)
    return client
  }
  const batch = (host: string, rows = 1, passphrase: string | null = PASSPHRASE) => {
    const frames = Array.from({ length: rows }, (_, i) => [NOW - 60 * i, 1])
    return `${JSON.stringify({ v: 1, id: 1, host, ...(passphrase && { passphrase }), layout: 0, metrics: ['a'], frames })}\n`
  }

  test('by connections of one host: the oldest of them go', async () => {
    rig = await startRig({ limits: { knownPerHost: 3, connections: 6 } })
    const { engine, port } = rig
    for (let i = 0; i < 10; i++) await (await open(port, batch('greedy'))).lines(1)
    await waitFor(() => engine.counters().refused.connections === 7)
    expect(await (await open(port, batch('other'))).lines(1)).toEqual([STORED])
    expect(engine.counters().connections).toBe(4)
  })

  test('by connections in many names: the oldest of the address with the most make room', async () => {
    rig = await startRig({ limits: { connections: 6 } })
    const { engine, port } = rig
    for (let i = 0; i < 10; i++) await (await open(port, batch(`greedy${i}`))).lines(1)
    expect(engine.counters().connections).toBe(6)
    expect(engine.counters().refused.connections).toBe(4)
  })

  test('by messages without an end, before the passphrase was said', async () => {
    rig = await startRig({ limits: { unknownHeldBytes: 64 * 1024, heldBytes: 64 * 1024 } })
    const { engine, port } = rig
    const good = await open(port, batch('good'))
    await good.lines(1)
    const halves = `{"v":1,"x":"${'a'.repeat(30_000)}`
    for (let i = 0; i < 20; i++) await open(port, halves)
    await waitFor(() => engine.counters().held > 64 * 1024)
    // The message comes in two pieces, so that the first has to be kept.
    const long = batch('good', 900, null)
    good.write(long.slice(0, 9000))
    await Bun.sleep(50)
    good.write(long.slice(9000))
    expect(await good.lines(2)).toEqual([STORED, STORED])
    expect(engine.counters().held).toBeLessThanOrEqual(2 * 64 * 1024)
  })

  test('by messages without an end, after it was: who holds more than half gives way', async () => {
    rig = await startRig({ limits: { heldBytes: 256 * 1024 } })
    const { engine, port } = rig
    const greedy = `{"v":1,"id":2,"host":"greedy","x":"${'a'.repeat(60_000)}`
    for (let i = 0; i < 5; i++) {
      const client = await open(port, batch('greedy'))
      await client.lines(1)
      client.write(greedy)
    }
    await waitFor(() => engine.counters().held >= 240_000)
    const good = await open(port, batch('good'))
    await good.lines(1)
    const long = batch('good', 1000, null)
    good.write(long.slice(0, 12_000))
    await Bun.sleep(50)
    good.write(long.slice(12_000))
    expect(await good.lines(2)).toEqual([STORED, STORED])
    expect(engine.counters().refused.memory).toBeGreaterThan(0)
  })
})
