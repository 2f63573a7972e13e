import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { encodeBatch } from '../../src/protocol/encode.ts'
import type { Batch } from '../../src/protocol/message.ts'
import { aPacket, Client, NOW, PASSPHRASE, type Rig, startRig, waitFor } from './harness.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.engine.stop())

const aBatch = (id: number, changes: Partial<Batch> = {}): Batch => ({
  id,
  host: 'web01',
  passphrase: PASSPHRASE,
  metrics: ['a', 'b'],
  frames: [[NOW - 60 + id, id, null]],
  events: [],
  ...changes,
})

describe('our dialect', () => {
  test('answers each of many batches by its id, names given once', async () => {
    const client = await Client.connect(rig.port)
    for (let id = 0; id < 500; id++) client.write(encodeBatch(aBatch(id), 7, id === 0))
    const replies = await client.lines(500)
    expect(replies).toEqual(Array.from({ length: 500 }, (_, id) => ({ id, stored: true })))
    expect(rig.store.samples().get(`web01 a ${NOW - 60 + 499}`)).toBe(499)
    const lists = new Set(rig.store.reports.flatMap((report) => report.frames.map((frame) => frame.metrics)))
    expect(lists.size).toBe(1)
    client.close()
  })

  test('gives two connections the same list of names', async () => {
    for (const id of [1, 2]) {
      const client = await Client.connect(rig.port)
      client.write(encodeBatch(aBatch(id), id, true))
      await client.lines(1)
      client.close()
    }
    expect(rig.store.reports[0]?.frames[0]?.metrics).toBe(
      rig.store.reports[1]?.frames[0]?.metrics as string[],
    )
  })

  test('takes the clock and facts', async () => {
    const facts = {
      ip: '10.0.0.5',
      platform: 'Linux',
      build: 'Debian 12',
      architecture: '64bit',
      domain: 'example.org',
      processors: 4,
      memoryMb: 7976,
    }
    const client = await Client.connect(rig.port)
    client.write(encodeBatch(aBatch(1, { facts, clock: NOW - 50, host: 'WEB01' }), 0, true))
    await client.lines(1)
    const report = rig.store.reports[0]
    expect(report).toMatchObject({ host: 'web01', facts })
    expect(report?.clockSkew).toBe(NOW - 50 - (report?.seen ?? 0))
    client.close()
  })

  test('is known by v wherever it stands and however the first object is spaced, in any pieces', async () => {
    const first =
      ` \r\n {\n "id" : 1, "host":"we\\u0062{01", "passphrase":"${PASSPHRASE}",\t"v" :1 }`.replace(
        '{01',
        '01',
      )
    for (const size of [1, 2, 7, 1000]) {
      const client = await Client.connect(rig.port)
      const text = Buffer.from(
        `${first}\n${encodeBatch(aBatch(2), 0, true)}\r\n${encodeBatch(aBatch(3), 0, false)}`,
      )
      for (let i = 0; i < text.length; i += size) {
        client.write(text.subarray(i, i + size))
        if (size < 7) await new Promise((resolve) => setImmediate(resolve))
      }
      expect(await client.lines(3)).toEqual([1, 2, 3].map((id) => ({ id, stored: true })))
      client.close()
    }
  })

  test('takes packed batches, first or later, zstd or gzip', async () => {
    const frames = Array.from({ length: 900 }, (_, i) => [NOW - 60 * i, i, i / 2])
    const client = await Client.connect(rig.port)
    const zstd = encodeBatch(aBatch(1, { frames }), 0, true)
    expect(typeof zstd).not.toBe('string')
    client.write(zstd)
    const plain = Buffer.from(`{"v":1,"id":2,"host":"web02","layout":0,"frames":[[${NOW},1,2]]}`)
    const gzip = gzipSync(plain)
    client.write(`{"v":1,"encoding":"gzip","bytes":${gzip.length},"size":${plain.length}}\n`)
    client.write(gzip)
    client.write(encodeBatch(aBatch(3), 0, false))
    expect(await client.lines(3)).toEqual([1, 2, 3].map((id) => ({ id, stored: true })))
    expect(rig.store.samples().size).toBeGreaterThan(1800)
    client.close()
  })

  test('stores a batch without its bad parts and says how many were left out', async () => {
    const client = await Client.connect(rig.port)
    client.write(
      `${`{"v":1,"id":1,"host":"h","passphrase":"${PASSPHRASE}","layout":0,"metrics":["a","b ad","c","a"],"frames":[
      [${NOW},"1.5",2,"NaN",null],[${NOW + 7200},1,1,1,1],[5,1,1,1,1],"x",[${NOW + 1},NaN,null,1e999,null],[${NOW + 2.5},7]],
      "events":[{"uid":"e1","change":1,"time":${NOW},"metric":"a","severity":2,"status":"open","message":"m\\nx"},{"uid":"e2"}]}`.replaceAll(
        '\n',
        '',
      )}\n`,
    )
    const [reply] = (await client.lines(1)) as [{ refused: number; reason: string }]
    expect(reply).toMatchObject({ id: 1, stored: true, refused: 7, later: 1, clock: expect.any(Number) })
    expect(reply.reason).not.toBe('')
    expect([...rig.store.samples()]).toEqual([
      [`h a ${NOW}`, 1.5],
      [`h a ${NOW + 2}`, 7],
    ])
    expect(rig.store.reports[0]?.events).toEqual([
      { uid: 'e1', change: 1, time: NOW, metric: 'a', severity: 2, status: 'open', message: 'm x' },
    ])
    client.close()
  })

  test.each([
    ['a layout that was never given', `{"v":1,"id":9,"host":"h","layout":3,"frames":[[${NOW},1]]}`, true],
    [
      'too many frames',
      `{"v":1,"id":9,"host":"h","layout":0,"metrics":["a"],"frames":[${'[],'.repeat(1000)}[]]}`,
      false,
    ],
    ['too many events', `{"v":1,"id":9,"host":"h","events":[${'{},'.repeat(1000)}{}]}`, false],
    ['too large a layout number', `{"v":1,"id":9,"host":"h","layout":256,"metrics":["a"]}`, false],
    ['too many metrics', `{"v":1,"id":9,"host":"h","layout":1,"metrics":[${'"a",'.repeat(4096)}"a"]}`, false],
  ])('refuses a batch with %s and goes on', async (_: string, line: string, retry: boolean) => {
    const client = await Client.connect(rig.port)
    client.write(encodeBatch(aBatch(1), 0, true))
    client.write(`${line}\n`)
    client.write(encodeBatch(aBatch(2), 0, false))
    const replies = (await client.lines(3)) as { id: number; stored?: boolean }[]
    expect(replies.filter((reply) => reply.id === 9)).toEqual([expect.objectContaining({ id: 9, retry })])
    expect(replies).toContainEqual({ id: 2, stored: true })
    client.close()
  })

  test.each([
    ['a wrong passphrase', '{"v":1,"id":1,"host":"h","passphrase":"no"}', 'passphrase'],
    ['no passphrase', '{"v":1,"id":1,"host":"h"}', 'passphrase'],
    ['another version', `{"v":2,"id":1,"host":"h","passphrase":"${PASSPHRASE}"}`, 'version'],
    ['no id', `{"v":1,"host":"h","passphrase":"${PASSPHRASE}"}`, 'malformed'],
    ['no host', `{"v":1,"id":1,"passphrase":"${PASSPHRASE}"}`, 'malformed'],
    ['a host with a slash', `{"v":1,"id":1,"host":"a/b","passphrase":"${PASSPHRASE}"}`, 'malformed'],
    ['an unknown encoding', '{"v":1,"encoding":"lzma","bytes":1,"size":1}', 'malformed'],
    ['a packed batch that is too long', '{"v":1,"encoding":"zstd","bytes":1,"size":99999999}', 'oversized'],
    ['packed bytes that are none', '{"v":1,"encoding":"zstd","bytes":5,"size":9}\nhello', 'malformed'],
  ])('ends a connection with %s, saying why', async (_, text, reason) => {
    const client = await Client.connect(rig.port)
    client.write(`${text}\n`)
    const reply = JSON.parse(await client.all())
    expect(reply).toMatchObject({ id: null, retry: false })
    expect(rig.engine.counters().refused).toEqual({ [reason]: 1 })
    expect(rig.lines.join()).toContain(`reason=${reason}`)
    expect(rig.store.writes).toBe(0)
  })

  test('answers what came before the message that ends the connection', async () => {
    const client = await Client.connect(rig.port)
    client.write(encodeBatch(aBatch(1), 0, true))
    client.write('rubbish\n')
    const [first, last] = (await client.all()).trim().split('\n')
    expect(first).toBe('{"id":1,"stored":true}')
    expect(JSON.parse(last ?? '')).toMatchObject({ id: null, retry: false })
  })

  test('unpacks no more than was promised', async () => {
    const bomb = Bun.zstdCompressSync(Buffer.alloc(64 * 1024 * 1024, 32))
    const before = process.memoryUsage().rss
    for (let i = 0; i < 5; i++) {
      const client = await Client.connect(rig.port)
      client.write(`{"v":1,"encoding":"zstd","bytes":${bomb.length},"size":1000}\n`)
      client.write(bomb)
      expect(await client.all()).toContain('longer than it promised')
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024)
  })

  test('refuses a line without an end', async () => {
    const client = await Client.connect(rig.port)
    client.write(encodeBatch(aBatch(1), 0, true))
    client.write(Buffer.alloc(5 * 1024 * 1024, 'x'))
    expect(await client.all()).toContain('a line is longer')
  })
})

describe("the original's dialect", () => {
  test('is answered Received, and nothing else, after the commit; then the connection ends', async () => {
    rig.store.hold()
    const client = await Client.connect(rig.port)
    client.write(JSON.stringify(aPacket()))
    await waitFor(() => rig.store.writes === 1)
    await Bun.sleep(30)
    expect(client.received).toBe('')
    rig.store.release()
    expect(await client.all()).toBe('Received')
    expect(rig.store.reports).toHaveLength(1)
    expect(rig.store.reports[0]).toMatchObject({
      host: 'web01',
      facts: {
        ip: '10.0.0.5',
        platform: 'Linux',
        build: 'Ubuntu 18.04',
        architecture: '64bit',
        domain: 'example.org',
        processors: 4,
        memoryMb: 7976,
      },
      events: [
        {
          uid: null,
          metric: 'perf.memory.percent.used',
          status: 'open',
          severity: 4,
          message: 'Memory > 85',
        },
      ],
    })
    expect([...rig.store.samples()]).toEqual([
      [`web01 perf.processor.percent.used ${NOW - 60}`, 12.5],
      [`web01 perf.system.uptime.seconds ${NOW - 60}`, 77],
    ])
  })

  test('arrives byte by byte as well', async () => {
    const client = await Client.connect(rig.port)
    for (const byte of Buffer.from(JSON.stringify(aPacket({ build: 'Grüß {"]\\"' }), null, 1))) {
      client.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await client.all()).toBe('Received')
    expect(rig.store.reports[0]?.facts?.build).toBe('Grüß {"]\\"')
  })

  test('is answered when the sender has ended its half already', async () => {
    const client = await Client.connect(rig.port)
    client.write(JSON.stringify(aPacket()))
    client.shutdown()
    expect(await client.all()).toBe('Received')
  })

  test('merges the rows of one time, and leaves bad values out one by one', async () => {
    const data = [
      { time: NOW, a: 1 },
      { time: `${NOW}`, b: '2.5', c: 'NaN', d: true, e: null },
      { time: NOW, a: 3 },
      { time: NOW + 3600, a: 1 },
      { a: 1 },
      7,
    ]
    const client = await Client.connect(rig.port)
    const text = JSON.stringify(aPacket({ data, events: [{ monitor: 'x' }] }))
    client.write(text.replace('"a":3', '"a":3,"f":NaN,"g":-Infinity,"h":"NaN says \\"Infinity\\""'))
    expect(await client.all()).toBe('Received')
    expect(rig.store.reports[0]?.frames).toEqual([
      { time: NOW, metrics: expect.anything(), values: [3, 2.5] },
    ])
    // An agent of the original deletes what it is told was received, so what lies ahead has to wait here.
    expect(rig.store.reports[0]?.waiting).toEqual([{ time: NOW + 3600, metrics: ['a'], values: [1] }])
    expect(rig.engine.counters().refused).toEqual({ value: 5, time: 1, frame: 1, event: 1, future: 1 })
    expect(rig.lines.join()).toContain('they wait in the database')
    // Each reason has its own sentence.
    expect(rig.lines.join()).toContain('reason=event detail="an event is incomplete"')
  })

  test('a clock that is months ahead is reported, and its samples wait; events are taken', async () => {
    const ahead = NOW + 90 * 86_400
    const data = Array.from({ length: 1500 }, (_, i) => ({ time: ahead + 60 * i, a: i }))
    const event = { time: ahead, monitor: 'a', message: 'a', status: 1, severity: 3 }
    const client = await Client.connect(rig.port)
    client.write(JSON.stringify(aPacket({ time: ahead, data, events: [event] })))
    expect(await client.all()).toBe('Received')
    expect(rig.store.reports.flatMap(({ waiting }) => waiting ?? []).map(({ time }) => time)).toEqual(
      data.map(({ time }) => time),
    )
    expect(rig.store.samples().size).toBe(0)
    const [first] = rig.store.reports
    expect(first?.clockSkew).toBe(ahead - (first?.seen ?? 0))
    expect(first?.events[0]?.time).toBe(first?.seen)
  })

  test('free space of a filesystem, as agents of 2018 send it, is kept as space in use', async () => {
    const free = 'perf.filesystem.c.percent.free'
    const data = [{ time: NOW, [free]: '12.34', a: 1, 'perf.network.percent.free': 5 }]
    const client = await Client.connect(rig.port)
    client.write(JSON.stringify(aPacket({ data })))
    expect(await client.all()).toBe('Received')
    expect(Object.fromEntries(rig.store.samples())).toEqual({
      [`web01 perf.filesystem.c.percent.used ${NOW}`]: 87.66,
      [`web01 a ${NOW}`]: 1,
      [`web01 perf.network.percent.free ${NOW}`]: 5,
    })
  })

  test('takes one list though something else stands in the place of the other', async () => {
    const event = { time: NOW - 60, monitor: 'a', message: 'high', status: 1, severity: 3 }
    const first = await Client.connect(rig.port)
    first.write(JSON.stringify(aPacket({ data: 7, events: [event] })))
    expect(await first.all()).toBe('Received')
    const second = await Client.connect(rig.port)
    second.write(JSON.stringify(aPacket({ data: [{ time: NOW, a: 1 }], events: { time: NOW } })))
    expect(await second.all()).toBe('Received')
    expect(rig.store.reports[0]?.events.map(({ metric }) => metric)).toEqual(['a'])
    expect([...rig.store.samples().keys()]).toEqual([`web01 a ${NOW}`])
    expect(rig.engine.counters().refused).toEqual({ frame: 1, event: 1 })
  })

  test.each([
    ['a wrong passphrase', JSON.stringify(aPacket({ passphrase: 'no' })), 'passphrase'],
    ['no passphrase', JSON.stringify(aPacket({ passphrase: undefined })), 'passphrase'],
    ['no name', JSON.stringify(aPacket({ name: undefined })), 'malformed'],
    ['text that is no JSON', '{"time":}', 'malformed'],
    ['something else altogether', 'GET / HTTP/1.1\r\n\r\n', 'malformed'],
    ['brackets without end', `{"a":${'['.repeat(100)}`, 'malformed'],
  ])('is closed without an answer for %s', async (_, text, reason) => {
    const client = await Client.connect(rig.port)
    client.write(text)
    expect(await client.all()).toBe('')
    expect(rig.engine.counters().refused).toEqual({ [reason]: 1 })
    expect(rig.store.writes).toBe(0)
    expect(rig.lines.join()).not.toContain(PASSPHRASE)
  })

  test('keeps names that Windows allows, as our own agent would write them', async () => {
    const client = await Client.connect(rig.port)
    const monitor = 'perf.service.mssql$sqlexpress.state'
    const event = { time: NOW - 60, monitor, message: 'stopped', status: 1, severity: 3 }
    client.write(JSON.stringify(aPacket({ data: [{ time: NOW - 60, [monitor]: 1, b: 2 }], events: [event] })))
    expect(await client.all()).toBe('Received')
    expect([...rig.store.samples().keys()]).toEqual([
      `web01 perf.service.mssql_sqlexpress.state ${NOW - 60}`,
      `web01 b ${NOW - 60}`,
    ])
    const [report] = rig.store.reports
    expect(report?.events[0]?.metric).toBe('perf.service.mssql_sqlexpress.state')
    expect(report?.spellings).toEqual({ 'perf.service.mssql_sqlexpress.state': monitor })
    expect(report?.facts?.agent).toBe('original 2019')
    expect(rig.engine.counters().refused).toEqual({})
  })

  test('a closing has the time of its packet, or the server when that is not usable', async () => {
    const event = { time: NOW - 900, monitor: 'a', message: 'a', status: 0, severity: 3 }
    for (const time of [NOW - 30, NOW - 10 * 86_400]) {
      const client = await Client.connect(rig.port)
      client.write(JSON.stringify(aPacket({ time, data: [], events: [event] })))
      expect(await client.all()).toBe('Received')
    }
    const [packet, server] = rig.store.reports.map(({ events }) => events[0])
    expect(packet).toMatchObject({ opened: NOW - 900, time: NOW - 30, status: 'closed' })
    expect(server?.time).toBeGreaterThanOrEqual(NOW)
  })

  test('is not stored when it was cut off', async () => {
    const client = await Client.connect(rig.port)
    client.write(JSON.stringify(aPacket()).slice(0, -1))
    client.shutdown()
    expect(await client.all()).toBe('')
    expect(rig.engine.counters().refused).toEqual({ cut_off: 1 })
    expect(rig.store.writes).toBe(0)
  })
})
