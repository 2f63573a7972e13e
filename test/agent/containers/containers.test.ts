import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackgroundJob } from '../../../src/agent/background-result.ts'
import { createContainerJob } from '../../../src/agent/containers/container-job.ts'
import { CONTAINER_METRICS } from '../../../src/domain/metrics/declared/containers.ts'
import { formatMetricValue, metricSubject, metricUnit } from '../../../src/domain/metrics/metric.ts'
import { isOfFamily } from '../../../src/domain/metrics/metric-family.ts'
import { createThresholdTable } from '../../../src/domain/thresholds/threshold.ts'
import { standardThresholds } from '../../../src/domain/thresholds/threshold-standard.ts'
import { type FakeClock, fakeClock } from '../../support/clock.ts'
import { type DockerServer, type FakeContainer, idOf, startDockerServer } from './docker-server.ts'

let folder: string
let docker: DockerServer
let clock: FakeClock
let job: BackgroundJob

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-containers-'))
  docker = startDockerServer(join(folder, 'docker.sock'))
  clock = fakeClock()
  job = createContainerJob({
    sockets: [docker.socket, join(folder, 'podman.sock')],
    intervalMs: 60_000,
    clock,
  })
})

afterEach(() => {
  job.close?.()
  docker.close()
  rmSync(folder, { recursive: true, force: true })
})

const web = (more: Partial<FakeContainer> = {}): FakeContainer => ({
  id: idOf(1),
  names: ['/shop-web-1'],
  labels: {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'web',
    'com.docker.compose.container-number': '1',
    'com.docker.compose.oneoff': 'False',
  },
  status: 'running',
  policy: 'unless-stopped',
  ...more,
})

async function read() {
  const { samples, reasons, failure } = await job.run(new AbortController().signal)
  const values = Object.fromEntries(samples.map(({ metric, value }) => [metric, value]))
  return { values, reasons, failure }
}

const isDeclared = (metric: string) => CONTAINER_METRICS.some((family) => isOfFamily(metric, family))

test('a container has its state, health, restarts, processor, memory and network', async () => {
  const limit = 400 * 1024 * 1024
  const before = {
    processor: 10e9,
    received: 1000,
    sent: 100,
    memoryLimit: limit,
    health: { status: 'healthy' },
  }
  docker.containers = [web(before)]
  await read()
  await clock.advance(60_000)
  docker.containers = [web({ ...before, processor: 34e9, received: 61_000, sent: 100 })]
  const { values, reasons } = await read()
  expect(values).toEqual({
    'perf.containers.state': 1,
    'perf.containers.running': 1,
    'perf.containers.left': 0,
    'perf.container.shop.web.state': 1,
    'perf.container.shop.web.status': 1,
    'perf.container.shop.web.healthy': 1,
    'perf.container.shop.web.restarts.hour': 0,
    // 24 s of processor time in 60 s on four processors.
    'perf.container.shop.web.processor.percent': 10,
    'perf.container.shop.web.memory.bytes': 200 * 1024 * 1024,
    'perf.container.shop.web.memory.percent': 50,
    'perf.container.shop.web.network.bytes.received': 1000,
    'perf.container.shop.web.network.bytes.sent': 0,
  })
  expect(reasons.size).toBe(0)
  expect(Object.keys(values).filter((metric) => !isDeclared(metric))).toEqual([])
  expect(
    CONTAINER_METRICS.filter((family) => !Object.keys(values).some((one) => isOfFamily(one, family))),
  ).toEqual([])
  expect(metricSubject('perf.container.shop.web.network.bytes.sent')?.subject).toBe('shop.web')
  expect(metricUnit('perf.container.shop.web.network.bytes.sent')).toBe('B/s')
})

test('asks nothing but GET, of those that run and of those that do not', async () => {
  docker.containers = [
    web(),
    web({ id: idOf(2), names: ['/job'], labels: {}, status: 'exited', policy: 'no' }),
  ]
  await read()
  expect(docker.requests.sort()).toEqual(
    [
      'GET /containers/json?all=1',
      `GET /containers/${idOf(1)}/json`,
      `GET /containers/${idOf(1)}/stats?stream=false&one-shot=true`,
      `GET /containers/${idOf(2)}/json`,
    ].sort(),
  )
})

test('names stay when containers are made anew, and counters of the new one begin anew', async () => {
  docker.containers = [web({ processor: 50e9, restarts: 7 })]
  await read()
  await clock.advance(60_000)
  docker.containers = [web({ id: idOf(9), names: ['/0123_shop-web-1'], processor: 80e9, restarts: 9 })]
  const { values } = await read()
  expect(values).toMatchObject({
    'perf.container.shop.web.state': 1,
    'perf.container.shop.web.restarts.hour': 0,
  })
  expect(values).not.toHaveProperty('perf.container.shop.web.processor.percent')
})

test('names come from compose, swarm or the container itself, and no two are the same', async () => {
  const compose = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' }
  docker.containers = [
    web(),
    web({ id: idOf(2), labels: { ...compose, 'com.docker.compose.container-number': '2' } }),
    web({
      id: idOf(3),
      labels: { 'com.docker.swarm.task.name': 'api.1.x7k2m9q4w8e5r1t6y3u0i2o4p' },
      names: ['/api.1.x7k'],
    }),
    web({ id: idOf(4), labels: {}, names: ['/my db!'] }),
    web({ id: idOf(5), labels: {}, names: ['/shop.web'] }),
    web({ id: idOf(6), labels: {}, names: [] }),
    web({ id: idOf(7), labels: { ...compose, 'com.docker.compose.oneoff': 'True' } }),
  ]
  const { values } = await read()
  const names = Object.keys(values).flatMap(
    (metric) => /^perf\.container\.(.+)\.state$/.exec(metric)?.[1] ?? [],
  )
  expect(names.sort()).toEqual(
    ['api.1', 'my_db_', 'shop.web', 'shop.web.2', 'shop.web_2', idOf(6).slice(0, 12)].sort(),
  )
})

test('one that ended well and is not to be started again is good; others say what they ended with', async () => {
  const one = (number: number, name: string, more: Partial<FakeContainer>) =>
    web({ id: idOf(number), names: [`/${name}`], labels: {}, ...more })
  docker.containers = [
    one(1, 'done', { status: 'exited', exitCode: 0, policy: 'no' }),
    one(2, 'stopped', { status: 'exited', exitCode: 0, policy: 'always' }),
    one(3, 'crashed', { status: 'exited', exitCode: 137, policy: 'no', isOutOfMemory: true }),
    one(4, 'loops', { status: 'restarting', exitCode: 1 }),
    one(5, 'paused', { status: 'paused' }),
    one(6, 'ill', { health: { status: 'unhealthy', output: 'curl: (7) Failed\nto connect' } }),
    one(7, 'starts', { health: { status: 'starting' } }),
    one(9, 'made', { status: 'created', policy: 'always' }),
    one(10, 'ready', { status: 'initialized', policy: 'always' }),
    one(11, 'refused', { status: 'created', exitCode: 128, error: 'port is already allocated' }),
    one(8, 'was_ill', { status: 'exited', policy: 'no', health: { status: 'unhealthy', output: 'no' } }),
  ]
  const { values, reasons } = await read()
  const state = (name: string) => [
    values[`perf.container.${name}.state`],
    reasons.get(`perf.container.${name}.state`),
  ]
  const status = ['done', 'stopped', 'crashed', 'loops', 'paused', 'ill', 'made', 'ready'].map((name) =>
    formatMetricValue(`perf.container.${name}.status`, values[`perf.container.${name}.status`] ?? Number.NaN),
  )
  expect(status).toEqual([
    'exited',
    'exited',
    'exited',
    'restarting',
    'paused',
    'running',
    'created',
    'initialized',
  ])
  expect(state('done')).toEqual([1, undefined])
  expect(state('stopped')).toEqual([0, 'exited with code 0'])
  expect(state('crashed')).toEqual([0, 'exited with code 137, out of memory'])
  expect(state('loops')).toEqual([0, 'restarting with code 1'])
  expect(state('paused')).toEqual([0, 'paused'])
  expect([state('made'), state('ready')]).toEqual([
    [1, undefined],
    [1, undefined],
  ])
  expect(state('refused')).toEqual([0, 'created: port is already allocated'])
  expect(values['perf.container.ill.healthy']).toBe(0)
  expect(reasons.get('perf.container.ill.healthy')).toBe('curl: (7) Failed to connect')
  expect(values).not.toHaveProperty('perf.container.starts.healthy')
  expect(values).not.toHaveProperty('perf.container.was_ill.healthy')
  expect(values['perf.containers.running']).toBe(2)
})

test('restarts are those of the last hour', async () => {
  const restarts: (number | undefined)[] = []
  for (const [minutes, count] of [
    [0, 4],
    [10, 6],
    [30, 7],
    [35, 7],
    [40, 7],
  ] as const) {
    await clock.advance(minutes * 60_000)
    docker.containers = [web({ restarts: count, text: count === 7 ? 'Up 2 minutes' : 'Up 5 seconds' })]
    restarts.push((await read()).values['perf.container.shop.web.restarts.hour'])
  }
  expect(restarts).toEqual([0, 2, 3, 1, 0])
})

test('restarts outlast the agent, and a container that was made anew begins at none', async () => {
  const restartsFile = join(folder, 'restarts.json')
  const open = () => createContainerJob({ sockets: [docker.socket], restartsFile, intervalMs: 60_000, clock })
  const count = 'perf.container.shop.web.restarts.hour'
  docker.containers = [web({ restarts: 5 })]
  job = open()
  expect((await read()).values[count]).toBe(0)
  docker.containers = [web({ restarts: 9, text: 'Up 5 seconds' })]
  expect((await read()).values[count]).toBe(4)
  job = open()
  expect((await read()).values[count]).toBe(4)
  docker.containers = [web({ id: idOf(7), restarts: 20 })]
  expect((await read()).values[count]).toBe(4)
  docker.containers = [web({ id: idOf(7), restarts: 21, text: 'Up 5 seconds' })]
  expect((await read()).values[count]).toBe(5)
})

test('more than 64 are not watched but counted; those that run come first', async () => {
  docker.containers = Array.from({ length: 80 }, (_, i) =>
    web({ id: idOf(i), names: [`/c${i}`], labels: {}, status: i < 20 ? 'exited' : 'running' }),
  )
  const { values } = await read()
  expect(values).toMatchObject({ 'perf.containers.running': 60, 'perf.containers.left': 16 })
  const watched = Object.keys(values).filter((metric) => /^perf\.container\..*\.state$/.test(metric))
  expect(watched).toHaveLength(64)
  expect(
    Array.from({ length: 60 }, (_, i) => `perf.container.c${i + 20}.state`).filter(
      (one) => !watched.includes(one),
    ),
  ).toEqual([])
})

test('one that ends while it is read, or whose answer is invalid, does not affect the others', async () => {
  docker.containers = [
    web(),
    web({ id: idOf(2), names: ['/gone'], labels: {} }),
    web({ id: idOf(3), names: ['/odd'], labels: {} }),
  ]
  docker.instead.set(`/containers/${idOf(2)}/json`, () =>
    Response.json({ message: 'No such container' }, { status: 404 }),
  )
  docker.instead.set(`/containers/${idOf(3)}/json`, () => new Response('x'.repeat(2_000_000)))
  docker.instead.set(`/containers/${idOf(1)}/stats`, () =>
    Response.json({ cpu_stats: 7, networks: [1], memory_stats: null }),
  )
  const { values } = await read()
  expect(
    Object.keys(values)
      .filter((metric) => metric.startsWith('perf.container.'))
      .sort(),
  ).toEqual([
    'perf.container.shop.web.restarts.hour',
    'perf.container.shop.web.state',
    'perf.container.shop.web.status',
  ])
})

test.each<[string, () => Response, RegExp]>([
  ['an error', () => Response.json({ message: 'x' }, { status: 500 }), /docker\.sock: .* answers 500/],
  ['no JSON', () => new Response('<html>'), /something else than JSON/],
  ['no list', () => Response.json({}), /no list of containers/],
  ['too much', () => new Response('['.padEnd(9_000_000)), /longer than/],
])('an engine that answers with %s has failed, and says so', async (_, response, why) => {
  docker.instead.set('/containers/json', response)
  await expect(read()).rejects.toThrow(why)
  expect(job.fail('the reason')).toEqual({
    samples: [{ metric: 'perf.containers.state', value: 0 }],
    reasons: new Map([['perf.containers.state', 'the reason']]),
    failure: 'the reason',
  })
})

test('a missing engine and a socket without a listener are reported', async () => {
  docker.close()
  const gone = createContainerJob({ sockets: [join(folder, 'none.sock')], intervalMs: 60_000, clock })
  await expect(gone.run(new AbortController().signal)).rejects.toThrow(
    `there is no socket ${join(folder, 'none.sock')}`,
  )
  writeFileSync(join(folder, 'dead.sock'), '')
  const dead = createContainerJob({ sockets: [join(folder, 'dead.sock')], intervalMs: 60_000, clock })
  await expect(dead.run(new AbortController().signal)).rejects.toThrow('dead.sock: nothing listens there')
})

test('an engine that does not answer does not hide the containers of the other', async () => {
  docker.containers = [web()]
  // What Docker leaves behind when it is stopped.
  const stale = join(folder, 'podman.sock')
  Bun.spawnSync([
    'python3',
    '-c',
    `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(stale)})`,
  ])
  const { values, reasons, failure } = await read()
  expect(values).toMatchObject({
    'perf.containers.state': 0,
    'perf.containers.running': 1,
    'perf.container.shop.web.state': 1,
  })
  expect(failure).toBe(`${stale}: nothing listens there`)
  expect(reasons.get('perf.containers.state')).toBe(failure ?? '')
})

test('a container keeps its name while one of the same name ends, or its engine is silent or gone', async () => {
  const podman = startDockerServer(join(folder, 'podman.sock'))
  try {
    const ended = web({ status: 'exited', exitCode: 3, policy: 'no' })
    docker.containers = [web()]
    podman.containers = [web({ id: idOf(2) })]
    const state = 'perf.container.shop.web_2.state'
    expect((await read()).values).toMatchObject({ 'perf.container.shop.web.state': 1, [state]: 1 })
    docker.containers = [ended]
    expect((await read()).values).toMatchObject({ 'perf.container.shop.web.state': 0, [state]: 1 })
    docker.instead.set('/containers/json', () => Response.json({}, { status: 500 }))
    const others = { 'perf.containers.running': 1, [state]: 1 }
    const silent = (await read()).values
    expect(silent).toMatchObject(others)
    expect(silent).not.toHaveProperty(['perf.container.shop.web.state'])
    docker.close()
    rmSync(docker.socket, { force: true })
    const gone = (await read()).values
    expect(gone).toMatchObject(others)
    expect(gone).not.toHaveProperty(['perf.container.shop.web.state'])
  } finally {
    podman.close()
  }
})

test('an engine that is reached by two sockets, one a link to the other, is asked once', async () => {
  docker.containers = [web()]
  symlinkSync(docker.socket, join(folder, 'podman.sock'))
  const { values } = await read()
  expect(values['perf.containers.running']).toBe(1)
  expect(Object.keys(values).filter((metric) => metric.includes('shop.web_2'))).toEqual([])
  expect(docker.requests.filter((request) => request.startsWith('GET /containers/json'))).toHaveLength(1)
})

test('exited, unhealthy and restarting containers have standard thresholds', () => {
  const book = createThresholdTable([], standardThresholds({ processors: 1 }))
  const of = (end: string) =>
    book
      .of(`perf.container.shop.web.${end}`)
      .map(({ severity, compare, value, duration }) => [severity, compare, value, duration])
  expect([of('state'), of('healthy'), of('restarts.hour')]).toEqual([
    [[3, '=', 0, 300]],
    [[2, '=', 0, 60]],
    [[3, '>=', 3, 0]],
  ])
})
