import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { signInFirst } from '../support/first-sign-in.ts'
import { COMPILED, makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'
import {
  findWindowsBun,
  findWineObstacle,
  openWine,
  toWindowsPath,
  WINDOWS_PROGRAM,
  type Wine,
} from '../support/wine.ts'

const obstacle = findWineObstacle()
if (obstacle !== null) console.log(`NOT TESTED HERE: the program on Windows (${obstacle})`)

const PATIENCE_MS = 60_000

describe.skipIf(obstacle !== null)('the compiled program on Windows', () => {
  let wine: Wine
  beforeAll(async () => {
    wine = await openWine()
  }, PATIENCE_MS)
  afterAll(() => wine.close(), PATIENCE_MS)

  test(
    'prints once what it would send, with the figures of the original and ours',
    async () => {
      const { code, stdout, stderr } = await wine.run(WINDOWS_PROGRAM, [
        ...['agent', '--once', '--set', 'agent.name=win01'],
        ...['--set', 'agent.processes=Services,NoSuchProgram.exe', '--set', 'agent.services=EventLog,NoSuch'],
      ])
      expect(code).toBe(0)
      const { host, facts, metrics, frames } = JSON.parse(stdout)
      const values = Object.fromEntries(
        metrics.map((metric: string, i: number) => [metric, frames[0][i + 1]]),
      ) as Record<string, number>
      expect(host).toBe('win01')
      expect(facts).toMatchObject({ platform: 'Windows', architecture: '64bit' })
      expect(facts.build).toMatch(/^(Microsoft )?Windows .*\(OS build \d+(\.\d+)?\)$/)
      expect(facts.processors).toBe(navigator.hardwareConcurrency)
      expect(facts.memoryMb).toBeGreaterThan(100)
      expect(values).toMatchObject({
        'perf.process.Services.state': 1,
        'perf.process.NoSuchProgram.exe.state': 0,
        'perf.service.EventLog.state': 1,
        'perf.service.NoSuch.state': 0,
        'perf.agent.probe.failures': 0,
      })
      for (const metric of ['processor.percent.used', 'memory.percent.used', 'filesystem.c.percent.used'])
        expect(values[`perf.${metric}`]).toBeWithin(0, 100.1)
      for (const metric of [
        'filesystem.c.bytes.free',
        'memory.bytes.total',
        'memory.bytes.commit.limit',
        'system.processes',
        'system.uptime.seconds',
      ])
        expect(values[`perf.${metric}`]).toBeGreaterThan(0)
      for (const metric of ['network.bytes.received', 'tcp.retransmits.percent', 'services.stopped'])
        expect(Object.keys(values)).toContain(`perf.${metric}`)
      // What this Windows does not have is logged once, and nothing else is lost.
      expect(stderr.match(/does not offer a performance counter/g)).toHaveLength(2)
    },
    PATIENCE_MS,
  )

  test(
    'leaves no handle open and takes no more memory, however often it looks',
    async () => {
      const { code, stdout, stderr } = await wine.run(findWindowsBun(), [
        toWindowsPath(join(import.meta.dir, 'endure.ts')),
        ...['50', '150'],
      ])
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
      const { handles, bytes, hasCounter } = JSON.parse(stdout)
      expect(hasCounter).toBe(true)
      expect(handles).toBe(0)
      // The tables of interfaces alone would be twice as much.
      expect(bytes).toBeLessThan(8 * 2 ** 20)
    },
    PATIENCE_MS,
  )

  test(
    'reports to a server on Linux over TLS, and what it could not send survives a kill',
    async () => {
      const cwd = makeTempDir()
      const data = join(cwd, 'server')
      const args = (tlsPort: number) => [
        ...['server', '--data-dir', data, '--set', 'web.port=0', '--set', 'collect.port=off'],
        ...['--set', `collect.tls_port=${tlsPort}`, '--set', 'collect.passphrase=sesame'],
      ]
      const agentArgs = (port: number, fingerprint: string) => [
        ...['agent', '--data-dir', toWindowsPath(join(cwd, 'agent')), '--set', 'agent.interval=1s'],
        ...['--set', 'agent.name=win02', '--set', 'agent.passphrase=sesame'],
        ...['--set', `agent.server=127.0.0.1:${port}`, '--set', `agent.fingerprint=${fingerprint}`],
      ]
      const program = wine.command(WINDOWS_PROGRAM)
      let server: RunningMonitor = await startMonitor(args(0), { cwd, program: COMPILED })
      const port = server.ports.collect_tls ?? 0
      const fingerprint = / fingerprint=([0-9a-f]{64}) /.exec(server.stderr())?.[1] ?? ''
      // There is no server at first: what the agent samples then can only be in its queue.
      await server.stop()
      let agent = await startMonitor(agentArgs(port, fingerprint), { cwd, program, env: wine.env })
      const unsent = await waitFor(async () => {
        const times = readQueuedTimes(join(cwd, 'agent'))
        return times.length > 2 ? times : null
      })
      agent.signal('SIGKILL')
      await agent.exited
      try {
        server = await startMonitor(args(port), { cwd, program: COMPILED })
        agent = await startMonitor(agentArgs(port, fingerprint), { cwd, program, env: wine.env })
        const api = await openApi(server, data)
        const host = await waitFor(async () => {
          const found = await api('/api/v1/hosts/win02')
          return 'perf.processor.percent.used' in (found.latest ?? {}) ? found : null
        })
        expect(host).toMatchObject({ name: 'win02', status: 'up', platform: 'Windows' })
        expect(host.latest['perf.filesystem.c.percent.used']).toBeWithin(0, 100.1)
        const { points } = await api('/api/v1/hosts/win02/metrics/perf.system.uptime.seconds')
        const times = points.map(([time]) => time)
        expect(times).toEqual(expect.arrayContaining(unsent))
        expect(new Set(times).size).toBe(times.length)
        const page = await fetchPage(server, data, '/hosts/win02')
        for (const text of [host.build, host.ip, '>C:<', 'eth0'])
          if (text !== '') expect(page).toContain(text)
      } finally {
        agent.signal('SIGKILL')
        await Promise.all([agent.exited, server.stop()])
        rmSync(cwd, { recursive: true, force: true })
      }
    },
    PATIENCE_MS,
  )
})

/** Times of the samples in an agent's queue, read from a copy: the agent holds a lock. */
function readQueuedTimes(folder: string): number[] {
  const copy = join(folder, 'copy.db')
  for (const suffix of ['', '-wal']) {
    rmSync(copy + suffix, { force: true })
    const file = join(folder, `agent-queue.db${suffix}`)
    if (existsSync(file)) copyFileSync(file, copy + suffix)
  }
  if (!existsSync(copy)) return []
  const database = new Database(copy)
  try {
    return database
      .query<{ time: number }, []>('SELECT time FROM item ORDER BY time')
      .all()
      .map(({ time }) => time)
  } catch {
    // The process was killed in the middle of a write.
    return []
  } finally {
    database.close()
  }
}

/** Of a host, or of a metric. */
type ApiAnswer = {
  readonly build: string
  readonly ip: string
  readonly latest: Readonly<Record<string, number>>
  readonly points: readonly [number, number][]
}

/** Asks a server's API with a token of its first user; gives what is in the answer, whatever its status. */
async function openApi(server: RunningMonitor, data: string) {
  const words = ['token', 'create', '--user', 'admin', '--name', 'wine', '--data-dir', data]
  const token = (await runMonitor(words, { program: COMPILED })).stdout.trim()
  return async (path: string): Promise<ApiAnswer> => {
    const answer = await fetch(`http://127.0.0.1:${server.ports.web}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    return (await answer.json()) as ApiAnswer
  }
}

/** Asks until there is an answer; the test's own limit ends it. */
async function waitFor<Found>(ask: () => Promise<Found | null>): Promise<Found> {
  for (;;) {
    const found = await ask()
    if (found !== null) return found
    await Bun.sleep(200)
  }
}

/** A page as the server's first user sees it. */
async function fetchPage(server: RunningMonitor, data: string, path: string): Promise<string> {
  const origin = `http://127.0.0.1:${server.ports.web}`
  const cookie = await signInFirst(origin, join(data, 'initial-admin-password'))
  return (await fetch(origin + path, { headers: { cookie } })).text()
}
