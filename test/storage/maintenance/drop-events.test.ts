import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import type { Clock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import type { Database } from '../../../src/storage/database/database.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { dropEvents } from '../../../src/storage/maintenance/drop-events.ts'
import { dropHosts } from '../../../src/storage/maintenance/retention.ts'
import { openStore } from '../../../src/storage/open.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { aReport } from '../reports.ts'

const EVENTS = 400
const ALL = { limit: EVENTS, isOver: () => false }

const log = createLog({ level: 'error', format: 'text' })
let dataDir: string
let database: Database
/** Milliseconds of the clock, which moves with what is done. */
let ms: number
/** What was asked for: events that one transaction deleted, and rests in milliseconds. */
let pieces: number[]
let rests: number[]

const clock: Clock = {
  ...fakeClock(),
  monotonicMs: () => ms,
  after(rest, act) {
    rests.push(rest)
    const timer = setImmediate(() => {
      ms += rest
      act()
    })
    return { cancel: () => clearImmediate(timer) }
  },
}

beforeEach(async () => {
  dataDir = makeTempDir()
  ms = 0
  pieces = []
  rests = []
  database = (await openDatabase('sqlite:monitor.db', { dataDir, clock: fakeClock(), log })).database
  await database.transaction(async (transaction) => {
    for (let i = 0; i < EVENTS; i++)
      await transaction.run(
        `INSERT INTO event (host, metric, uid, change_number, severity, is_open, closed_by_hand, message, opened, closed)
          VALUES (1, 'perf.a', ?, 2, 1, 0, 0, '', ?, ?)`,
        [`e${i}`, i, i],
      )
  })
})

afterEach(async () => {
  await database.close()
  rmSync(dataDir, { recursive: true, force: true })
})

/** The database on a disk on which a transaction takes so long, for each event that it deletes and at least. */
const takes = (msAnEvent: number, msAtLeast = 0): Database => ({
  ...database,
  async transaction(act, options) {
    const result = await database.transaction(act, options)
    if (typeof result === 'number') {
      pieces.push(result)
      ms += msAtLeast + msAnEvent * result
    }
    return result
  },
})

const countLeft = async () => (await database.query<{ n: number }>('SELECT COUNT(*) AS n FROM event'))[0]?.n

test('pieces take ten milliseconds with their commit, and after each comes a rest of twice as much', async () => {
  expect(await dropEvents(takes(0.2), EVENTS, { ...ALL, clock })).toBe(EVENTS)
  expect(pieces.slice(0, 5)).toEqual([20, 40, 50, 50, 50])
  expect(rests.slice(0, 5)).toEqual([8, 16, 20, 20, 20])
  expect(await countLeft()).toBe(0)
})

test('a disk that is slow is given longer rests and less in a piece, so that a run ends in time all the same', async () => {
  await dropEvents(takes(0.2, 40), 200, { ...ALL, clock })
  expect(new Set(pieces)).toEqual(new Set([20]))
  expect(new Set(rests)).toEqual(new Set([88]))
  rests = []
  await dropEvents(takes(0, 5000), EVENTS, { ...ALL, clock })
  expect(new Set(rests)).toEqual(new Set([250]))
  expect(await countLeft()).toBe(0)
})

test('what is left waits for another time once it is over', async () => {
  const isOver = () => pieces.length >= 2
  expect(await dropEvents(takes(1), EVENTS, { limit: EVENTS, clock, isOver })).toBe(40)
  expect(await countLeft()).toBe(EVENTS - 40)
})

test('its commits are flushed aside, and say that their pages lie all over the database', async () => {
  const asked: unknown[] = []
  const watched: Database = {
    ...database,
    transaction(act, options) {
      asked.push(options)
      return database.transaction(act, options)
    },
  }
  await dropEvents(watched, 10, { limit: 10, isOver: () => true, clock })
  expect(asked).toEqual([{ flushesAside: true, isScattered: true }])
})

const SEEN = 1000

/** The host of all events, of which there are more now. */
async function addHost() {
  const store = await openStore('sqlite:monitor.db', { dataDir, clock: fakeClock(), log })
  await store.ingest.write([aReport('silent', { seen: SEEN })])
  await store.close()
  await database.transaction(async (transaction) => {
    for (let i = 0; i < 400; i++)
      await transaction.run(
        `INSERT INTO event (host, metric, uid, change_number, severity, is_open, closed_by_hand, message, opened, closed)
          VALUES (1, 'perf.a', ?, 2, 1, ?, 0, '', ?, ?)`,
        [`more${i}`, i === 0 ? 1 : 0, i, i],
      )
  })
}

test('a silent host loses many closed events in pieces before it is dropped, and all of them are counted', async () => {
  await addHost()
  expect(await dropHosts(takes(0.2), SEEN + 1, { ...ALL, clock })).toEqual([
    { host: 'silent', lastSeen: SEEN, samples: 0, events: EVENTS + 400 },
  ])
  expect(pieces.slice(0, 4)).toEqual([20, 40, 50, 50])
  expect(rests.slice(0, 4)).toEqual([8, 16, 20, 20])
  expect(await countLeft()).toBe(0)
})

test('a host that is seen again meanwhile keeps what it has left', async () => {
  await addHost()
  const seenAgain: Database = {
    ...database,
    async transaction(act, options) {
      const result = await takes(0.2).transaction(act, options)
      if (pieces.length === 2)
        await database.transaction((transaction) =>
          transaction.run('UPDATE host SET last_seen = ? WHERE id = 1', [SEEN + 100]),
        )
      return result
    },
  }
  expect(await dropHosts(seenAgain, SEEN + 1, { ...ALL, clock })).toEqual([])
  expect(await countLeft()).toBe(EVENTS + 400 - 60)
})

test('a silent host keeps the rest of its events, and is dropped another time, once it is over', async () => {
  await addHost()
  const isOver = () => pieces.length >= 2
  expect(await dropHosts(takes(0.2), SEEN + 1, { limit: 1, clock, isOver })).toEqual([])
  expect(await countLeft()).toBe(EVENTS + 400 - 60)
  expect(await dropHosts(database, SEEN + 1, { ...ALL, clock })).toMatchObject([{ host: 'silent' }])
  expect(await countLeft()).toBe(0)
})
