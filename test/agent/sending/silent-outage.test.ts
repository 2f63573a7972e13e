import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { Agent } from '../../../src/agent/agent.ts'
import { type Bench, openBench } from '../support/bench.ts'
import { startWireServer, type WireServer } from '../support/wire-server.ts'

let bench: Bench
let server: WireServer
let agent: Agent

beforeEach(() => {
  bench = openBench()
  server = startWireServer()
})

afterEach(async () => {
  await bench.stop(agent)
  server.close()
  bench.close()
})

/** Adds metrics whose values do not compress, so that a batch is longer than a packet. */
function addMetrics(count: number) {
  const { measure } = bench.source
  bench.source = {
    ...bench.source,
    async measure() {
      const { samples, failed } = await measure()
      const time = bench.cycles.at(-1) ?? 0
      const more = Array.from({ length: count }, (_, i) => ({
        metric: `perf.test.more.${i}`,
        value: Math.sin(time * (i + 1)),
      }))
      return { samples: [...samples, ...more], failed }
    },
  }
}

/** Lets the server fall silent, as where packets are dropped, until the agent has made its next connection. */
async function beSilent() {
  const before = server.connections
  server.answer = (_, { accept }) => {
    if (server.connections > before) accept()
  }
  await bench.advanceUntil(() => server.connections > before)
  const stored = server.stored.size
  await bench.advanceUntil(() => server.stored.size > stored)
}

const log = () => bench.logLines.join('\n')

const isNarrow = () => Math.max(...server.batches.flatMap(({ metrics, frames }) => valuesOf(metrics, frames)))

function valuesOf(metrics: readonly string[], frames: readonly (readonly (number | null)[])[]): number[] {
  const column = metrics.indexOf('perf.agent.path.narrow')
  return column < 0 ? [0] : frames.map((frame) => frame[column + 1] ?? 0)
}

test('after outages in which small batches were lost nothing speaks of large packets, and batches stay as they were', async () => {
  agent = await bench.start({ ports: [server.port] })
  await bench.advanceUntil(() => server.stored.size > 0)
  for (let outage = 0; outage < 4; outage++) {
    await beSilent()
    const until = bench.clock.now() + 700
    await bench.advanceUntil(() => bench.clock.now() >= until, 5)
  }
  expect(log()).toContain('no answer within 60 s')
  expect(log()).not.toMatch(/MTU|large packets|smaller batches/)
  expect(isNarrow()).toBe(0)
})

test('where large batches are lost twice, and small packets help twice, the log says why once', async () => {
  addMetrics(400)
  // Connections with packets of the usual size and with small ones take turns here.
  server.answer = ({ connection, bytes }, { accept }) => {
    if (connection % 2 === 1 || bytes <= 1200) accept()
  }
  agent = await bench.start({ ports: [server.port] })
  await bench.advanceUntil(() => server.stored.size > 0, 5)
  expect(log()).toContain('trying smaller batches')
  expect(log()).not.toMatch(/MTU|large packets/)
  await bench.advanceUntil(() => server.connections === 4, 5)
  const until = bench.clock.now() + 300
  await bench.advanceUntil(() => bench.clock.now() >= until, 5)
  expect(log().match(/the path to the server drops large packets \(MTU\)/g)).toHaveLength(1)
  expect(isNarrow()).toBe(1)
})
