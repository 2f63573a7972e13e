import { expect, test } from 'bun:test'
import { rmSync, statSync } from 'node:fs'
import { openSqlite } from '../../../src/storage/database/sqlite/sqlite.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'

test('the log keeps its length when it begins anew, because cutting it off and growing again costs time', async () => {
  const folder = makeTempDir()
  const file = `${folder}/monitor.db`
  const database = await openSqlite(file, { clock: fakeClock() })
  await database.transaction((transaction) => transaction.run('CREATE TABLE t (text BLOB)'))
  const lengths: number[] = []
  for (let i = 0; i < 30; i++) {
    await database.transaction((transaction) =>
      transaction.run('INSERT INTO t (text) VALUES (zeroblob(1000000))'),
    )
    lengths.push(statSync(`${file}-wal`).size)
  }
  // It began anew after a part of it, or it would be longer; it was cut off at 4 MB before.
  expect(lengths.at(-1)).toBeLessThan(20_000_000)
  expect(lengths.at(-1)).toBeGreaterThan(7_000_000)
  expect(lengths.at(-1)).toBe(Math.max(...lengths))
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})
