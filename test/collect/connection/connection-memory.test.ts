import { heapStats } from 'bun:jsc'
import { expect, test } from 'bun:test'
import { KeyAdmission } from '../../../src/collect/connection/admission.ts'
import type { SocketHandler } from '../../../src/collect/connection/connection-context.ts'
import { DEFAULT_LIMITS } from '../../../src/collect/connection/connection-limits.ts'
import type { OpeningSocket } from '../../../src/collect/connection/opening.ts'
import { Connections } from '../../../src/collect/connections.ts'
import { Ingest } from '../../../src/collect/ingest.ts'
import { Rejections } from '../../../src/collect/rejections.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import { NameLists } from '../../../src/protocol/names.ts'
import { Client, MemoryStore, NOW, PASSPHRASE, startRig, waitFor } from '../harness.ts'

/** A socket whose other side reads at once. */
class ReadSocket implements OpeningSocket {
  data: SocketHandler | undefined
  readonly remoteAddress: string
  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress
  }
  write(data: string | Uint8Array): number {
    return data.length
  }
  pause() {}
  resume() {}
  shutdown() {}
  end() {}
  terminate() {}
}

class ForgetfulStore extends MemoryStore {
  override async write() {
    this.writes++
    return new Map()
  }
}

function openConnections() {
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const clock = systemClock
  const rejections = new Rejections(clock, log)
  const limits = DEFAULT_LIMITS
  const ingest = new Ingest({
    ...{ store: new ForgetfulStore(), clock, log, rejections, limits },
    onRoom: () => {},
    onCommit: () => {},
    onBound: () => {},
    isDiskFull: () => false,
  })
  const connections = new Connections({
    ...{ ingest, rejections, limits },
    nameLists: new NameLists(),
    findPassphrase: () => 'current',
    admission: new KeyAdmission(null, () => NOW, log),
    findCsvObstacle: () => null,
    now: () => NOW,
    monotonicMs: () => clock.monotonicMs(),
  })
  return { ingest, connections }
}

const KINDS = ['Object', 'Function', 'JSLexicalEnvironment', 'Map', 'Set', 'Array', 'Uint8Array'] as const

/** What is alive: bytes, and how many objects of each kind. */
function countAlive() {
  Bun.gc(true)
  const { heapSize, objectTypeCounts } = heapStats()
  return { heapSize, counts: KINDS.map((kind) => objectTypeCounts[kind] ?? 0) }
}

test('a connection between two messages is a few small objects, without functions, maps and buffers', async () => {
  const AGENTS = 4000
  const { ingest, connections } = openConnections()
  const metrics = Array.from({ length: 60 }, (_, i) => `perf.metric${i}`)
  const values = metrics.map((_, i) => i / 4).join(',')
  const sockets: ReadSocket[] = []
  /** Opens connections; each sends who it is, and then a packet in two pieces. */
  const open = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const host = `web${i}`
      const socket = new ReadSocket(`10.0.${i >> 8}.${i & 255}`)
      sockets.push(socket)
      connections.accept(socket)
      const first = { v: 1, id: 1, host, passphrase: PASSPHRASE, layout: 1, metrics, frames: [] }
      socket.data?.receive(Buffer.from(`${JSON.stringify(first)}\n`))
      const packet = Buffer.from(
        `{"v":1,"id":2,"host":"${host}","layout":1,"frames":[[${NOW - 60},${values}]]}\n`,
      )
      socket.data?.receive(packet.subarray(0, 100))
      expect(connections.held).toBeGreaterThan(0)
      socket.data?.receive(packet.subarray(100))
      expect(connections.held).toBe(0)
      // While storage is behind, nothing is read.
      if (i % 50 === 0) await waitFor(() => ingest.isIdle)
    }
    await waitFor(() => ingest.isIdle)
  }
  await open(0, 100)
  const before = countAlive()
  await open(100, AGENTS)
  const after = countAlive()
  expect(ingest.counters.packets).toBe(2 * AGENTS)
  const each = after.counts.map((count, i) => (count - (before.counts[i] ?? 0)) / (AGENTS - 100))
  // One of the objects is the socket.
  expect(Math.round(each[0] ?? 0)).toBeLessThanOrEqual(8)
  for (const [i, kind] of KINDS.entries())
    if (i > 0) expect([kind, (each[i] ?? 0) < 0.1]).toEqual([kind, true])
  expect((after.heapSize - before.heapSize) / (AGENTS - 100)).toBeLessThan(1400)
  expect(sockets).toHaveLength(AGENTS)
})

test('a long message in many pieces leaves nothing behind, and the next one is read as well', async () => {
  const { engine, port } = await startRig()
  const client = await Client.connect(port)
  const line = (id: number) => {
    const frames = Array.from({ length: 900 }, (_, i) => [NOW - 60 * i, i])
    return `${JSON.stringify({ v: 1, id, host: 'web01', passphrase: PASSPHRASE, layout: 0, metrics: ['a'], frames })}\n`
  }
  client.write(line(1))
  await client.lines(1)
  for (const id of [2, 3]) {
    for (let at = 0; at < line(id).length - 1; at += 5000) {
      client.write(line(id).slice(at, Math.min(at + 5000, line(id).length - 1)))
      await Bun.sleep(10)
    }
    await waitFor(() => engine.counters().held > 10_000)
    client.write('\n')
    await client.lines(id)
    expect(engine.counters().held).toBe(0)
  }
  client.close()
  await engine.stop()
})
