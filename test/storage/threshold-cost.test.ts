import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reportThresholds } from '../../src/domain/thresholds/reported-threshold.ts'
import { standardThresholds } from '../../src/domain/thresholds/threshold-standard.ts'
import { createLog } from '../../src/lib/log.ts'
import type { Database, Transaction } from '../../src/storage/database/database.ts'
import { openDatabase } from '../../src/storage/database/open.ts'
import { createStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { fakeClock } from '../support/clock.ts'
import { aFrame, aReport, FACTS, MIDNIGHT } from './reports.ts'

let dataDir: string
let store: Store
/** Statements that touch what agents reported, except the one that finds a host anew. */
let statements: string[]

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'monitor-store-'))
  statements = []
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const options = { dataDir, clock: fakeClock(MIDNIGHT * 1000), log }
  const opened = await openDatabase('sqlite:monitor.db', options)
  store = createStore({ ...opened, database: listen(opened.database) }, options)
})
afterEach(async () => {
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

function listen(database: Database): Database {
  const note = (sql: string) => {
    if (sql.includes('host_threshold') && !sql.includes('EXISTS'))
      statements.push(sql.trim().split(' ')[0] ?? '')
  }
  const hear = (transaction: Transaction): Transaction => ({
    dialect: transaction.dialect,
    query(sql, values) {
      note(sql)
      return transaction.query(sql, values)
    },
    run(sql, values) {
      note(sql)
      return transaction.run(sql, values)
    },
    insert: (sql, values) => transaction.insert(sql, values),
  })
  return {
    dialect: database.dialect,
    query: (sql, values) => database.query(sql, values),
    transaction: (act) => database.transaction((transaction) => act(hear(transaction))),
    close: () => database.close(),
  }
}

test('packets pay nothing for thresholds, reporting them again costs one query, and only changed ones are written', async () => {
  const facts = { ...FACTS, thresholds: reportThresholds([], standardThresholds(FACTS)) }
  const frame = (minute: number) => aFrame(MIDNIGHT + minute * 60, { m: minute })
  const write = async (report: Parameters<typeof aReport>[1]) => {
    statements = []
    await store.ingest.write([aReport('web01', report)])
    return statements
  }
  expect(await write({ facts: facts })).toEqual(['SELECT', 'INSERT'])
  for (let minute = 0; minute < 5; minute++)
    expect(await write({ facts: null, frames: [frame(minute)] })).toEqual([])
  expect(await write({ facts: structuredClone(facts) })).toEqual(['SELECT'])
  expect(await write({ facts: { ...facts, thresholds: [] } })).toEqual(['SELECT', 'INSERT'])
  // As the original's agents do it each minute.
  expect(await write({ facts: FACTS })).toEqual(['DELETE'])
  for (let minute = 5; minute < 10; minute++)
    expect(await write({ facts: FACTS, frames: [frame(minute)] })).toEqual([])
})
