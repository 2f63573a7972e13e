import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import type { AgentProgram } from '../../../src/domain/hosts/host.ts'
import { createLog } from '../../../src/lib/log.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { openStore } from '../../../src/storage/open.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { aReport, FACTS, MIDNIGHT } from '../reports.ts'

const DAY = 86_400
/** What the first build that left out words had as its schema. */
const STEP = 35
const SILENT: AgentProgram = { version: '', fingerprints: [], admission: 'current' }
const UNPINNED: AgentProgram = { version: '1.2.0', fingerprints: [], admission: 'current' }

let dataDir: string
beforeEach(() => {
  dataDir = makeTempDir()
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const options = () => ({
  dataDir,
  clock: fakeClock(MIDNIGHT * 1000),
  log: createLog({ level: 'error', format: 'text', write: () => {} }),
})

/** What a connection of its own to the database file reads or changes. */
async function query<Found extends object>(sql: string, values: readonly number[] = []): Promise<Found[]> {
  const { database } = await openDatabase('sqlite:monitor.db', options())
  try {
    return await database.transaction(async (transaction) => {
      if (sql.startsWith('SELECT')) return transaction.query<Found>(sql)
      await transaction.run(sql, values)
      return []
    })
  } finally {
    await database.close()
  }
}

/** Writes two hosts at `now` as one process does, one of them new and one with changed facts; what is stored of them. */
async function write(now: number, programs: readonly [AgentProgram, AgentProgram]): Promise<string[]> {
  const store = await openStore('sqlite:monitor.db', options())
  try {
    const [known, added] = programs
    const report = (host: string, program?: AgentProgram) =>
      aReport(host, { seen: now, facts: program ? { ...FACTS, program } : FACTS })
    await store.ingest.write([report('known')])
    await store.ingest.write([report('known', known), report(`new${now}`, added)])
    const { hosts } = await store.hosts.list({ search: '', sort: 'name', upSince: 0, offset: 0, limit: 10 })
    expect(
      hosts.filter(({ name }) => [`new${now}`, 'known'].includes(name)).map(({ program }) => program),
    ).toEqual([known, added])
  } finally {
    await store.close()
  }
  const rows = await query<{ program: string }>('SELECT program FROM host ORDER BY name')
  return rows.map(({ program }) => program)
}

test('a database that was made with it has what agents said and nothing more', async () => {
  expect(await write(MIDNIGHT, [SILENT, UNPINNED])).toEqual([
    '{"admission":"current"}',
    '{"version":"1.2.0","admission":"current"}',
  ])
})

test('an upgraded database has all words for a week, in which a website of before may run', async () => {
  await (await openStore('sqlite:monitor.db', options())).close()
  await query('UPDATE migration SET applied = ? WHERE number = 1', [MIDNIGHT - 300 * DAY])
  await query(`UPDATE migration SET applied = ? WHERE number = ${STEP}`, [MIDNIGHT - 7 * DAY + 1])
  for (const program of await write(MIDNIGHT, [SILENT, UNPINNED]))
    expect(JSON.parse(program)).toMatchObject({ version: expect.any(String), fingerprints: [] })
  const [known = '', ...added] = await write(MIDNIGHT + 1, [UNPINNED, SILENT])
  expect(known).toBe('{"version":"1.2.0","admission":"current"}')
  expect(added.at(-1)).toBe('{"admission":"current"}')
})
