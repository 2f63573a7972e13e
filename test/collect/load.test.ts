import { afterEach, describe, expect, test } from 'bun:test'
import { zstdCompressSync } from 'node:zlib'
import { encodeBatch } from '../../src/protocol/encode.ts'
import type { HostReport, WriteRefusal } from '../../src/storage/ports/store.ts'
import { type FakeClock, fakeClock } from '../support/clock.ts'
import { expectFailure } from '../support/failure.ts'
import { aPacket, Client, MemoryStore, NOW, PASSPHRASE, type Rig, startRig, waitFor } from './harness.ts'

const MIB = 1024 * 1024
let rig: Rig | null = null
let clock: FakeClock | null = null
afterEach(async () => {
  const stopped = rig?.engine.stop()
  await clock?.advance(5000)
  await stopped
  rig = null
  clock = null
})

const batch = (id: number, host = 'web01', value = id) =>
  encodeBatch(
    { id, host, passphrase: PASSPHRASE, metrics: ['a'], frames: [[NOW - 60, value]], events: [] },
    0,
    true,
  )

describe('a long packet of the original', () => {
  /** Yields the packet's text in odd pieces; never has it as a whole. */
  async function sendLong(port: number, rows: number, headFirst: boolean, passphrase = PASSPHRASE) {
    const client = await Client.connect(port)
    const head = JSON.stringify(aPacket({ data: undefined, events: [], passphrase })).slice(1, -1)
    client.write(headFirst ? `{${head},"data" : [` : '{"data":[')
    const metrics = Array.from(
      { length: 10 },
      (_, i) => `perf.filesystem.dev.mapper.volume-${i}.percent.used`,
    )
    let carry = Buffer.alloc(0)
    let total = 0
    for (let row = 0; row < rows && !client.hasEnded; ) {
      let text = ''
      for (const end = Math.min(rows, row + 2000); row < end; row++) {
        text += `${row === 0 ? '' : ' ,\n'}{"time":${NOW - 60 * row}`
        for (const [i, metric] of metrics.entries()) text += `,"${metric}":"${row + i}.25"`
        text += '}'
      }
      const bytes = Buffer.concat([carry, Buffer.from(text)])
      const cut = bytes.length - (row % 97)
      client.write(bytes.subarray(0, cut))
      carry = bytes.subarray(cut)
      total += text.length
      while (client.unsent > 4 * MIB && !client.hasEnded) await Bun.sleep(1)
    }
    client.write(carry)
    client.write(headFirst ? ']}' : `],${head}}`)
    return { client, total }
  }

  /** Counts and sums instead of keeping. */
  class SumStore extends MemoryStore {
    frames = 0
    sum = 0
    override async write(reports: Parameters<MemoryStore['write']>[0]) {
      for (const report of reports) {
        expect(report.host).toBe('web01')
        expect(report.frames.length).toBeLessThanOrEqual(1000)
        for (const { time, values } of report.frames) {
          this.frames++
          for (const value of values) this.sum += value ?? Number.NaN
          expect(values[0]).toBe((NOW - time) / 60 + 0.25)
        }
      }
      return new Map<HostReport, WriteRefusal>()
    }
  }

  test('of 64 MiB is stored to the last value, in bounded memory', async () => {
    const store = new SumStore()
    rig = await startRig({ store })
    const rows = 112_000
    const { client, total } = await sendLong(rig.port, rows, true)
    expect(total).toBeGreaterThan(64 * MIB)
    await client.until((c) => c.hasEnded, 20_000)
    expect(client.received).toBe('Received')
    expect(store.frames).toBe(rows)
    expect(store.sum).toBe((10 * rows * (rows - 1)) / 2 + rows * (45 + 2.5))
    expect(rig.engine.counters().held).toBe(0)
  }, 30_000)

  test('is stored as well when its name comes last, and refused early when its passphrase is wrong', async () => {
    const store = new SumStore()
    rig = await startRig({ store })
    const good = await sendLong(rig.port, 1000, false)
    await good.client.until((c) => c.hasEnded)
    expect(good.client.received).toBe('Received')
    expect(store.frames).toBe(1000)
    const late = await sendLong(rig.port, 40_000, false)
    await late.client.until((c) => c.hasEnded || c.isClosed)
    expect(late.client.received).toBe('')
    expect(rig.engine.counters().refused).toEqual({ oversized: 1 })
    const bad = await sendLong(rig.port, 40_000, true, 'wrong')
    await bad.client.until((c) => c.hasEnded || c.isClosed)
    expect(bad.client.received).toBe('')
    expect(store.frames).toBe(1000)
    expect(rig.engine.counters().refused).toEqual({ oversized: 1, passphrase: 1 })
  }, 20_000)

  test('a packed line of brackets is refused, from an unknown sender as from a known agent', async () => {
    rig = await startRig()
    const client = await Client.connect(rig.port)
    const plain = Buffer.from(`{"v":1,"a":${'['.repeat(4_000_000)}`)
    const packed = zstdCompressSync(plain)
    client.write(Buffer.from(`{"v":1,"encoding":"zstd","bytes":${packed.length},"size":${plain.length}}\n`))
    client.write(packed)
    await client.until((c) => c.hasEnded || c.isClosed)
    expect(client.received).toContain('longer than 131072 bytes')
    const nested = await Client.connect(rig.port)
    nested.write(Buffer.from(`{"v":1,"a":${'['.repeat(100_000)}\n`))
    await nested.until((c) => c.hasEnded || c.isClosed)
    expect(rig.engine.counters().refused).toEqual({ oversized: 1, malformed: 1 })
  })

  test('is refused above the limit', async () => {
    rig = await startRig({ limits: { legacyBytes: 6 * MIB } })
    const { client } = await sendLong(rig.port, 20_000, true)
    await client.until((c) => c.hasEnded || c.isClosed)
    expect(client.received).toBe('')
    expect(rig.engine.counters().refused).toEqual({ oversized: 1 })
  })
})

describe('storage', () => {
  test('that is slow stops the reading, so that senders are stuck and memory stays', async () => {
    rig = await startRig({ limits: { pendingBytes: 64 * 1024, heldBytes: 256 * 1024 } })
    const { store } = rig
    store.hold()
    const clients = await Promise.all(Array.from({ length: 4 }, () => Client.connect(rig?.port ?? 0)))
    const line = Buffer.from(batch(1))
    const flood = Buffer.concat(Array.from({ length: (16 * MIB) / line.length }, () => line))
    for (const client of clients) client.write(flood)
    let last = -1
    const sent = () => clients.reduce((sum, client) => sum + client.sent, 0)
    await waitFor(() => {
      const isStuck = sent() === last
      last = sent()
      return isStuck && last > 0 && store.writes > 0
    })
    await Bun.sleep(100)
    const stuckAt = sent()
    await Bun.sleep(150)
    expect(sent()).toBe(stuckAt)
    expect(stuckAt).toBeLessThan(48 * MIB)
    expect(rig.engine.counters().held).toBeLessThan(8 * MIB)
    store.release()
    for (const client of clients) client.pause()
    await waitFor(() => store.reports.length > 1000)
    for (const client of clients) client.close()
  })

  test('that fails is said so, and the same goes through when it is back', async () => {
    rig = await startRig()
    rig.store.isAway = true
    const ours = await Client.connect(rig.port)
    const legacy = await Client.connect(rig.port)
    ours.write(batch(1))
    legacy.write(JSON.stringify(aPacket()))
    expect(await ours.lines(1)).toEqual([{ id: 1, error: 'storage is away', retry: true }])
    expect(await legacy.all()).toBe('')
    expect(rig.engine.isStorageAway()).toBe(true)
    rig.store.isAway = false
    ours.write(batch(1))
    expect((await ours.lines(2))[1]).toEqual({ id: 1, stored: true })
    expect(rig.engine.isStorageAway()).toBe(false)
    const again = await Client.connect(rig.port)
    again.write(JSON.stringify(aPacket()))
    expect(await again.all()).toBe('Received')
    expect(rig.lines.filter((line) => line.includes('database is away'))).toHaveLength(1)
    expect(rig.lines.join('\n')).toContain('storage accepts reports again')
    ours.close()
  })

  test('that can not take one report refuses that one alone', async () => {
    rig = await startRig()
    rig.store.poison = 'host13'
    rig.store.hold()
    const client = await Client.connect(rig.port)
    client.write(batch(999, 'first'))
    await waitFor(() => rig?.store.writes === 1)
    for (let id = 0; id < 100; id++) client.write(batch(id, `host${id}`))
    await waitFor(() => (rig?.engine.counters().bytes ?? 0) > 100 * 80)
    rig.store.release()
    const replies = (await client.lines(101)) as { id: number; stored?: boolean; retry?: boolean }[]
    expect(replies.filter((reply) => reply.stored !== true)).toEqual([
      { id: 13, error: 'storage is away', retry: true } as never,
    ])
    client.close()
  })

  test('that rejects one report rejects only that one, opens an event, and is tried again less and less often', async () => {
    clock = fakeClock(NOW * 1000)
    rig = await startRig({ clock })
    const { store, engine } = rig
    store.poison = 'bad'
    store.isPoisonContent = true
    const rejection = { id: 1, error: 'storage does not take what this batch holds', retry: true }
    const [bad, good] = [await Client.connect(rig.port), await Client.connect(rig.port)]
    store.hold()
    good.write(batch(0, 'good'))
    await waitFor(() => store.writes === 1)
    bad.write(batch(1, 'bad'))
    for (let id = 1; id < 100; id++) good.write(batch(id, `good${id}`))
    await Bun.sleep(100)
    store.release()
    expect((await good.lines(100)).every((reply) => (reply as { stored?: boolean }).stored)).toBe(true)
    expect(await bad.lines(1)).toEqual([rejection])
    expect(engine.isStorageAway()).toBe(false)
    const eventsOfBad = () =>
      store.reports.filter(({ host }) => host === 'bad').flatMap(({ events }) => events)
    await waitFor(() => eventsOfBad().length === 1)
    expect(eventsOfBad()[0]).toMatchObject({ metric: 'perf.agent.report.state', status: 'open' })
    expect(rig.lines.join('\n')).toContain('from=bad reason=content')
    const tries: number[] = []
    for (let minute = 0; minute < 10; minute++) {
      const { writes } = store
      const said = bad.received.length
      bad.write(batch(1, 'bad'))
      await bad.until((client) => client.received.length > said)
      if (store.writes > writes) tries.push(minute)
      await clock.advance(60_000)
    }
    expect(tries).toEqual([1, 3, 7])
    // Another report of the host is stored meanwhile.
    store.poison = null
    bad.write(batch(2, 'bad'))
    await bad.until((client) => client.received.includes('{"id":2,"stored":true}'))
    expect(eventsOfBad()).toHaveLength(1)
    await clock.advance(3600_000)
    bad.close()
    const again = await Client.connect(rig.port)
    again.write(batch(1, 'bad'))
    expect(await again.lines(1)).toEqual([{ id: 1, stored: true }])
    await waitFor(() => eventsOfBad().length === 2)
    expect(eventsOfBad()[1]?.status).toBe('closed')
    again.close()
    good.close()
  })

  test('shares one commit between what arrives meanwhile', async () => {
    rig = await startRig()
    rig.store.hold()
    const clients = await Promise.all(Array.from({ length: 20 }, () => Client.connect(rig?.port ?? 0)))
    for (const [id, client] of clients.entries()) client.write(batch(id))
    await waitFor(() => rig?.store.writes === 1)
    await Bun.sleep(30)
    rig.store.release()
    for (const client of clients) await client.lines(1)
    expect(rig.store.writes).toBeLessThanOrEqual(3)
    for (const client of clients) client.close()
  })

  test('gets what was received before a stop, and the senders their answers', async () => {
    rig = await startRig()
    rig.store.hold()
    const ours = await Client.connect(rig.port)
    const legacy = await Client.connect(rig.port)
    ours.write(batch(1))
    legacy.write(JSON.stringify(aPacket()))
    await waitFor(() => rig?.store.writes === 1)
    await Bun.sleep(30)
    const stopped = rig.engine.stop()
    rig.store.release()
    expect(await ours.all()).toBe('{"id":1,"stored":true}\n')
    expect(await legacy.all()).toBe('Received')
    await stopped
    await expectFailure(Client.connect(rig.port))
  })
})

describe('no other connection is affected', () => {
  test('two thousand idle connections, which are closed in the end', async () => {
    clock = fakeClock(NOW * 1000)
    rig = await startRig({ clock, limits: { unknownPerAddress: 3000 } })
    const { port } = rig
    const idle: Client[] = []
    // The kernel's queue of connections that are not accepted yet is shorter than 2000.
    while (idle.length < 2000)
      idle.push(...(await Promise.all(Array.from({ length: 100 }, () => Client.connect(port)))))
    const good = await Client.connect(rig.port)
    good.write(batch(1))
    await good.lines(1)
    await waitFor(() => rig?.engine.counters().connections === 2001)
    await clock.advance(32_000)
    await waitFor(() => rig?.engine.counters().connections === 1)
    good.write(batch(2))
    await good.lines(2)
    expect(rig.engine.counters().refused).toEqual({ silent: 2000 })
    expect(rig.lines.filter((line) => line.includes('reason=silent'))).toHaveLength(1)
    for (const client of idle) client.close()
    good.close()
  })

  test('more connections than are allowed: the oldest unknown sender goes before any known one', async () => {
    rig = await startRig({ limits: { connections: 2 } })
    const first = await Client.connect(rig.port)
    first.write(batch(1))
    await first.lines(1)
    const silent = await Client.connect(rig.port)
    await waitFor(() => rig?.engine.counters().connections === 2)
    const second = await Client.connect(rig.port)
    await silent.all()
    second.write(batch(1))
    await second.lines(1)
    // All senders are known and have one address: the oldest connection is closed for a new one.
    const third = await Client.connect(rig.port)
    await first.all()
    expect(rig.engine.counters().refused).toEqual({ connections: 2 })
    for (const client of [second, third]) client.write(batch(2))
    await second.lines(2)
    await third.lines(1)
    for (const client of [second, third]) client.close()
  })

  test('a sender that stops amidst a message, and one that dribbles', async () => {
    clock = fakeClock(NOW * 1000)
    rig = await startRig({ clock })
    const { engine } = rig
    const half = await Client.connect(rig.port)
    half.write('{"time":')
    const slow = await Client.connect(rig.port)
    slow.write(batch(1))
    await slow.lines(1)
    for (let i = 0; i < 7; i++) {
      const before = engine.counters().bytes
      slow.write(' {"a":'.slice(0, i === 0 ? 6 : 1).replace('{', i === 0 ? '{' : ' '))
      await waitFor(() => engine.counters().bytes > before)
      await clock.advance(10_000)
    }
    await waitFor(() => engine.counters().connections === 0)
    expect(engine.counters().refused).toEqual({ silent: 1, slow: 1 })
  })

  test('a sender that never reads its answers', async () => {
    clock = fakeClock(NOW * 1000)
    rig = await startRig({ clock })
    const { engine } = rig
    const deaf = await Client.connect(rig.port)
    deaf.write(batch(0))
    await deaf.lines(1)
    deaf.pause()
    // Long answers to short lines.
    const line = Buffer.from('{"v":1,"id":1,"host":"h","layout":999}\n')
    deaf.write(Buffer.concat(Array.from({ length: 400_000 }, () => line)))
    let bytes = -1
    await waitFor(() => {
      const isStuck = engine.counters().bytes === bytes
      bytes = engine.counters().bytes
      return isStuck && deaf.unsent > 0
    })
    const good = await Client.connect(rig.port)
    good.write(batch(1))
    await good.lines(1)
    await clock.advance(33_000)
    await waitFor(() => engine.counters().refused.unread === 1)
    good.close()
  }, 20_000)

  test('unfinished messages beyond the memory for them', async () => {
    clock = fakeClock(NOW * 1000)
    rig = await startRig({ clock, limits: { heldBytes: 2 * MIB } })
    const { engine } = rig
    const greedy = await Promise.all(Array.from({ length: 12 }, () => Client.connect(rig?.port ?? 0)))
    const flood = Buffer.alloc(3 * MIB, 'x')
    for (const client of greedy) {
      client.write('{"a":"')
      client.write(flood)
    }
    await Bun.sleep(300)
    expect(engine.counters().held).toBeLessThan(9 * MIB)
    const good = await Client.connect(rig.port)
    good.write(batch(1))
    expect(await good.lines(1)).toEqual([{ id: 1, stored: true }])
    for (let i = 0; i < 12; i++) await clock.advance(31_000)
    await waitFor(() => engine.counters().held < 64 * 1024)
    for (const client of greedy) client.close()
    good.close()
  })

  test('rubbish of every kind', async () => {
    rig = await startRig()
    const { port } = rig
    let seed = 20260101
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      return Math.floor((seed / 2 ** 32) * below)
    }
    const samples = [
      Buffer.from(JSON.stringify(aPacket())),
      Buffer.from(`${batch(1)}${batch(2)}`),
      Buffer.concat([
        Buffer.from('{"v":1,"encoding":"zstd","bytes":60,"size":90}\n'),
        Bun.zstdCompressSync(Buffer.from(batch(3))),
      ]),
    ]
    const good = await Client.connect(port)
    good.write(batch(0))
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(samples[random(samples.length)] ?? '')
      for (let i = random(8); i >= 0; i--) {
        if (random(3) === 0) bytes.fill(random(256), random(bytes.length), random(bytes.length))
        else
          bytes[random(bytes.length)] =
            random(4) === 0 ? (Buffer.from('{}[]",:\\')[random(8)] ?? 0) : random(256)
      }
      const client = await Client.connect(port)
      const cut = random(bytes.length)
      client.write(bytes.subarray(0, cut))
      if (random(2) === 0) await new Promise((resolve) => setImmediate(resolve))
      client.write(bytes.subarray(cut))
      if (random(2) === 0) client.shutdown()
      else setTimeout(() => client.close(), random(20))
      if (round % 30 === 0) good.write(batch(round + 1))
    }
    expect((await good.lines(11)).every((reply) => (reply as { stored?: boolean }).stored)).toBe(true)
    expect(rig.engine.counters().refused.internal).toBeUndefined()
    expect(rig.lines.length).toBeLessThan(40)
    good.close()
  })
})
