import { afterAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../../src/lib/log.ts'
import { restoreBackup } from '../../../src/storage/database/sqlite/restore.ts'
import { openStore } from '../../../src/storage/open.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { aFrame, aReport, MIDNIGHT } from '../reports.ts'

const HOUR = 3600
const URL = 'sqlite:monitor.db'
const dataDir = makeTempDir()
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
const log = createLog({ level: 'error', format: 'text' })

const QUEUE = { id: 'queue-000001', run: 'run-00000001', started: null }

/** Frames of these numbers, a minute apart; nothing below the first can come any more. */
function numbered(first: number, last: number) {
  const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  return aReport('web01', {
    keyHash: 'a'.repeat(64),
    queue: QUEUE,
    frames: numbers.map((number) => aFrame(MIDNIGHT + number * 60, { a: number })),
    numbers: { frames: numbers, others: [], waiting: first, lost: [] },
  })
}

test('what was stored after the backup that is restored is missing for that reason, what is lost later for none', async () => {
  const open = () => openStore(URL, { dataDir, clock: fakeClock((MIDNIGHT + 2 * HOUR) * 1000), log })
  let store = await open()
  await store.ingest.write([
    aReport('web01', { keyHash: 'a'.repeat(64), queue: { ...QUEUE, started: MIDNIGHT }, isGreeting: true }),
  ])
  await store.ingest.write([numbered(1, 10)])
  await store.dataAudit.settle(MIDNIGHT + HOUR)
  const backup = join(dataDir, 'backup.db')
  await store.maintenance.backup(backup)
  await store.ingest.write([numbered(11, 60)])
  await store.dataAudit.settle(MIDNIGHT + HOUR)
  await store.close()

  await restoreBackup(URL, backup, { dataDir, clock: fakeClock((MIDNIGHT + 61 * 60) * 1000) })
  store = await open()
  await store.ingest.write([numbered(62, 70)])
  await store.dataAudit.settle(MIDNIGHT + 2 * HOUR)
  const [audit] = await store.dataAudit.audit('web01')
  expect(audit).toMatchObject({ expected: 70, present: 19, missing: { restored: 51 } })
  const { events } = await store.events.list({ status: 'open' })
  expect(events.map(({ metric, message }) => [metric, message])).toEqual([
    ['perf.agent.data.missing.restored', expect.stringContaining('after the backup that was restored')],
  ])

  await store.ingest.write([numbered(80, 81)])
  await store.dataAudit.settle(MIDNIGHT + 4 * HOUR)
  expect((await store.dataAudit.audit('web01'))[0]?.missing).toEqual({ restored: 51, unexplained: 9 })
  await store.close()
})
