import { afterAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createLineReader } from '../support/lines.ts'
import { COMPILED, makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'

const folder = makeTempDir()
const running = new Set<RunningMonitor>()

afterAll(async () => {
  for (const program of running) program.signal('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const PASSPHRASE = 'of the outage test'

async function startRole(
  role: readonly string[],
  dataDir: string,
  settings: Record<string, string | number>,
) {
  const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const started = await startMonitor([...role, '--data-dir', dataDir, ...set], {
    program: COMPILED,
    cwd: folder,
  })
  running.add(started)
  return started
}

/** The server on loopback; on the ports it had when it is started again. */
function startServer(dataDir: string, ports: Readonly<Record<string, number>> = {}) {
  return startRole(['server'], dataDir, {
    'web.address': '127.0.0.1',
    'web.port': ports.web ?? 0,
    'collect.address': '127.0.0.1',
    'collect.port': ports.collect ?? 0,
    'collect.tls_port': 'off',
    'collect.passphrase': PASSPHRASE,
  })
}

async function end(program: RunningMonitor, signal: 'SIGKILL' | 'SIGTERM') {
  program.signal(signal)
  await program.exited
  running.delete(program)
}

async function makeToken(dataDir: string): Promise<string> {
  const { stdout, code } = await runMonitor(
    ['token', 'create', '--user', 'admin', '--name', 'test', '--data-dir', dataDir],
    {
      program: COMPILED,
      cwd: folder,
    },
  )
  expect(code).toBe(0)
  return stdout.trim()
}

async function readTimes(
  server: RunningMonitor,
  token: string,
  host: string,
  metric: string,
  from: number,
  to: number,
) {
  const response = await fetch(
    `http://127.0.0.1:${server.ports.web}/api/v1/hosts/${host}/metrics/${metric}?from=${from}&to=${to}`,
    { headers: { authorization: `Bearer ${token}` } },
  )
  expect(response.status).toBe(200)
  const { points } = (await response.json()) as { points: [number, number][] }
  return points.map(([time]) => time)
}

const now = () => Math.floor(Date.now() / 1000)

test('an agent that was cut off for ten intervals leaves no gap behind', async () => {
  const dataDir = join(folder, 'cut-off')
  const first = await startServer(dataDir)
  const agent = await startRole(['agent'], join(folder, 'cut-off-agent'), {
    'agent.server': `127.0.0.1:${first.ports.collect}`,
    'agent.passphrase': PASSPHRASE,
    'agent.name': 'far-away',
    'agent.interval': '1s',
  })
  await agent.waitFor(/the server accepts samples/)
  await Bun.sleep(2500)
  const token = await makeToken(dataDir)
  const cut = now()
  await end(first, 'SIGKILL')
  await Bun.sleep(10_500)
  const back = now()
  const second = await startServer(dataDir, first.ports)
  const metric = 'perf.memory.percent.used'
  let times: number[] = []
  for (let tries = 0; tries < 300 && (times.at(-1) ?? 0) < back + 2; tries++) {
    await Bun.sleep(100)
    times = await readTimes(second, token, 'far-away', metric, cut - 2, back + 60).catch(() => [])
  }
  await end(agent, 'SIGTERM')
  times = await readTimes(second, token, 'far-away', metric, cut - 2, back + 1)
  await end(second, 'SIGTERM')
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0))
  // A busy machine may make the agent miss the moments of some samples, so they are not counted; what the
  // outage would leave is a gap of ten.
  expect(Math.max(...gaps)).toBeLessThanOrEqual(3)
  expect(times[0]).toBeLessThanOrEqual(cut)
  expect(times.at(-1)).toBeGreaterThanOrEqual(back - 2)
}, 90_000)

/**
 * Sends batches as fast as they are answered, each of one frame at a time of its own, and keeps the times
 * that were acknowledged.
 */
async function flood(
  port: number,
  host: string,
  from: number,
): Promise<{ acknowledged: number[]; ended: Promise<void> }> {
  const acknowledged: number[] = []
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  let sent = 0
  const read = createLineReader()
  const send = (socket: Bun.Socket, batches: number) => {
    let text = ''
    for (let i = 0; i < batches; i++) {
      const id = ++sent
      const head = id === 1 ? `"passphrase":"${PASSPHRASE}","metrics":["perf.system.load.1"],` : ''
      text += `{"v":1,"id":${id},"host":"${host}",${head}"layout":1,"frames":[[${from + id},${id}]]}\n`
    }
    socket.write(text)
  }
  await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: (socket) => send(socket, 64),
      data(socket, data) {
        const lines = read(data)
        for (const line of lines) {
          const reply = JSON.parse(line) as { id: number; stored?: boolean }
          if (reply.stored) acknowledged.push(from + reply.id)
        }
        send(socket, lines.length)
      },
      close: () => resolve(),
      error: () => resolve(),
    },
  })
  return { acknowledged, ended }
}

test('what was acknowledged before kill -9 under load is there afterwards', async () => {
  const dataDir = join(folder, 'killed')
  const from = now() - 90 * 86_400
  let ports: Readonly<Record<string, number>> = {}
  const promised = new Map<string, number[]>()
  for (let round = 0; round < 3; round++) {
    const server = await startServer(dataDir, ports)
    ports = { ...server.ports }
    const floods = await Promise.all(
      Array.from({ length: 4 }, async (_, i) => {
        const host = `flood-${round}-${i}`
        const { acknowledged, ended } = await flood(server.ports.collect ?? 0, host, from)
        promised.set(host, acknowledged)
        return { ended }
      }),
    )
    await Bun.sleep(700 + round * 150)
    await end(server, 'SIGKILL')
    await Promise.all(floods.map(({ ended }) => ended))
  }
  const server = await startServer(dataDir, ports)
  const token = await makeToken(dataDir)
  let checked = 0
  for (const [host, times] of promised) {
    const kept = new Set(await readTimes(server, token, host, 'perf.system.load.1', from, from + 10_000_000))
    expect(times.filter((time) => !kept.has(time))).toEqual([])
    checked += times.length
  }
  await end(server, 'SIGTERM')
  expect(checked).toBeGreaterThan(1000)
}, 90_000)
