import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createLog } from '../../src/lib/log.ts'
import { RestartableAgent } from '../../src/roles/restartable-agent.ts'
import { type Bench, FACTS, missingFrom, openBench } from '../agent/support/bench.ts'
import { startWireServer, type WireServer } from '../agent/support/wire-server.ts'

let bench: Bench
let server: WireServer
let agent: RestartableAgent<string | null>
/** What the machine says it is called. */
let machine: string

beforeEach(async () => {
  bench = openBench()
  server = startWireServer()
  machine = 'web01'
  bench.source.readMachine = () => ({ name: machine, facts: FACTS })
  const log = createLog({ level: 'info', format: 'text', write: (line) => bench.logLines.push(line) })
  agent = new RestartableAgent(async (name: string | null, following) => {
    if (name === '') throw new Error('no name')
    return () => bench.start({ ports: [server.port], name, ...following })
  }, log)
})

afterEach(async () => {
  // The clock does not advance, so everything must have happened before the final wait.
  const stopping = agent.stop()
  await bench.advanceUntil(() => true)
  await bench.clock.advance(5000)
  await stopping
  server.close()
  bench.close()
})

const namesOf = (batches: WireServer['batches']) => [...new Set(batches.map(({ host }) => host))]
const greetings = () =>
  server.batches.filter(({ passphrase }) => passphrase !== undefined).map(({ host, was }) => ({ host, was }))

test('a machine that gets another name goes on under it within ten minutes, and says which it had', async () => {
  await agent.start(null)
  await bench.advanceUntil(() => server.stored.size > 0)
  machine = 'web02'
  const changedMs = bench.clock.nowMs()
  await bench.advanceUntil(() => namesOf(server.batches).includes('web02'))
  expect(bench.clock.nowMs() - changedMs).toBeLessThanOrEqual(600_000)
  machine = 'web03'
  await bench.advanceUntil(() => namesOf(server.batches).includes('web03'))
  expect(greetings()).toEqual([
    { host: 'web01', was: undefined },
    { host: 'web02', was: ['web01'] },
    { host: 'web03', was: ['web02', 'web01'] },
  ])
  await bench.advanceUntil(() => missingFrom(server.stored, bench.sampled).length === 0)
  // Both names share one queue: no sample is doubled or missing at the change.
  expect(bench.kept).toEqual([...new Set(bench.cycles)])
  expect(bench.logLines.some((line) => line.includes('the machine has another name now'))).toBe(true)
})

test('a machine without a name keeps the one it had; a configured name is not touched', async () => {
  await agent.start(null)
  machine = 'localhost'
  await bench.advanceUntil(() => bench.cycles.length > 15, 10)
  expect(namesOf(server.batches)).toEqual(['web01'])
  await agent.reload('named')
  machine = 'web09'
  await bench.advanceUntil(() => bench.cycles.length > 30, 10)
  expect(greetings()).toEqual([
    { host: 'web01', was: undefined },
    { host: 'named', was: ['web01'] },
  ])
})

test('a configuration that does not do leaves the agent as it is', async () => {
  await agent.start('web01')
  await expect(agent.reload('')).rejects.toThrow('no name')
  const before = bench.cycles.length
  await bench.advanceUntil(() => bench.cycles.length > before + 2, 10)
  expect(namesOf(server.batches)).toEqual(['web01'])
})
