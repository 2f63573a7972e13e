import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import type { ImportOptions, LeftOut } from '../../../src/storage/maintenance/import/import-options.ts'
import { importOriginal } from '../../../src/storage/maintenance/import/import-original.ts'
import type { OriginalReader, OriginalTable } from '../../../src/storage/maintenance/import/tables.ts'
import { createStore } from '../../../src/storage/open.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { MIDNIGHT } from '../reports.ts'

const log = createLog({ level: 'error', format: 'text' })

type Rows = Partial<Record<OriginalTable, readonly object[]>>

/** A database of the original that has these rows. */
const anOriginal = (rows: Rows): OriginalReader => ({
  count: async (table) => rows[table]?.length ?? 0,
  read: async (table, onRow) => {
    for (const row of rows[table] ?? []) await onRow(row as Parameters<typeof onRow>[0])
  },
})

async function openEmpty() {
  const dataDir = makeTempDir()
  const opened = await openDatabase('sqlite:monitor.db', { dataDir, clock: systemClock, log })
  const store = createStore(opened, { clock: systemClock, log })
  const leftOut: LeftOut[] = []
  const options: Omit<ImportOptions, 'original'> = {
    database: opened.database,
    store,
    now: MIDNIGHT + 900,
    hash: async (text) => text,
    commonHashes: new Set(),
    notifyOpen: false,
    availabilitySeverity: 1,
    onLeftOut: (row) => leftOut.push(row),
    onProgress: () => {},
  }
  const close = async () => {
    await store.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
  return { database: opened.database, store, leftOut, options, close }
}

const sample = { name: 'web01', time: MIDNIGHT, monitor: 'perf.a', value: 1 }

test('a host that is deleted while its samples are imported is imported all the same', async () => {
  const { database, store, options, close } = await openEmpty()
  const write: typeof store.ingest.write = async (reports) => {
    await store.hosts.delete('web01')
    return store.ingest.write(reports)
  }
  const result = await importOriginal({
    ...options,
    original: anOriginal({ agentdata: [sample] }),
    store: { ...store, ingest: { ...store.ingest, write } },
  })
  expect(result.silent).toBe(1)
  const [host] = await database.query('SELECT name, is_released, last_seen FROM host')
  expect(host).toEqual({ name: 'web01', is_released: 1, last_seen: MIDNIGHT })
  expect(await store.outbox.listChanges(10)).toEqual([])
  await close()
})

test('a blank text is no number, as a value and as a status', async () => {
  const { store, leftOut, options, close } = await openEmpty()
  const event = { id: 1, name: 'web01', time: MIDNIGHT, monitor: 'perf.a', message: 'm', severity: '2' }
  const original = anOriginal({
    agentdata: [sample, { ...sample, time: MIDNIGHT + 60, value: ' ' }],
    agentevents: [
      { ...event, status: '' },
      { ...event, id: 2, status: ' 1 ' },
    ],
  })
  await importOriginal({ ...options, original })
  expect(leftOut.map(({ table, reason }) => [table, reason])).toEqual([
    ['agentdata', 'the value is no number'],
    ['agentevents', 'the status is not 0 or 1'],
  ])
  const { times } = await store.samples.range('web01', 'perf.a', 0, MIDNIGHT + 900)
  expect([...times]).toEqual([MIDNIGHT])
  await close()
})
