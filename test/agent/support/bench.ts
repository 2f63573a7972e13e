import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Agent, startAgent } from '../../../src/agent/agent.ts'
import type { AgentOptions } from '../../../src/agent/agent-options.ts'
import type { MachineSource } from '../../../src/agent/machine-source.ts'
import type { HostFacts } from '../../../src/domain/hosts/host.ts'
import { createLog } from '../../../src/lib/log.ts'
import { openProcFs } from '../../../src/platform/proc.ts'
import { type FakeClock, fakeClock } from '../../support/clock.ts'

export const FACTS: HostFacts = {
  ip: '127.0.0.1',
  platform: 'Linux',
  build: 'Debian 12',
  architecture: '64bit',
  domain: 'example.org',
  processors: 2,
  memoryMb: 4000,
}

export type Bench = {
  readonly clock: FakeClock
  readonly folder: string
  readonly queueFile: string
  readonly logLines: string[]
  /**
   * The values that the first cycle of each time measured, `time metric` to value. What is measured again
   * under such a time, after the clock was set back, is never to be stored.
   */
  readonly sampled: Map<string, number>
  /** The times of these cycles, in their order. */
  readonly kept: number[]
  /** The times of all cycles. */
  readonly cycles: number[]
  source: MachineSource
  start(options: Partial<AgentOptions> & { ports: readonly number[] }): Promise<Agent>
  /** Stops the agent while the clock goes on: its last delivery may wait for an answer. */
  stop(agent: Agent): Promise<void>
  /** The same storage, for whose calls the clock waits: a busy disk takes time that no clock here knows. */
  watch<T extends object>(storage: T): T
  /**
   * Moves the clock on; then it stands for `realMs`, for the sockets, and as long as an agent connects or a call of
   * the storage lasts.
   */
  pass(ms: number, realMs?: number): Promise<void>
  /** Passes small steps until the condition holds. */
  advanceUntil(isSo: () => boolean, stepSeconds?: number): Promise<void>
  close(): void
}

/** So long a clock waits at most for a call of the storage. */
const STORING_MS = 2000
/** The same for a connection, which may go nowhere on purpose. */
const CONNECTING_MS = 20

/** A machine that counts, a clock that stands, and a folder of its own for an agent. */
export function openBench(): Bench {
  const clock = fakeClock()
  const folder = mkdtempSync(join(tmpdir(), 'monitor-agent-'))
  const logLines: string[] = []
  const log = createLog({ level: 'debug', format: 'text', write: (line) => logLines.push(line) })
  const sampled = new Map<string, number>()
  const kept: number[] = []
  const cycles: number[] = []
  let interval = 60
  let count = 0
  const agents = new Set<Agent>()
  let calls = 0
  const isConnecting = () => [...agents].some((agent) => agent.isBusy())
  const bench: Bench = {
    clock,
    folder,
    queueFile: join(folder, 'queue.db'),
    logLines,
    sampled,
    kept,
    cycles,
    source: {
      async measure() {
        const time = Math.floor(clock.nowMs() / 1000 / interval) * interval
        cycles.push(time)
        const isNew = !kept.includes(time)
        if (isNew) kept.push(time)
        count++
        const samples = [
          { metric: 'perf.test.count', value: count },
          { metric: 'perf.test.constant', value: 7.5 },
          ...(count % 5 === 0 ? [] : [{ metric: 'perf.test.sometimes', value: count / 2 }]),
        ]
        if (isNew) for (const { metric, value } of samples) sampled.set(`${time} ${metric}`, value)
        return { samples, failed: 0 }
      },
      readMachine: () => ({ name: 'bench', facts: FACTS }),
    },
    async start({ ports, ...options }) {
      interval = options.interval ?? 60
      const agent = await startAgent(
        {
          servers: ports.map((port) => ({ host: '127.0.0.1', port })),
          passphrase: 'open sesame',
          key: 'the key of this agent',
          name: 'web01',
          interval,
          queueAge: 7 * 86_400,
          queueBytes: 64 * 1024 * 1024,
          queueFile: bench.queueFile,
          processes: [],
          services: [],
          thresholds: [],
          hasDefaultThresholds: false,
          platform: { system: 'linux', proc: openProcFs() },
          clock,
          log,
          ...options,
        },
        bench.source,
      )
      agents.add(agent)
      return agent
    },
    async stop(agent) {
      agents.delete(agent)
      const stopping = agent.stop()
      for (let second = 0; second < 5; second++) await clock.advance(1000)
      await stopping
    },
    watch: (storage) =>
      watchCalls(storage, (difference) => {
        calls += difference
      }),
    async pass(ms, realMs = 1) {
      await clock.advance(ms)
      await Bun.sleep(realMs)
      const begun = performance.now()
      const isWithin = (ms: number) => performance.now() < begun + ms
      while ((calls > 0 && isWithin(STORING_MS)) || (isConnecting() && isWithin(CONNECTING_MS)))
        await Bun.sleep(1)
    },
    async advanceUntil(isSo, stepSeconds = 1) {
      for (let step = 0; !isSo(); step++) {
        if (step >= 3600) throw new Error(`not so after ${step} steps:\n${logLines.join('\n')}`)
        await bench.pass(stepSeconds * 1000)
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
  return bench
}

/** The same object; `count` is told of each call that begins (1) and is over (-1). */
function watchCalls<T extends object>(object: T, count: (difference: number) => void): T {
  return new Proxy(object, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        const result: unknown = member.apply(target, args)
        if (result instanceof Promise) {
          count(1)
          const isOver = () => count(-1)
          result.then(isOver, isOver)
        }
        return result
      }
    },
  })
}

/** Waits by the real clock until the condition holds, because data from sockets takes real time. */
export async function until(isSo: () => boolean, maxMs = 5000): Promise<void> {
  const end = performance.now() + maxMs
  while (!isSo()) {
    if (performance.now() > end) throw new Error('it did not come to be so in time')
    await Bun.sleep(2)
  }
}

/** Those of `all` that are not in `some`, or with another value. */
export function missingFrom(some: ReadonlyMap<string, number>, all: ReadonlyMap<string, number>): string[] {
  return [...all].flatMap(([key, value]) => (some.get(key) === value ? [] : [key]))
}
