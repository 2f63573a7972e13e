import { afterEach, beforeEach, expect, test } from 'bun:test'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../../src/lib/log.ts'
import { restoreBackup } from '../../../src/storage/database/sqlite/restore.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { aFrame, aReport, MIDNIGHT } from '../reports.ts'

const HOUR = 3600
const URL = 'sqlite:monitor.db'
const QUEUE = { id: 'queue-000001', run: 'run-00000001', started: null }
const log = createLog({ level: 'error', format: 'text' })
const clock = fakeClock((MIDNIGHT + 2 * HOUR) * 1000)

let dataDir: string
let backup: string
let store: Store
const open = () => openStore(URL, { dataDir, clock, log })

beforeEach(async () => {
  dataDir = makeTempDir()
  backup = join(dataDir, 'backup.db')
  store = await open()
})
afterEach(async () => {
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

type Known = readonly [newest: number, unconfirmed: readonly (readonly [number, number])[]]

/** The agent connects; without `known` it is one that does not say what it knows. */
const greet = (known?: Known) =>
  store.ingest.write([
    aReport('web01', {
      keyHash: 'a'.repeat(64),
      isGreeting: true,
      queue: {
        ...QUEUE,
        started: MIDNIGHT,
        ...(known && {
          known: { newest: known[0], unconfirmed: known[1].map(([first, last]) => ({ first, last })) },
        }),
      },
    }),
  ])

/** Frames of these numbers, a minute apart. */
function send(first: number, last: number, waiting = first) {
  const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const frames = numbers.map((number) => aFrame(MIDNIGHT + number * 60, { a: number }))
  const report = aReport('web01', {
    keyHash: 'a'.repeat(64),
    queue: QUEUE,
    frames,
    numbers: { frames: numbers, others: [], waiting, lost: [] },
  })
  return store.ingest.write([report])
}

async function restore() {
  await store.close()
  await restoreBackup(URL, backup, { dataDir, clock })
  store = await open()
}

async function audit() {
  await store.dataAudit.settle(MIDNIGHT + 2 * HOUR)
  const [found] = await store.dataAudit.audit('web01')
  return found
}

test('what was stored after the backup that is restored is missing for that reason, what is lost later for none', async () => {
  await greet([0, []])
  await send(1, 10)
  await store.maintenance.backup(backup)
  await send(11, 60)
  expect(await audit()).toMatchObject({ expected: 60, present: 60, missing: {} })
  await restore()
  await greet([64, [[62, 64]]])
  await send(62, 64)
  expect(await audit()).toMatchObject({ expected: 64, present: 13, missing: { restored: 51 } })
  const { events } = await store.events.list({ status: 'open' })
  expect(events.map(({ metric, message }) => [metric, message])).toEqual([
    ['perf.agent.data.missing.restored', expect.stringContaining('after the backup that was restored')],
  ])
  // However soon after it is.
  await send(70, 71)
  expect(await audit()).toMatchObject({ missing: { restored: 51, unexplained: 5 } })
})

test('a backlog that came after the backup below what came before is of it, what came neither before nor after is not', async () => {
  await greet([0, []])
  await send(1, 10)
  await send(100, 100, 11)
  await audit()
  await store.maintenance.backup(backup)
  await send(11, 20)
  await restore()
  await greet([100, [[21, 99]]])
  expect(await audit()).toMatchObject({ expected: 100, present: 11, pending: 79, missing: { restored: 10 } })
  await send(21, 90)
  await send(101, 101, 101)
  expect(await audit()).toMatchObject({ expected: 101, missing: { restored: 10, unexplained: 9 } })
})

test('an agent that said nothing until long after is judged by the numbers that were before', async () => {
  await greet([0, []])
  await send(1, 10)
  await store.maintenance.backup(backup)
  await send(11, 20)
  await restore()
  // Settled, restored and settled again before the agent connects.
  await audit()
  await restore()
  await audit()
  await greet([30, [[21, 30]]])
  await send(21, 30)
  expect(await audit()).toMatchObject({ expected: 30, present: 20, missing: { restored: 10 } })
})

test('an older file that is copied by hand into the place of the database is noticed', async () => {
  await greet([0, []])
  await send(1, 10)
  await store.maintenance.backup(backup)
  await send(11, 20)
  await store.close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, `monitor.db${suffix}`), { force: true })
  copyFileSync(backup, join(dataDir, 'monitor.db'))
  store = await open()
  await greet([25, [[21, 25]]])
  await send(21, 25)
  expect(await audit()).toMatchObject({ expected: 25, present: 15, missing: { restored: 10 } })
})

test('agents that do not say what they know are judged by what can not come any more', async () => {
  await greet()
  await send(1, 10)
  await store.maintenance.backup(backup)
  await send(11, 20)
  await restore()
  await greet()
  await send(21, 22)
  await send(30, 30)
  expect(await audit()).toMatchObject({ expected: 30, missing: { restored: 10, unexplained: 7 } })
})
