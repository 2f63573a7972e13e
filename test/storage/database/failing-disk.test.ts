import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import { openStore } from '../../../src/storage/open.ts'
import { FailingDisk, NO_FAILING_DISK } from '../../support/failing-disk.ts'
import { toPairs } from '../reports.ts'
import { createWriters, type Writer } from '../writers.ts'

const log = createLog({ level: 'error', format: 'text' })

let disk: FailingDisk
const { start, endAll } = createWriters(
  () => 'sqlite:monitor.db',
  () => disk.folder,
)

describe.skipIf(NO_FAILING_DISK !== null)('of what was acknowledged nothing is lost', () => {
  beforeEach(() => {
    disk = new FailingDisk()
  })
  afterEach(async () => {
    await endAll()
    disk.end()
  })

  test('when the system can not write pages that a checkpoint has moved', async () => {
    const writer = start('web01')
    await writer.said(200)
    const reader = new Database(join(disk.folder, 'monitor.db'))
    reader.run('BEGIN')
    reader.query('SELECT count(*) FROM frame').get()
    const frames = await until((_, moved) => moved > 0)
    // The pages that were moved are not flushed, because the reader keeps the checkpoint from the end of the log.
    disk.fail()
    disk.writeBack()
    disk.heal()
    reader.run('COMMIT')
    reader.close()
    await until((left) => left < frames / 2)
    await writer.said(writer.acknowledged.size + 100)
    await expectNothingLost([writer])
    await expectLogged(writer)
  })

  test('when a flush of the log fails, and another process starts meanwhile', async () => {
    const writer = start('web01')
    await writer.said(200)
    disk.fail()
    // The log has blocks from before, which are written still.
    let before = 0
    while (before < writer.acknowledged.size) {
      before = writer.acknowledged.size
      await Bun.sleep(500)
    }
    // It ends when it can't write to the database, or goes on as long as the log has such blocks.
    const second = start('web02')
    await Promise.race([second.end(), Bun.sleep(2000)])
    disk.heal()
    let third = start('web03')
    await third.said(100).catch(() => {
      // The system may have told it of a failure of before.
      third = start('web03')
      return third.said(100)
    })
    await writer.said(before + 200)
    await expectNothingLost([writer, second, third])
    await expectLogged(writer)
  })
})

/** Resolves with the number of pages in the log when that, and how many of them count as moved, are as wanted. */
async function until(isAsWanted: (frames: number, moved: number) => boolean) {
  const database = new Database(join(disk.folder, 'monitor.db'))
  for (; ; await Bun.sleep(20))
    try {
      const [row] = database.query('PRAGMA wal_checkpoint(NOOP)').values()
      if (!isAsWanted(Number(row?.[1]), Number(row?.[2]))) continue
      database.close()
      return Number(row?.[1])
    } catch (error) {
      // While nobody may begin to read.
      if (!String(error).includes('database is locked')) throw error
    }
}

async function expectNothingLost(writers: readonly Writer[]) {
  for (const writer of writers) writer.kill('SIGKILL')
  await Promise.all(writers.map((writer) => writer.end()))
  const store = await openStore('sqlite:monitor.db', { dataDir: disk.cutPower(), clock: systemClock, log })
  for (const [i, { acknowledged }] of writers.entries()) {
    const name = `web0${i + 1}`
    const stored = new Map(toPairs(await store.samples.range(name, 'value', 0, Number.MAX_SAFE_INTEGER)))
    expect([...acknowledged].filter(([time, value]) => stored.get(time) !== value)).toEqual([])
  }
  expect(await store.maintenance.check()).toEqual([])
  await store.close()
}

/** It is logged once that the disk fails, and once that it is over: connections may be told one after the other. */
async function expectLogged(writer: Writer) {
  const levels = (await writer.complaints())
    .split('\n')
    .flatMap((line) => /(error|warn) {1,2}the disk of the database/.exec(line)?.[1] ?? [])
  expect(levels).toEqual(['error', 'warn'])
}
