import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './support/bench.ts'
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

function startProcess() {
  return Bun.spawn([process.execPath, join(import.meta.dir, 'support/agent-process.ts')], {
    env: { ...process.env, PORT: String(server.port), QUEUE_FILE: queueFile() },
    stdout: 'ignore',
    stderr: 'ignore',
  })
}

/** Times in the queue, read from a copy: the agent holds a lock. */
function readQueue(): number[] {
  for (const suffix of ['', '-wal']) {
    const copy = join(folder, `copy.db${suffix}`)
    rmSync(copy, { force: true })
    if (existsSync(queueFile() + suffix)) copyFileSync(queueFile() + suffix, copy)
  }
  if (!existsSync(join(folder, 'copy.db'))) return []
  const database = new Database(join(folder, 'copy.db'))
  try {
    return database
      .query<{ time: number }, []>('SELECT time FROM item')
      .all()
      .map(({ time }) => time)
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
  const kept = readQueue()
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
