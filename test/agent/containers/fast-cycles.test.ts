import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackgroundJob } from '../../../src/agent/background-result.ts'
import { createContainerJob } from '../../../src/agent/containers/container-job.ts'
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
  job = createContainerJob({ sockets: [docker.socket], intervalMs: 1000, clock })
})

afterEach(() => {
  job.close?.()
  docker.close()
  rmSync(folder, { recursive: true, force: true })
})

const app = (number: number, more: Partial<FakeContainer> = {}): FakeContainer => ({
  id: idOf(number),
  names: [`/app${number}`],
  status: 'running',
  processor: 0,
  ...more,
})

/** One run, a second after the one before. */
async function second() {
  await clock.advance(1000)
  docker.requests.length = 0
  const { samples, reasons, failure } = await job.run(new AbortController().signal)
  const values = Object.fromEntries(samples.map(({ metric, value }) => [metric, value]))
  const asked = (what: string) => docker.requests.filter((request) => request.includes(what)).length
  return { values, reasons, failure, states: asked('/json') - 1, usages: asked('/stats') }
}

test('what containers use is asked for each ten seconds, of a few at a time, and their state when it changes', async () => {
  docker.containers = Array.from({ length: 20 }, (_, i) => app(i))
  expect(await second()).toMatchObject({ states: 20, usages: 20 })
  for (let i = 0; i < 10; i++) await second()
  const counts = []
  for (let i = 0; i < 10; i++) counts.push((await second()).usages)
  expect(counts).toEqual(Array.from({ length: 10 }, () => 2))
  expect(docker.requests.some((request) => request.startsWith('GET /containers/json'))).toBe(true)
  let states = 0
  for (let i = 0; i < 300; i++) states += (await second()).states
  // Once in five minutes, for what the list does not tell.
  expect(states).toBe(20)
})

test('a percentage is that of the time between two answers, and stays until the next', async () => {
  docker.containers = [app(0)]
  const seen: (number | undefined)[] = []
  for (let i = 1; i <= 41; i++) {
    // Two of four processors until the 25th second, and none from then on.
    docker.containers = [app(0, { processor: Math.min(i, 25) * 2e9 })]
    seen.push((await second()).values['perf.container.app0.processor.percent'])
  }
  const changes = seen.filter((value, i) => value !== seen[i - 1])
  expect(changes[0]).toBe(50)
  expect(changes.at(-1)).toBe(0)
  const between = changes.slice(1, -1)
  expect(between).toHaveLength(1)
  expect(between[0]).toBeGreaterThan(0)
  expect(between[0]).toBeLessThan(50)
})

test('the value of one that ended, or that another one has replaced, is never shown again', async () => {
  const used = { processor: 1e9, received: 1, sent: 1 }
  docker.containers = [app(0, used), app(1, used)]
  await second()
  for (let i = 0; i < 11; i++) await second()
  docker.containers = [app(0, { ...used, status: 'exited', exitCode: 137, policy: 'always' }), app(1, used)]
  const ended = await second()
  expect(ended.values).toMatchObject({ 'perf.container.app0.state': 0, 'perf.container.app1.state': 1 })
  expect(ended.reasons.get('perf.container.app0.state')).toBe('exited with code 137')
  const ofUse = (values: Readonly<Record<string, number>>, name: string) =>
    Object.keys(values).filter((metric) =>
      new RegExp(`^perf\\.container\\.${name}\\.(processor|memory|network)`).test(metric),
    )
  expect([ofUse(ended.values, 'app0').length, ofUse(ended.values, 'app1').length]).toEqual([0, 4])
  // Started again: its memory is known at once, its percentage with the second answer.
  docker.containers = [
    app(0, { ...used, text: 'Up Less than a second', startedAt: '2025-11-28T04:00:00Z' }),
    app(7, { ...used, names: ['/app1'], text: 'Up Less than a second' }),
  ]
  const again = await second()
  expect(ofUse(again.values, 'app0')).toEqual(['perf.container.app0.memory.bytes'])
  expect(ofUse(again.values, 'app1')).toEqual(['perf.container.app1.memory.bytes'])
  // Restarted between two cycles, when the percentage would have been known.
  for (let i = 0; i < 11; i++) await second()
  expect(ofUse((await second()).values, 'app0')).toHaveLength(4)
  docker.containers = [app(0, { ...used, text: 'Up Less than a second', startedAt: '2025-11-28T05:00:00Z' })]
  expect(ofUse((await second()).values, 'app0')).toEqual(['perf.container.app0.memory.bytes'])
  docker.containers = []
  expect(Object.keys((await second()).values).filter((metric) => metric.includes('.app'))).toEqual([])
})

test('a restart, a failing health check and a pause are seen within the second', async () => {
  docker.containers = [app(0, { restarts: 4, health: { status: 'healthy' } }), app(1)]
  await second()
  await second()
  docker.containers = [
    app(0, { restarts: 5, text: 'Up 1 second (health: starting)', health: { status: 'starting' } }),
    app(1, { status: 'paused' }),
  ]
  const { values } = await second()
  expect(values['perf.container.app0.restarts.hour']).toBe(1)
  expect(values).not.toHaveProperty('perf.container.app0.healthy')
  expect(values['perf.container.app1.state']).toBe(0)
  // As long as it is young, the same words may be those of another start.
  docker.containers = [
    app(0, { restarts: 6, text: 'Up 1 second (health: starting)', health: { status: 'starting' } }),
  ]
  expect((await second()).values['perf.container.app0.restarts.hour']).toBe(2)
  docker.containers = [
    app(0, { restarts: 6, text: 'Up 10 seconds (unhealthy)', health: { status: 'unhealthy', output: 'no' } }),
  ]
  const ill = await second()
  expect(ill.values['perf.container.app0.healthy']).toBe(0)
  expect(ill.reasons.get('perf.container.app0.healthy')).toBe('no')
  expect((await second()).states).toBe(0)
})

test('health that the list does not tell, as that of Podman, is asked for each ten seconds', async () => {
  const healthy = app(0, { text: 'Up 3 hours', health: { status: 'healthy' } })
  docker.containers = [healthy, app(1), app(2, { text: 'running' })]
  await second()
  let states = 0
  for (let i = 0; i < 10; i++) states += (await second()).states
  expect(states).toBe(2)
  docker.containers = [{ ...healthy, health: { status: 'unhealthy' } }]
  const seen: (number | undefined)[] = []
  for (let i = 0; i < 10; i++) seen.push((await second()).values['perf.container.app0.healthy'])
  expect(seen.at(-1)).toBe(0)
})

test('an engine that dies and comes back is found again', async () => {
  docker.containers = [app(0)]
  await second()
  docker.close()
  await expect(second()).rejects.toThrow(/docker\.sock/)
  rmSync(docker.socket, { force: true })
  docker = startDockerServer(docker.socket)
  docker.containers = [app(0)]
  expect((await second()).values['perf.container.app0.state']).toBe(1)
})
