import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { TEXT_BOUNDS } from '../../../src/domain/text-bounds.ts'
import { createLog } from '../../../src/lib/log.ts'
import { yieldThread } from '../../../src/lib/yield-thread.ts'
import { type OpenDatabase, openDatabase } from '../../../src/storage/database/open.ts'
import { TABLES } from '../../../src/storage/database/tables.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { aFrame, aReport, MIDNIGHT } from '../reports.ts'
import { describeTables } from '../tables.ts'

let dataDir: string
let store: Store
let opened: OpenDatabase

beforeEach(async () => {
  dataDir = makeTempDir()
  const options = {
    dataDir,
    clock: fakeClock(MIDNIGHT * 1000),
    log: createLog({ level: 'error', format: 'text' }),
  }
  store = await openStore('sqlite:monitor.db', options)
  opened = await openDatabase('sqlite:monitor.db', options)
})
afterEach(async () => {
  await opened.database.close()
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('src/storage/database/tables.ts declares what the migrations make', async () => {
  expect(await describeTables(opened)).toEqual(
    TABLES.map(({ name, columns }) => `${name}: ${[...columns].sort().join(' ')}`).sort(),
  )
})

test('no text that the wire takes is longer than its column', async () => {
  for (const [table, columns] of Object.entries(TEXT_BOUNDS)) {
    const rows = await opened.database.query<{ name: string; type: string }>(
      `SELECT name, type FROM pragma_table_info('${table}')`,
    )
    const widthOf = (type: string) =>
      type === 'TEXT' ? Number.POSITIVE_INFINITY : Number(/\((\d+)\)/.exec(type)?.[1] ?? 0)
    const widths = new Map(rows.map(({ name, type }) => [name, widthOf(type)]))
    for (const [column, longest] of Object.entries(columns))
      expect([table, column, (widths.get(column) ?? 0) >= longest]).toEqual([table, column, true])
  }
})

test('every reference names a table and a column that are declared', () => {
  const declared = new Map(TABLES.map((table) => [table.name, table]))
  for (const { name, columns, references } of TABLES)
    for (const { column, table } of references) {
      expect({ name, columns }).toEqual({ name, columns: expect.arrayContaining([column]) })
      expect(declared.has(table)).toBe(true)
    }
})

test('deleting a host leaves no row of it in any table', async () => {
  const { database } = opened
  for (const host of ['web01', 'web02'])
    await store.ingest.write([
      aReport(host, { frames: [aFrame(MIDNIGHT, { a: 1 }), aFrame(MIDNIGHT + 60, { a: 2 })] }),
    ])
  await store.maintenance.compact(MIDNIGHT + 86_400, 10)
  await store.ingest.write([aReport('web01', { frames: [aFrame(MIDNIGHT + 200_000, { a: 3 })] })])
  const [host] = await database.query<{ id: number }>("SELECT id FROM host WHERE name = 'web01'")
  const id = host?.id ?? 0
  const ofHost = TABLES.flatMap(({ name, columns, references }) =>
    references.filter(({ table }) => table === 'host').map(({ column }) => ({ name, columns, column })),
  )
  const count = async ({ name, column }: { name: string; column: string }) => {
    const rows = await database.query(`SELECT 1 FROM ${name} WHERE ${column} = ?`, [id])
    return `${name}: ${rows.length > 0 ? 'some' : 'none'}`
  }
  for (const { name, columns, column } of ofHost) {
    if ((await count({ name, column })).endsWith('some')) continue
    // SQLite takes any value in any column; what counts is that the row names the host.
    const values = columns.map((one, i) => (one === column ? id : 1_000_000 + i))
    await database.transaction((transaction) =>
      transaction.run(
        `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        values,
      ),
    )
  }
  expect(await Promise.all(ofHost.map(count))).toEqual(ofHost.map(({ name }) => `${name}: some`))
  expect(await store.hosts.delete('web01')).toBe(true)
  // What another connection has committed is seen with the next event.
  await yieldThread()
  expect(await Promise.all(ofHost.map(count))).toEqual(ofHost.map(({ name }) => `${name}: none`))
  expect(await store.hosts.metrics('web02')).toEqual(['a'])
  expect(await store.maintenance.check()).toEqual([])
})
