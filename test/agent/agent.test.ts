import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Agent } from '../../src/agent/agent.ts'
import type { AgentOptions } from '../../src/agent/agent-options.ts'
import { Queue } from '../../src/agent/queue/queue.ts'
import { sampleOnce } from '../../src/agent/sample-once.ts'
import type { Threshold } from '../../src/domain/thresholds/threshold.ts'
import { createLog } from '../../src/lib/log.ts'
import { FULL_VERSION } from '../../src/lib/version.ts'
import { openProcFs } from '../../src/platform/proc.ts'
import { expectFailure } from '../support/failure.ts'
import { type Bench, FACTS, missingFrom, openBench } from './support/bench.ts'
import { type SeenBatch, startWireServer, store, type WireServer } from './support/wire-server.ts'

let bench: Bench
let servers: WireServer[] = []
let agent: Agent | null = null

beforeEach(() => {
  bench = openBench()
})

afterEach(async () => {
  await stop()
  for (const server of servers) server.close()
  servers = []
  bench.close()
})

function newServer(): WireServer {
  const server = startWireServer()
  servers.push(server)
  return server
}

async function start(server: WireServer | readonly WireServer[], options: Partial<AgentOptions> = {}) {
  const ports = [server].flat().map(({ port }) => port)
  agent = await bench.start({ ports, ...options })
}

/** Moves the clock on while the agent waits for answers. */
async function stop() {
  const stopping = agent?.stop()
  agent = null
  for (let second = 0; second < 5; second++) await bench.clock.advance(1000)
  await stopping
}

const THRESHOLD: Threshold = {
  metric: 'perf.test.*',
  severity: 2,
  compare: '>',
  value: 1e6,
  duration: 60,
  clearAfter: null,
  clearValue: null,
}

const hasAll = (server: WireServer) => missingFrom(server.stored, bench.sampled).length === 0
const framesOf = (server: WireServer) => server.batches.flatMap((batch) => batch.frames)
const timesOf = (server: WireServer) => framesOf(server).map((frame) => frame[0])
const openQueue = () => {
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  return new Queue({ file: bench.queueFile, bytes: 1e8, interval: 60, clock: bench.clock, log })
}
const queueLength = () => {
  const queue = openQueue()
  const { length } = queue.figures
  queue.close()
  return length
}

describe('an agent with its server', () => {
  test('greets with passphrase and facts, then sends each sample on one connection', async () => {
    const server = newServer()
    await start(server)
    await bench.advanceUntil(() => bench.cycles.length >= 5 && hasAll(server))
    const [greeting, ...rest] = server.batches
    expect(greeting).toMatchObject({ host: 'web01', passphrase: 'open sesame', facts: FACTS, frames: [] })
    expect(rest.every((batch) => batch.passphrase === undefined && batch.facts === undefined)).toBe(true)
    expect(server.connections).toBe(1)
    expect([...server.storedTimes.values()].every((count) => count === 1)).toBe(true)
    await stop()
    expect(queueLength()).toBe(0)
  })

  test('sends its own figures as samples', async () => {
    const server = newServer()
    await start(server)
    await bench.advanceUntil(() => hasAll(server) && bench.sampled.size > 0)
    expect([...server.stored.keys()].map((key) => key.split(' ')[1])).toContainValues([
      'perf.agent.queue.length',
      'perf.agent.queue.dropped',
      'perf.agent.queue.refused',
      'perf.agent.processor.seconds',
      'perf.agent.memory.bytes',
      'perf.agent.probe.failures',
    ])
  })

  test('measures and sends in the first seconds of the interval, as its name decides, and at once after a start', async () => {
    const server = newServer()
    const moments = new Map<string, Set<number>>()
    for (const name of ['web01', 'web02', 'web03', 'db01', 'db02', 'db03']) {
      await start(server, { name, queueFile: `${bench.folder}/${name}.db` })
      const before = server.batches.length
      const seen = () => server.batches.slice(before).filter((batch) => batch.frames.length > 0)
      const began = bench.clock.now()
      await bench.advanceUntil(() => seen().length === 4)
      expect((seen()[0]?.clock ?? 0) - began).toBeLessThanOrEqual(8)
      moments.set(
        name,
        new Set(
          seen()
            .slice(1)
            .map((batch) => (batch.clock ?? 0) % 60),
        ),
      )
      await stop()
    }
    const spread = [...moments.values()].flatMap((seconds) => [...seconds])
    expect(new Set(spread).size).toBeGreaterThan(2)
    expect(Math.max(...spread)).toBeLessThanOrEqual(6)
  })

  test('sends facts again when they change', async () => {
    const server = newServer()
    await start(server, { groups: ['web'], thresholds: [THRESHOLD] })
    await bench.advanceUntil(() => hasAll(server))
    const changed = { ...FACTS, memoryMb: 8000 }
    const program = { version: FULL_VERSION, fingerprints: [] }
    const reported = {
      ...changed,
      groups: ['web'],
      program,
      thresholds: [{ ...THRESHOLD, isStandard: false }],
    }
    bench.source.readMachine = () => ({ name: 'bench', facts: changed })
    const began = bench.clock.now()
    const latest = () => server.batches.findLast((batch) => batch.facts !== undefined)?.facts
    await bench.advanceUntil(() => Bun.deepEquals(latest(), reported))
    expect(bench.clock.now() - began).toBeLessThanOrEqual(600)
  })

  test('does not send facts again, nor what it judges by, while they are the same', async () => {
    const server = newServer()
    await start(server, { groups: ['web'], thresholds: [THRESHOLD], hasDefaultThresholds: true })
    await bench.advanceUntil(() => bench.cycles.length > 25, 10)
    await bench.advanceUntil(() => hasAll(server))
    expect(server.batches.filter((batch) => batch.facts !== undefined)).toHaveLength(1)
  })

  test('packs long batches', async () => {
    const server = newServer()
    const names = Array.from({ length: 500 }, (_, i) => `perf.test.metric.${i}`)
    bench.source.measure = async () => ({
      samples: names.map((metric, i) => ({ metric, value: i })),
      failed: 0,
    })
    await start(server)
    await bench.advanceUntil(() => server.stored.size >= 500)
    expect(server.stored.get(`${bench.clock.now() - (bench.clock.now() % 60)} perf.test.metric.499`)).toBe(
      499,
    )
  })

  test('sends a sign of life when there is nothing else to send', async () => {
    const server = newServer()
    await start(server)
    await bench.advanceUntil(() => bench.cycles.length === 5 && hasAll(server))
    bench.clock.jump(bench.clock.nowMs() - 180_000)
    const before = server.batches.length
    await bench.advanceUntil(() => server.batches.length >= before + 2)
    expect(server.batches.slice(before).every((batch) => batch.frames.length === 0)).toBe(true)
    // It is measured, for the sake of the thresholds, though nothing can be stored twice under one time.
    expect(bench.cycles.length).toBeGreaterThanOrEqual(7)
  })

  test('sends events that wait in the queue', async () => {
    const server = newServer()
    const event = {
      uid: 'u1',
      change: 2,
      time: bench.clock.now(),
      metric: 'perf.test.count',
      severity: 1,
      status: 'open',
      message: 'Count > 1',
    } as const
    const queue = openQueue()
    queue.append({ frame: null, events: [event] }, null)
    queue.close()
    await start(server)
    await bench.advanceUntil(() => server.batches.some((batch) => batch.events.length > 0))
    expect(server.batches.flatMap((batch) => batch.events)).toEqual([event])
    await stop()
    expect(queueLength()).toBe(0)
  })

  test('waits for answers that are due when it is stopped', async () => {
    const server = newServer()
    let late = () => {}
    server.answer = (batch, { accept }) => {
      if (batch.frames.length === 0) accept()
      else late = accept
    }
    await start(server)
    await bench.advanceUntil(() => server.batches.length === 2)
    const stopping = agent?.stop()
    agent = null
    await Bun.sleep(5)
    late()
    await stopping
    expect(queueLength()).toBe(0)
  })

  test('refuses to start under a name that is none', async () => {
    const server = newServer()
    await expectFailure(start(server, { name: 'not a name' }), 'agent.name')
  })
})

describe('an agent whose server fails', () => {
  test('keeps everything while the server is away, and sends it when it is back', async () => {
    const server = newServer()
    server.close()
    await start(server)
    await bench.advanceUntil(() => bench.cycles.length >= 30, 5)
    server.reopen()
    await bench.advanceUntil(() => hasAll(server))
    expect(new Set(timesOf(server)).size).toBe(bench.cycles.length)
    await stop()
    expect(queueLength()).toBe(0)
    const failures = bench.logLines.filter((line) => line.includes('sending failed'))
    // At once, and then every ten minutes with what waits by then: thirty minutes pass here.
    expect(failures.length).toBeGreaterThanOrEqual(2)
    expect(failures.length).toBeLessThanOrEqual(4)
    expect(failures[0]).toContain('waiting=1')
    expect(failures[1]).toMatch(/waiting=1\d/)
    expect(failures[0]).toContain('connection refused: nothing listens on that port')
  })

  test('comes back at a moment of its own after a server that restarted has closed its connection', async () => {
    const server = newServer()
    const moments: number[] = []
    for (const name of ['web01', 'web02', 'web03', 'db01', 'db02', 'db03']) {
      await start(server, { name, queueFile: `${bench.folder}/${name}.db` })
      const first = server.batches.length
      const sent = (from: number) =>
        server.batches.slice(from).filter(({ frames }) => frames.length > 0).length
      await bench.advanceUntil(() => sent(first) === 2)
      server.close()
      server.reopen()
      const second = server.batches.length
      await bench.advanceUntil(() => server.batches.length > second)
      moments.push(bench.clock.now() % 60)
      await bench.advanceUntil(() => sent(second) > 0)
      await stop()
    }
    expect(Math.max(...moments)).toBeLessThanOrEqual(38)
    expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(8)
    expect(bench.logLines.join('\n')).not.toContain('sending failed')
  })

  test('sends smaller batches to a server that answers its greeting and none of the larger ones', async () => {
    const server = newServer()
    server.close()
    await start(server)
    await bench.advanceUntil(() => bench.cycles.length >= 120, 30)
    server.answer = (batch, { accept }) => {
      if (batch.frames.length <= 30) accept()
    }
    server.reopen()
    await bench.advanceUntil(() => hasAll(server), 5)
    await stop()
    expect(queueLength()).toBe(0)
    expect(bench.logLines.join('\n')).toContain('trying smaller batches')
  })

  test('sends a long frame in parts where the path lets only small packets pass', async () => {
    const { measure } = bench.source
    bench.source = {
      ...bench.source,
      async measure() {
        const measured = await measure()
        const time = bench.cycles.at(-1) ?? 0
        const more = Array.from({ length: 300 }, (_, i) => ({
          metric: `perf.test.of.many.things.${i}`,
          value: time + i / 3,
        }))
        for (const { metric, value } of more) bench.sampled.set(`${time} ${metric}`, value)
        return { ...measured, samples: [...measured.samples, ...more] }
      },
    }
    const server = newServer()
    let longest = 0
    server.answer = (batch, { accept }) => {
      if (batch.bytes > 1200) return
      longest = Math.max(longest, batch.bytes)
      accept()
    }
    await start(server)
    await bench.advanceUntil(() => bench.cycles.length >= 6 && hasAll(server), 5)
    await stop()
    expect(queueLength()).toBe(0)
    expect(longest).toBeGreaterThan(600)
    // A batch that arrives in parts is counted once.
    const numbers = server.batches.flatMap((batch) =>
      batch.bytes <= 1200 && 'numbers' in batch ? [batch.numbers] : [],
    )
    expect(numbers.length).toBeLessThanOrEqual(bench.cycles.length)
  })

  test('sends again what was stored but not acknowledged, and deletes nothing before it is', async () => {
    const server = newServer()
    server.answer = (batch, { accept, disconnect }) => {
      if (batch.frames.length === 0) return accept()
      store(server, batch)
      disconnect()
    }
    await start(server)
    await bench.advanceUntil(() => bench.cycles.length >= 5)
    await stop()
    const stored = bench.cycles.length
    expect(queueLength()).toBe(stored)
    const before = server.batches.length
    server.answer = (_, { accept }) => accept()
    await start(server)
    // Everything is stored from the beginning here; the test waits until it is sent again.
    await bench.advanceUntil(
      () => server.batches.slice(before).flatMap(({ frames }) => frames).length >= stored,
    )
    await stop()
    expect(queueLength()).toBe(0)
  })

  test('gives up on a server that does not answer, and comes back', async () => {
    const server = newServer()
    let isMute = true
    server.answer = (batch, { accept }) => {
      if (batch.frames.length === 0 || !isMute) accept()
    }
    await start(server)
    await bench.advanceUntil(() => server.connections >= 3)
    expect(bench.logLines.join('\n')).toContain('no answer within 60 s')
    isMute = false
    await bench.advanceUntil(() => hasAll(server))
  })

  test.each([
    ['not JSON', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['JSON of another kind', '{"hello":1}\n'],
    ['an answer to what was not sent', '{"id":4711,"stored":true}\n'],
    ['an answer without an end', 'x'.repeat(100_000)],
  ])('survives %s', async (_, garbage) => {
    const server = newServer()
    let isMad = true
    server.answer = (batch, { accept, reply }) => {
      if (batch.frames.length > 0 && isMad) reply(garbage)
      else accept()
    }
    await start(server)
    await bench.advanceUntil(() => server.connections >= 3)
    isMad = false
    await bench.advanceUntil(() => hasAll(server))
  })

  test('keeps everything when the passphrase is wrong, and asks seldom', async () => {
    const server = newServer()
    server.answer = (_, { reply, disconnect }) => {
      reply('{"id":null,"error":"wrong passphrase","retry":false}\n')
      disconnect()
    }
    await start(server)
    await bench.advanceUntil(() => bench.cycles.length >= 60, 5)
    expect(server.connections).toBeLessThan(20)
    expect(bench.logLines.join('\n')).not.toContain('open sesame')
    await stop()
    expect(queueLength()).toBe(bench.cycles.length)
  })

  test('drops only the sample that the server will never take', async () => {
    const server = newServer()
    const poison = bench.clock.now() + 20 * 60
    server.close()
    server.answer = (batch, { accept, reply }) => {
      if (batch.frames.some((frame) => frame[0] === poison))
        reply(`{"id":${batch.id},"error":"I do not like it","retry":false}\n`)
      else accept()
    }
    await start(server)
    await bench.advanceUntil(() => bench.cycles.length >= 50, 5)
    server.reopen()
    const key = `${poison} perf.test.`
    await bench.advanceUntil(() =>
      missingFrom(server.stored, bench.sampled).every((missing) => missing.startsWith(key)),
    )
    await bench.advanceUntil(() =>
      [...server.stored].some(([k, v]) => k.endsWith('queue.refused') && v === 1),
    )
    await stop()
    expect(queueLength()).toBe(0)
    expect(bench.logLines.filter((line) => line.includes('dropped'))).toHaveLength(1)
  })

  test('goes on after values were rejected, and logs that', async () => {
    const server = newServer()
    server.answer = (batch, { accept, reply }) => {
      if (batch.frames.length === 0) return accept()
      store(server, batch)
      reply(`{"id":${batch.id},"stored":true,"refused":2,"reason":"too far in the future"}\n`)
    }
    await start(server)
    const said = () => bench.logLines.filter((line) => line.includes('too far in the future'))
    await bench.advanceUntil(() => bench.cycles.length >= 6 && hasAll(server))
    expect(said()).toHaveLength(1)
    // A bound rejects the same values with each sample: the log repeats it after ten minutes, with their sum.
    await bench.advanceUntil(() => bench.cycles.length >= 13 && hasAll(server), 5)
    expect(said()).toHaveLength(2)
    expect(Number(/refused=(\d+)/.exec(said()[1] ?? '')?.[1])).toBeGreaterThan(10)
    await stop()
    expect(queueLength()).toBe(0)
  })

  test('tries again when storage is away', async () => {
    const server = newServer()
    let isAway = true
    server.answer = (batch, { accept, reply }) =>
      isAway ? reply(`{"id":${batch.id},"error":"storage is away","retry":true}\n`) : accept()
    await start(server)
    await bench.advanceUntil(() => bench.cycles.length >= 5)
    isAway = false
    await bench.advanceUntil(() => hasAll(server))
  })

  test('goes to the next server at once when one fails', async () => {
    const [first, second] = [newServer(), newServer()]
    await start([first, second])
    await bench.advanceUntil(() => bench.cycles.length === 3 && hasAll(first))
    expect(second.connections).toBe(0)
    const before = new Map(first.stored)
    first.close()
    await bench.advanceUntil(() => second.stored.size > 0)
    await bench.advanceUntil(
      () => missingFrom(new Map([...before, ...second.stored]), bench.sampled).length === 0,
    )
    second.close()
    first.reopen()
    await bench.advanceUntil(() => bench.cycles.length >= 8)
    await bench.advanceUntil(
      () => missingFrom(new Map([...first.stored, ...second.stored]), bench.sampled).length === 0,
    )
  })
})

describe('an agent with a long backlog', () => {
  const WEEK = 10_080

  async function fillQueue() {
    const queue = openQueue()
    const metrics = Array.from({ length: 12 }, (_, i) => `perf.old.${i}`)
    const now = bench.clock.now()
    const first = now - WEEK * 60
    for (let at = 0; at < WEEK; at++)
      queue.append(
        { frame: { time: first + at * 60, metrics, values: metrics.map((_, i) => at + i) }, events: [] },
        null,
      )
    queue.close()
    return first
  }

  test('sends a week oldest first in bounded batches, and fresh samples between them', async () => {
    const server = newServer()
    const first = await fillQueue()
    const waiting: (() => void)[] = []
    let mostOpen = 0
    server.answer = (_, { accept }) => {
      waiting.push(accept)
      mostOpen = Math.max(mostOpen, waiting.length)
    }
    await start(server)
    await bench.clock.advance(0)
    // One answer every ten seconds: a slow server.
    for (let step = 0; queueIsBusy(); step++) {
      if (step > 400) throw new Error('the backlog does not end')
      // Once the backlog is over, nothing waits until the next sample.
      for (let i = 0; i < 100 && waiting.length === 0; i++) await Bun.sleep(2)
      waiting.shift()?.()
      for (let second = 0; second < 10; second++) {
        await bench.clock.advance(1000)
        await Bun.sleep(0)
      }
    }
    function queueIsBusy() {
      return server.stored.size < WEEK * 12 || !hasAll(server)
    }
    const backlog = server.batches.filter((batch) => batch.metrics[0] === 'perf.old.0')
    const times = backlog.flatMap((batch) => batch.frames.map((frame) => frame[0] ?? 0))
    expect(times).toEqual(Array.from({ length: WEEK }, (_, i) => first + i * 60))
    expect(Math.max(...backlog.map((batch) => batch.frames.length))).toBeLessThanOrEqual(60)
    expect(mostOpen).toBeLessThanOrEqual(2)
    expect(server.batches[1]?.metrics).toContain('perf.test.count')
    const fresh = server.batches.flatMap((batch, place) =>
      batch.metrics.includes('perf.test.count')
        ? [{ place, age: (batch.clock ?? 0) - (batch.frames[0]?.[0] ?? 0) }]
        : [],
    )
    expect(fresh.length).toBe(bench.cycles.length)
    expect(Math.max(...fresh.map(({ age }) => age))).toBeLessThanOrEqual(120)
    const lastOld = server.batches.findLastIndex((batch) => batch.metrics[0] === 'perf.old.0')
    expect(fresh.filter(({ place }) => place < lastOld).length).toBeGreaterThan(5)
  }, 60_000)
})

test('one sample alone is the batch that would be sent, of the second of two readings, without the passphrase', async () => {
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const options = {
    name: null,
    processes: [],
    services: [],
    thresholds: [THRESHOLD],
    hasDefaultThresholds: true,
    platform: { system: 'linux', proc: openProcFs() } as const,
    clock: bench.clock,
    log,
  }
  const sampling = sampleOnce(options, bench.source)
  await bench.advanceUntil(() => bench.cycles.length === 2)
  const batch = (await sampling) as SeenBatch
  expect(batch).toMatchObject({ v: 1, host: 'bench', facts: FACTS, events: [] })
  expect(batch.frames[0]?.[1 + batch.metrics.indexOf('perf.test.count')]).toBe(2)
  expect(batch.metrics).toContain('perf.agent.processor.seconds')
  expect(batch).not.toHaveProperty('passphrase')
  expect(batch.facts).toHaveProperty('thresholds.0.metric', 'perf.test.*')
  expect(batch.facts).toHaveProperty('thresholds.1.isStandard', true)
})
