import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { importOriginal } from '../../../src/storage/maintenance/import/import-original.ts'
import type { OriginalReader, OriginalRow } from '../../../src/storage/maintenance/import/tables.ts'
import { createStore } from '../../../src/storage/open.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { MIDNIGHT } from '../reports.ts'

const log = createLog({ level: 'error', format: 'text' })

test('a host that is deleted while its samples are imported is imported all the same', async () => {
  const dataDir = makeTempDir()
  const opened = await openDatabase('sqlite:monitor.db', { dataDir, clock: systemClock, log })
  const store = createStore(opened, { clock: systemClock, log })
  const row: OriginalRow<'agentdata'> = { name: 'web01', time: MIDNIGHT, monitor: 'perf.a', value: 1 }
  const original: OriginalReader = {
    count: async () => 1,
    read: async (table, onRow) => {
      if (table === 'agentdata') await onRow(row as unknown as Parameters<typeof onRow>[0])
    },
  }
  const write: typeof store.ingest.write = async (reports) => {
    await store.hosts.delete('web01')
    return store.ingest.write(reports)
  }
  const result = await importOriginal({
    original,
    database: opened.database,
    store: { ...store, ingest: { ...store.ingest, write } },
    now: MIDNIGHT + 900,
    hash: async (text) => text,
    commonHashes: new Set(),
    notifyOpen: false,
    availabilitySeverity: 1,
    onLeftOut: () => {},
    onProgress: () => {},
  })
  expect(result.silent).toBe(1)
  const [host] = await opened.database.query('SELECT name, is_released, last_seen FROM host')
  expect(host).toEqual({ name: 'web01', is_released: 1, last_seen: MIDNIGHT })
  expect(await store.outbox.listChanges(10)).toEqual([])
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})
