import { afterAll } from 'bun:test'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Loaded before every test: what the tests of a process put into the folder for temporary files lies in one folder of that
 * process, which goes when they are over. The name is short, because paths of sockets are, and says whose it is.
 */
const PREFIX = 'mt-'

/** Of processes that were killed, and so could not clean up. */
function removeAbandoned(place: string) {
  for (const name of readdirSync(place)) {
    const pid = /^mt-(\d+)-\w+$/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(place, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user is one, too.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

const place = tmpdir()
removeAbandoned(place)
const folder = mkdtempSync(join(place, `${PREFIX}${process.pid}-`))
// As `/tmp` is: some tests ask what another account can read, and database servers write as one.
chmodSync(folder, 0o1777)
process.env.TMPDIR = folder

// Without an environment of its own a child gets the one that this process began with, which names another folder.
const realSpawn = Bun.spawn
const realSpawnSync = Bun.spawnSync
type Settings = { env?: Record<string, string | undefined> }
const withFolder = (first: unknown, more: unknown): [unknown, unknown] =>
  Array.isArray(first)
    ? [first, { env: process.env, ...(more as Settings | undefined) }]
    : [{ env: process.env, ...(first as Settings) }, more]
Bun.spawn = ((first: unknown, more: unknown) =>
  Reflect.apply(realSpawn, Bun, withFolder(first, more))) as typeof Bun.spawn
Bun.spawnSync = ((first: unknown, more: unknown) =>
  Reflect.apply(realSpawnSync, Bun, withFolder(first, more))) as typeof Bun.spawnSync

// A worker of `bun test --parallel` calls `afterAll` behind each of its files, and the next file still needs the folder:
// there the runner removes what all of them lie in.
const isWorker = process.env.BUN_TEST_WORKER_ID !== undefined

afterAll(() => {
  if (isWorker) return
  const left = readdirSync(folder)
  rmSync(folder, { recursive: true, force: true })
  // Removed all the same; but who makes a folder also says when it is over.
  if (left.length > 0) console.log(`LEFT BEHIND by tests: ${left.join(', ')}`)
})
