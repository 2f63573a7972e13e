import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { loadConfig } from '../../src/config/load.ts'
import { STORAGE_DISK } from '../../src/domain/metrics/declared/server-events.ts'
import { createLog } from '../../src/lib/log.ts'
import { watchDisk } from '../../src/roles/disk-watch.ts'
import { openStore } from '../../src/storage/open.ts'
import type { DiskFailures, Store } from '../../src/storage/ports/store.ts'
import { aMachine } from '../config/machine.ts'
import { fakeClock } from '../support/clock.ts'
import { makeTempDir } from '../support/spawn.ts'

const clock = fakeClock()
const log = createLog({ level: 'error', format: 'text' })
let dataDir: string
let store: Store
let failures: DiskFailures = { count: 0, last: null, isOver: true }
let stop = async () => {}

beforeEach(async () => {
  dataDir = makeTempDir()
  store = await openStore('sqlite:monitor.db', { dataDir, clock, log })
})
afterEach(async () => {
  await stop()
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const listed = async () =>
  (await store.events.list({ limit: 10 })).events
    .filter(({ metric }) => metric === STORAGE_DISK.name)
    .map(({ status, message }) => ({ status, message }))

const fail = (count: number, isOver: boolean) => {
  failures = { count, last: { time: clock.now(), words: 'disk I/O error' }, isOver }
}

test('a disk that fails is an event as soon as it can be stored, until ten minutes without a failure', async () => {
  const { config } = loadConfig({ dataDir, set: ['agent.name=monitor01'] }, aMachine({}))
  const maintenance = { ...store.maintenance, diskFailures: () => failures }
  watchDisk(
    config,
    { ...store, maintenance },
    {
      clock,
      log,
      own: (_, act) => {
        stop = act
      },
    },
  )
  fail(1, false)
  await clock.advance(60_000)
  expect(await listed()).toEqual([])
  fail(2, true)
  await clock.advance(20_000)
  expect(await listed()).toMatchObject([
    { status: 'open', message: expect.stringContaining('failed to write 2 times (disk I/O error)') },
  ])
  await clock.advance(500_000)
  fail(3, true)
  await clock.advance(500_000)
  expect(await listed()).toMatchObject([
    { status: 'open', message: expect.stringContaining('failed to write 3 times') },
  ])
  await clock.advance(200_000)
  expect(await listed()).toMatchObject([{ status: 'closed' }])
})
