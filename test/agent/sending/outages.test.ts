import { expect, test } from 'bun:test'
import { missingFrom, openBench } from '../support/bench.ts'
import { startWireServer, store, type WireServer } from '../support/wire-server.ts'

/** Numbers from 0 to below 1 that are the same for a seed each time (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

type Misdeed = (server: WireServer) => WireServer['answer']

/** Ways in which servers misbehave; each stores what it acknowledges, some store more. */
const MISDEEDS: Record<string, Misdeed> = {
  'takes everything':
    () =>
    (_, { accept }) =>
      accept(),
  'stores and hangs up before it answers':
    (server) =>
    (batch, { disconnect }) => {
      store(server, batch)
      disconnect()
    },
  'stores and says nothing': (server) => (batch) => store(server, batch),
  'says nothing': () => () => {},
  'hangs up':
    () =>
    (_, { disconnect }) =>
      disconnect(),
  'answers and hangs up':
    () =>
    (_, { accept, disconnect }) => {
      accept()
      disconnect()
    },
  'has no storage':
    () =>
    (batch, { reply }) =>
      reply(`{"id":${batch.id},"error":"storage is away","retry":true}\n`),
  'refuses the agent':
    () =>
    (_, { reply, disconnect }) => {
      reply('{"id":null,"error":"wrong passphrase","retry":false}\n')
      disconnect()
    },
  'talks nonsense':
    () =>
    (_, { reply }) =>
      reply('<html>\n'),
}

test.each([1, 2, 3, 4])(
  'loses and invents nothing whatever the servers and the agent go through (seed %d)',
  async (seed) => {
    const random = createRandom(seed)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
    const bench = openBench()
    const servers = [startWireServer(), startWireServer()]
    const ports = servers.map(({ port }) => port)
    const open = servers.map(() => true)
    let agent = await bench.start({ ports })
    const setOpen = (index: number, isOpen: boolean) => {
      const server = servers[index]
      if (server === undefined || open[index] === isOpen) return
      open[index] = isOpen
      if (isOpen) server.reopen()
      else server.close()
    }
    const stored = () => new Map(servers.flatMap((server) => [...server.stored]))
    try {
      for (let step = 0; step < 60; step++) {
        const index = Math.floor(random() * 2)
        const server = servers[index] as WireServer
        if (random() < 0.3) setOpen(index, random() < 0.5)
        server.answer = pick(Object.values(MISDEEDS))(server)
        const until = bench.clock.now() + Math.floor(random() * 300)
        await bench.advanceUntil(() => bench.clock.now() >= until, 5)
        if (random() < 0.15) {
          await bench.stop(agent)
          agent = await bench.start({ ports })
        }
        if (random() < 0.1) bench.clock.jump(bench.clock.nowMs() + Math.round((random() - 0.4) * 600_000))
      }
      for (const [index, server] of servers.entries()) {
        setOpen(index, true)
        server.answer = (_, { accept }) => accept()
      }
      await bench.advanceUntil(() => missingFrom(stored(), bench.sampled).length === 0)
      const measured = new Map([...stored()].filter(([key]) => key.includes('perf.test.')))
      expect(missingFrom(bench.sampled, measured)).toEqual([])
      expect(bench.kept.length).toBeGreaterThan(80)
    } finally {
      await bench.stop(agent)
      for (const server of servers) server.close()
      bench.close()
    }
  },
  30_000,
)

test('never keeps a time twice, though the clock is put back and the agent started again', async () => {
  const bench = openBench()
  const server = startWireServer()
  let agent = await bench.start({ ports: [server.port] })
  const start = bench.clock.nowMs()
  const restart = async () => {
    await bench.stop(agent)
    agent = await bench.start({ ports: [server.port] })
  }
  try {
    await bench.advanceUntil(() => bench.kept.length === 5, 5)
    bench.clock.jump(start + 86_400_000)
    await restart()
    await bench.advanceUntil(() => bench.kept.length === 8, 5)
    bench.clock.jump(start + 2 * 60_000)
    await restart()
    await bench.advanceUntil(() => bench.kept.length === 12, 5)
    expect(bench.kept.map((time) => time - start / 1000)).toEqual([
      ...[0, 60, 120, 180, 240],
      ...[86_400, 86_460, 86_520],
      ...[300, 360, 420, 480],
    ])
  } finally {
    await bench.stop(agent)
    server.close()
    bench.close()
  }
})

test('a server that takes everything but samples is asked less and less often', async () => {
  const bench = openBench()
  const server = startWireServer()
  const agent = await bench.start({ ports: [server.port] })
  try {
    await bench.advanceUntil(() => server.stored.size > 0)
    server.answer = ({ id, frames }, { accept, reply }) =>
      frames.length === 0 ? accept() : reply(`{"id":${id},"error":"storage does not take it","retry":true}\n`)
    const before = { connections: server.connections, lines: bench.logLines.length }
    const end = bench.clock.now() + 900
    await bench.advanceUntil(() => bench.clock.now() >= end)
    expect(server.connections - before.connections).toBeWithin(10, 35)
    expect(bench.logLines.length - before.lines).toBeLessThan(20)
    server.answer = (_, { accept }) => accept()
    await bench.advanceUntil(() => missingFrom(server.stored, bench.sampled).length === 0)
  } finally {
    await bench.stop(agent)
    server.close()
    bench.close()
  }
})
