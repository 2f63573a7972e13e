import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Threshold } from '../../src/domain/thresholds/threshold.ts'
import { until } from './support/bench.ts'
import { readStories } from './support/event-story.ts'
import { startWireServer, type WireServer } from './support/wire-server.ts'

let folder = ''
let server: WireServer

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-kill-'))
  server = startWireServer()
})
afterEach(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const queueFile = () => join(folder, 'queue.db')

function startProcess(thresholds: readonly Threshold[] = []) {
  return Bun.spawn([process.execPath, join(import.meta.dir, 'support/agent-process.ts')], {
    env: {
      ...process.env,
      PORT: String(server.port),
      QUEUE_FILE: queueFile(),
      THRESHOLDS: JSON.stringify(thresholds),
    },
    stdout: 'ignore',
    stderr: 'ignore',
  })
}

type Queued = { readonly kind: number; readonly time: number }

/** The content of the queue, read from a copy because the agent holds a lock. */
function readQueue(): Queued[] {
  for (const suffix of ['', '-wal']) {
    const copy = join(folder, `copy.db${suffix}`)
    rmSync(copy, { force: true })
    if (existsSync(queueFile() + suffix)) copyFileSync(queueFile() + suffix, copy)
  }
  if (!existsSync(join(folder, 'copy.db'))) return []
  const database = new Database(join(folder, 'copy.db'))
  try {
    return database.query<Queued, []>('SELECT kind, time FROM item').all()
  } catch {
    return []
  } finally {
    database.close()
  }
}

const storedTimes = () => new Set([...server.stored.keys()].map((key) => Number(key.split(' ')[0])))

test('an agent that is killed loses nothing that it had sampled', async () => {
  server.answer = (batch, { accept }) => {
    if (batch.frames.length === 0) accept()
  }
  const first = startProcess()
  await until(() => readQueue().length >= 3, 20_000)
  first.kill('SIGKILL')
  await first.exited
  const kept = readQueue().map(({ time }) => time)
  expect(kept.length).toBeGreaterThanOrEqual(3)
  server.answer = (_, { accept }) => accept()
  const second = startProcess()
  try {
    await until(
      () => kept.every((time) => storedTimes().has(time)) && storedTimes().size > kept.length,
      20_000,
    )
  } finally {
    second.kill('SIGKILL')
    await second.exited
  }
  expect(
    [...server.storedTimes].filter(([key, count]) => key.endsWith('uptime.seconds') && count > 1),
  ).toEqual([])
}, 60_000)

test('an agent that is killed again and again opens an event once, at its real time, and closes that one', async () => {
  const uptime: Threshold = {
    metric: 'perf.system.uptime.seconds',
    severity: 2,
    compare: '>',
    value: 0,
    duration: 3,
    clearAfter: 2,
    clearValue: null,
  }
  const kill = async (child: Bun.Subprocess) => {
    child.kill('SIGKILL')
    await child.exited
  }
  server.answer = (batch, { accept }) => {
    if (batch.frames.length === 0 && batch.events.length === 0) accept()
  }
  const first = startProcess([uptime])
  await until(() => readQueue().some(({ kind }) => kind === 1), 20_000)
  await kill(first)
  const opened = readQueue().find(({ kind }) => kind === 1)?.time ?? 0
  await kill(await startedAgain([uptime]))
  server.answer = (_, { accept }) => accept()
  const last = startProcess([{ ...uptime, compare: '<' }])
  try {
    // What is new goes before what waited, so that the closing may come first.
    await until(() => [...readStories(server).values()].flat().length >= 2, 20_000)
  } finally {
    await kill(last)
  }
  const stories = [...readStories(server).values()]
  expect(stories.map((story) => story.map(({ change, status }) => [change, status]))).toEqual([
    [
      [1, 'open'],
      [2, 'closed'],
    ],
  ])
  expect(stories[0]?.[0]?.time).toBe(opened)
}, 60_000)

/** An agent that has sampled at least twice since its start. */
async function startedAgain(thresholds: readonly Threshold[]) {
  const before = readQueue().length
  const child = startProcess(thresholds)
  await until(() => readQueue().length >= before + 2, 20_000)
  return child
}
