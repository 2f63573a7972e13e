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
let podman: DockerServer
let clock: FakeClock
let job: BackgroundJob

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-containers-'))
  docker = startDockerServer(join(folder, 'docker.sock'))
  podman = startDockerServer(join(folder, 'podman.sock'))
  clock = fakeClock()
  job = createContainerJob({ sockets: [docker.socket, podman.socket], intervalMs: 1000, clock })
})

afterEach(() => {
  job.close?.()
  docker.close()
  podman.close()
  rmSync(folder, { recursive: true, force: true })
})

const app = (number: number, more: Partial<FakeContainer> = {}): FakeContainer => ({
  id: idOf(number),
  names: [`/app${number}`],
  status: 'running',
  processor: 0,
  ...more,
})

/** One run, a second after the one before, with time for the sockets. It may be over before its second is. */
async function second() {
  const run = job.run(new AbortController().signal)
  run.catch(() => {})
  for (let step = 0; step < 10; step++) {
    await Bun.sleep(2)
    await clock.advance(100)
  }
  const { samples, reasons, failure } = await run
  const values = Object.fromEntries(samples.map(({ metric, value }) => [metric, value]))
  return { values, reasons, failure }
}

async function seconds(count: number) {
  const all: Awaited<ReturnType<typeof second>>[] = []
  for (let i = 0; i < count; i++) all.push(await second())
  return all
}

const never = () => new Promise<Response>(() => {})

/** The engine's own answer to a path, so much later; none when the test is over by then. */
function slow(engine: DockerServer, path: string, ms: number) {
  engine.instead.set(
    path,
    () =>
      new Promise((resolve) => {
        clock.after(ms, async () => {
          engine.instead.delete(path)
          const answer = await fetch(`http://localhost${path}`, { unix: engine.socket }).catch(() => null)
          if (answer === null) return
          slow(engine, path, ms)
          resolve(answer)
        })
      }),
  )
}

test('an engine whose list takes longer than a cycle is watched, as is the other one beside it', async () => {
  docker.containers = [app(1), app(2)]
  podman.containers = [app(3)]
  slow(docker, '/containers/json', 2500)
  const first = await seconds(6)
  expect(first.map(({ failure }) => failure)).toEqual(Array(6).fill(null))
  expect(first.map(({ values }) => values['perf.container.app3.state'])).toEqual(Array(6).fill(1))
  expect(first.at(-1)?.values['perf.container.app1.state']).toBe(1)
  // From its first answer on it has values in each cycle, and what happens is seen with the next answers.
  docker.containers = [app(1), app(2, { status: 'exited', exitCode: 1 })]
  podman.containers = [app(3, { status: 'paused' })]
  const later = await seconds(8)
  expect(later.map(({ values }) => values['perf.container.app1.state'])).toEqual(Array(8).fill(1))
  expect(later.slice(-2).map(({ values }) => values['perf.container.app2.state'])).toEqual([0, 0])
  expect(later.slice(1).map(({ values }) => values['perf.container.app3.state'])).toEqual(Array(7).fill(0))
  expect(later.map(({ values }) => values['perf.containers.state'])).toEqual(Array(8).fill(1))
})

test('an engine that takes seconds for each answer is watched', async () => {
  docker.containers = [app(1)]
  slow(docker, '/containers/json', 1500)
  slow(docker, `/containers/${idOf(1)}/json`, 2000)
  slow(docker, `/containers/${idOf(1)}/stats`, 2000)
  const all = await seconds(16)
  expect(all.map(({ failure }) => failure)).toEqual(Array(16).fill(null))
  const known = all.map(({ values }) => values['perf.container.app1.state'])
  expect(known.slice(6)).toEqual(Array(10).fill(1))
  expect(all.at(-1)?.values).toHaveProperty(['perf.container.app1.memory.bytes'])
})

test('neither an engine nor a container that is stuck hides the others, and each is reported for as long as it is', async () => {
  podman.instead.set('/containers/json', never)
  docker.containers = Array.from({ length: 6 }, (_, i) => app(i, { status: 'exited', exitCode: 1 }))
  for (const number of [0, 1, 2, 3]) docker.instead.set(`/containers/${idOf(number)}/json`, never)
  await seconds(10)
  docker.containers = docker.containers.map((one, i) => (i === 5 ? app(5) : one))
  const stuck = await seconds(20)
  const failure = `${podman.socket}: no answer within 8 s; no valid answer about app0, app1, app2, app3`
  expect(new Set(stuck.map((one) => one.failure))).toEqual(new Set([failure]))
  expect(stuck[0]?.reasons.get('perf.containers.state')).toBe(failure)
  expect(stuck.map(({ values }) => values['perf.containers.state'])).toEqual(Array(20).fill(0))
  expect(stuck.map(({ values }) => values['perf.container.app4.state'])).toEqual(Array(20).fill(0))
  expect(stuck.slice(1).map(({ values }) => values['perf.container.app5.state'])).toEqual(Array(19).fill(1))
  expect(stuck.map(({ values }) => values['perf.container.app0.state'])).toEqual(Array(20).fill(undefined))
  podman.instead.clear()
  docker.instead.clear()
  expect((await seconds(16)).at(-1)?.failure).toBeNull()
}, 20_000)

test('a container whose usage is not to be had is reported in each run until it is', async () => {
  docker.containers = [app(0), app(1)]
  await seconds(2)
  docker.instead.set(`/containers/${idOf(0)}/stats`, never)
  const stuck = (await seconds(30)).slice(-10)
  expect(stuck.map(({ failure }) => failure)).toEqual(Array(10).fill('no valid answer about app0'))
  for (const { values } of stuck) {
    expect(values).toMatchObject({
      'perf.container.app0.state': 1,
      'perf.container.app1.memory.bytes': expect.any(Number),
    })
    expect(values).not.toHaveProperty(['perf.container.app0.memory.bytes'])
  }
  docker.instead.clear()
  const after = (await seconds(8)).at(-1)
  expect(after?.failure).toBeNull()
  expect(after?.values).toHaveProperty(['perf.container.app0.memory.bytes'])
}, 20_000)

test('when the first answer is still to come, nothing is said; when none comes, the engine has failed', async () => {
  docker.close()
  rmSync(docker.socket, { force: true })
  podman.instead.set('/containers/json', never)
  const waiting = await seconds(8)
  expect(waiting.map(({ values, failure }) => [values, failure])).toEqual(Array(8).fill([{}, null]))
  await expect(second()).rejects.toThrow(`${podman.socket}: no answer within 8 s`)
})

test('nothing is asked after the end', async () => {
  docker.containers = Array.from({ length: 12 }, (_, i) => app(i))
  for (const { id } of docker.containers) docker.instead.set(`/containers/${id}/json`, never)
  await second()
  const asked = docker.requests.length
  job.close?.()
  await Bun.sleep(20)
  await clock.advance(30_000)
  await Bun.sleep(20)
  expect(docker.requests).toHaveLength(asked)
})

test('of a container whose figures a threshold counts, these are read in each run', async () => {
  docker.containers = [app(0), app(1)]
  await seconds(12)
  const countUsages = async (metrics: readonly string[]) => {
    docker.requests.length = 0
    job.noteUnsettled?.(new Set(metrics))
    await seconds(6)
    return [0, 1].map(
      (number) => docker.requests.filter((request) => request.includes(`${idOf(number)}/stats`)).length,
    )
  }
  const [counted, other] = await countUsages(['perf.container.app0.memory.percent'])
  expect(counted).toBe(6)
  expect(other).toBeLessThanOrEqual(1)
  expect(Math.max(...(await countUsages([])))).toBeLessThanOrEqual(1)
})
