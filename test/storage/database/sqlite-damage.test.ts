import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../../src/lib/log.ts'
import { openStore } from '../../../src/storage/open.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { aReport } from '../reports.ts'

test('a database in which something can not be read any more does not count as well', async () => {
  const dataDir = makeTempDir()
  const file = join(dataDir, 'monitor.db')
  const log = createLog({ level: 'error', format: 'text' })
  const open = () => openStore('sqlite:monitor.db', { dataDir, clock: fakeClock(), log })
  const before = await open()
  await before.ingest.write([aReport('web01')])
  await before.close()

  const database = new Database(file)
  const { page = 0, size = 0 } =
    database
      .query<{ page: number; size: number }, []>(
        `SELECT rootpage AS page, (SELECT page_size FROM pragma_page_size) AS size FROM sqlite_master WHERE name = 'host'`,
      )
      .get() ?? {}
  database.run('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.fill(0, (page - 1) * size, page * size))

  const store = await open()
  await store.maintenance.ping()
  await expect(store.hosts.find('web01')).rejects.toThrow('malformed')
  await expect(store.maintenance.ping()).rejects.toThrow('monitor.db is damaged')
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('nothing is stored in a file that was deleted or replaced while it is open', async () => {
  const dataDir = makeTempDir()
  const file = join(dataDir, 'monitor.db')
  const log = createLog({ level: 'error', format: 'text' })
  const store = await openStore('sqlite:monitor.db', { dataDir, clock: fakeClock(), log })
  await store.ingest.write([aReport('web01')])
  renameSync(file, `${file}.away`)
  await expect(store.ingest.write([aReport('web02')])).rejects.toThrow('was deleted while it is open')
  writeFileSync(file, 'another')
  await expect(store.ingest.write([aReport('web02')])).rejects.toThrow('was replaced while it is open')
  rmSync(file)
  renameSync(`${file}.away`, file)
  await store.ingest.write([aReport('web03')])
  const names = ['web01', 'web02', 'web03']
  const found = await Promise.all(names.map((name) => store.hosts.find(name)))
  expect(found.map((host) => host !== null)).toEqual([true, false, true])
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})
