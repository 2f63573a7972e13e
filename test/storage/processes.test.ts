import { afterEach, beforeEach, expect, test } from 'bun:test'
import { chmodSync, chownSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { restoreBackup } from '../../src/storage/database/sqlite/restore.ts'
import { openStore } from '../../src/storage/open.ts'
import { expectFailure } from '../support/failure.ts'
import { makeTempDir } from '../support/spawn.ts'
import { toPairs } from './reports.ts'
import { createWriters } from './writers.ts'

const log = createLog({ level: 'error', format: 'text' })
const PATIENCE_MS = 30_000

let dataDir: string
const { start, endAll } = createWriters(
  () => 'sqlite:monitor.db',
  () => dataDir,
)

beforeEach(() => {
  dataDir = makeTempDir()
})
afterEach(async () => {
  await endAll()
  rmSync(dataDir, { recursive: true, force: true })
})

const open = () => openStore('sqlite:monitor.db', { dataDir, clock: systemClock, log })

test(
  'every sample acknowledged before a kill -9 is there afterwards',
  async () => {
    const writer = start('web01')
    await writer.said(200)
    writer.kill('SIGKILL')
    await writer.end()
    const store = await open()
    const stored = new Map(toPairs(await store.samples.range('web01', 'value', 0, Number.MAX_SAFE_INTEGER)))
    for (const [time, value] of writer.acknowledged) expect(stored.get(time)).toBe(value)
    expect(writer.acknowledged.size).toBeGreaterThanOrEqual(190)
    expect(await store.maintenance.check()).toEqual([])
    await store.close()
  },
  PATIENCE_MS,
)

test(
  'two processes write and two compact at once, one of these is killed, and nothing is lost',
  async () => {
    const writers = [start('web01', 400), start('web02', 400)]
    const compactors = [start('compact'), start('compact')]
    await Promise.all(compactors.map((compactor) => compactor.said(1)))
    await Promise.all(writers.map((writer) => writer.said(150)))
    compactors[0]?.kill('SIGKILL')
    expect(await Promise.all(writers.map((writer) => writer.end()))).toEqual([0, 0])
    compactors[1]?.kill('SIGTERM')
    expect(await compactors[1]?.end()).toBe(0)
    const store = await open()
    await store.maintenance.compact(Number.MAX_SAFE_INTEGER, 1000)
    for (const [i, name] of ['web01', 'web02'].entries()) {
      const stored = toPairs(await store.samples.range(name, 'value', 0, Number.MAX_SAFE_INTEGER))
      expect(stored).toEqual([...(writers[i]?.acknowledged ?? [])].sort((a, b) => a[0] - b[0]))
      expect(stored.length).toBeGreaterThan(300)
    }
    expect((await store.maintenance.stats()).frames).toBe(0)
    expect(await store.maintenance.check()).toEqual([])
    await store.close()
  },
  PATIENCE_MS,
)

test(
  'five processes that start at once with no database make one',
  async () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => start(name, 3))
    expect(await Promise.all(five.map((writer) => writer.end()))).toEqual([0, 0, 0, 0, 0])
    const store = await open()
    expect(await store.maintenance.stats()).toMatchObject({ hosts: 5, samples: 45 })
    await store.close()
  },
  PATIENCE_MS,
)

test(
  'a backup made under load is sound, holds what was acknowledged before, and can be restored once nobody uses the database',
  async () => {
    const writer = start('web01')
    await writer.said(100)
    const before = new Map(writer.acknowledged)
    const store = await open()
    const backup = join(dataDir, 'backup.db')
    expect(await store.maintenance.findLastBackup()).toBeNull()
    await store.maintenance.backup(backup)
    expect((await store.maintenance.findLastBackup())?.file).toBe(backup)
    await expectFailure(store.maintenance.backup(backup), 'exists already')
    expect(statSync(backup).mode & 0o777).toBe(0o600)
    await store.close()

    const restore = () => restoreBackup('sqlite:monitor.db', backup, { dataDir, clock: systemClock })
    await expectFailure(restore(), 'in use')
    await writer.said(130)
    writer.kill('SIGKILL')
    await writer.end()
    const kept = await restore()
    expect(kept).toContain('monitor.db.before-restore-')

    const restored = await open()
    const stored = new Map(
      toPairs(await restored.samples.range('web01', 'value', 0, Number.MAX_SAFE_INTEGER)),
    )
    for (const [time, value] of before) expect(stored.get(time)).toBe(value)
    expect(stored.size).toBeLessThan(writer.acknowledged.size)
    expect(await restored.maintenance.check()).toEqual([])
    await restored.close()

    const old = await openStore(`sqlite:${kept}`, { dataDir, clock: systemClock, log })
    const oldSeries = await old.samples.range('web01', 'value', 0, Number.MAX_SAFE_INTEGER)
    expect(oldSeries.times.length).toBeGreaterThanOrEqual(writer.acknowledged.size)
    await old.close()
    expect(readdirSync(dataDir).filter((name) => /restoring|partial/.test(name))).toEqual([])
  },
  PATIENCE_MS,
)

test('a damaged backup, or a file that is none, is refused and changes nothing', async () => {
  const store = await open()
  const backup = join(dataDir, 'backup.db')
  for (let i = 0; i < 50; i++) await store.users.add(`user${i}`, 'viewer', 'x'.repeat(200), 1)
  await store.maintenance.backup(backup)
  await store.close()
  const bytes = new Uint8Array(await Bun.file(backup).arrayBuffer())
  bytes.fill(0xff, 8192 * 3, bytes.length)
  writeFileSync(backup, bytes)
  const before = await Bun.file(join(dataDir, 'monitor.db')).arrayBuffer()
  for (const [file, message] of [
    [backup, /damaged|malformed/],
    [join(dataDir, 'none.db'), /no backup/],
    [import.meta.path, /damaged, or no database/],
  ] as const)
    await expectFailure(restoreBackup('sqlite:monitor.db', file, { dataDir, clock: systemClock }), message)
  expect(
    Buffer.compare(
      Buffer.from(before),
      Buffer.from(await Bun.file(join(dataDir, 'monitor.db')).arrayBuffer()),
    ),
  ).toBe(0)
})

test('a backup goes in the place of a database that nobody can read any more, and of its log', async () => {
  const store = await open()
  await store.users.add('kept', 'viewer', 'hash', 1)
  const backup = join(dataDir, 'backup.db')
  await store.maintenance.backup(backup)
  await store.close()
  for (const name of ['monitor.db', 'monitor.db-wal', 'monitor.db-shm'])
    writeFileSync(join(dataDir, name), 'no database '.repeat(1000))
  const kept = await restoreBackup('sqlite:monitor.db', backup, { dataDir, clock: systemClock })
  expect(await Bun.file(kept ?? '').text()).toStartWith('no database')
  const restored = await open()
  expect(await restored.users.find('kept')).toMatchObject({ access: 'viewer' })
  expect(await restored.maintenance.check()).toEqual([])
  await restored.close()
})

test.skipIf(process.getuid?.() !== 0)(
  'what root restores belongs to the owner of the file that it replaces, or of the folder when there is none',
  async () => {
    const store = await open()
    const backup = join(dataDir, 'backup.db')
    await store.maintenance.backup(backup)
    await store.close()
    const file = join(dataDir, 'monitor.db')
    const restore = async () => {
      await restoreBackup('sqlite:monitor.db', backup, { dataDir, clock: systemClock })
      const { uid, gid, mode } = statSync(file)
      return [uid, gid, mode & 0o777]
    }
    chownSync(file, 54_321, 54_322)
    chmodSync(file, 0o640)
    expect(await restore()).toEqual([54_321, 54_322, 0o640])
    rmSync(file)
    chownSync(dataDir, 54_323, 54_324)
    expect(await restore()).toEqual([54_323, 54_324, 0o600])
  },
)
