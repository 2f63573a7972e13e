import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import type { Transaction, Value } from '../../../src/storage/database/database.ts'
import { sqliteDialect } from '../../../src/storage/database/dialect.ts'
import { fillPages, orderChunks, roomBehind } from '../../../src/storage/timeseries/chunk-order.ts'
import { randomOf } from '../random.ts'

const PAGE = 8192
const METRICS = 60
const BLOCKS = 80

/** Half of the metrics are constant, and few vary much. */
function makeChunks(next: () => number): Map<number, Uint8Array> {
  const size = () => (next() < 0.5 ? 7 : Math.ceil(next() * next() * 4800))
  return new Map(Array.from({ length: METRICS }, (_, i) => [i + 1, new Uint8Array(size())]))
}

type Order = (
  transaction: Transaction,
  chunks: Map<number, Uint8Array>,
  first: number,
) => Promise<readonly number[]>

/** Pages of the table, as SQLite makes them, and of its rows alone; `forgetAt` is the block before which a process ends. */
async function writeBlocks(order: Order, forgetAt: number) {
  const database = new Database(':memory:')
  database.run(`PRAGMA page_size = ${PAGE}`)
  database.run('CREATE TABLE chunk (id INTEGER NOT NULL PRIMARY KEY, packed BLOB NOT NULL)')
  const next = randomOf(5)
  const insert = database.query('INSERT INTO chunk (id, packed) VALUES (?, ?)')
  const makeTransaction = (): Transaction => ({
    dialect: { ...sqliteDialect, pageBytes: PAGE },
    query: async <T extends object>(sql: string, values: readonly Value[] = []) =>
      database.query(sql).all(...values) as T[],
    run: () => Promise.reject(new Error('nothing is written here')),
    insert: () => Promise.reject(new Error('nothing is written here')),
  })
  let transaction = makeTransaction()
  let bytes = 0
  for (let block = 0; block < BLOCKS; block++) {
    if (block === forgetAt) transaction = makeTransaction()
    const chunks = makeChunks(next)
    const metrics = await order(transaction, chunks, block * METRICS + 1)
    expect([...metrics].sort((a, b) => a - b)).toEqual([...chunks.keys()])
    for (const [i, metric] of metrics.entries())
      insert.run(block * METRICS + 1 + i, chunks.get(metric) ?? null)
    for (const { length } of chunks.values()) bytes += length + 11
  }
  const pages = Number((database.query('PRAGMA page_count').values()[0] ?? [])[0])
  database.close()
  return pages / (bytes / PAGE)
}

test('chunks fill the pages of their table, also when nobody remembers where it ends', async () => {
  const byMetric: Order = async (_, chunks) => [...chunks.keys()]
  expect(await writeBlocks(byMetric, -1)).toBeGreaterThan(1.1)
  expect(await writeBlocks(orderChunks, -1)).toBeLessThan(1.03)
  expect(await writeBlocks(orderChunks, 30)).toBeLessThan(1.03)
})

test('a page takes the largest rows that fit, and a row that is larger than any page has one begin', () => {
  expect(fillPages([10, 60, 30, 50], 45, 100)).toEqual([2, 0, 1, 3])
  expect(fillPages([120, 20], 50, 100)).toEqual([1, 0])
  expect(fillPages([], 50, 100)).toEqual([])
  expect(roomBehind([60, 30, 20], 100, 100)).toBe(80)
  expect(roomBehind([120], 100, 100)).toBe(0)
})

test('a database that lays rows out by itself gets chunks by metric', async () => {
  const dialect = { ...sqliteDialect, pageBytes: null }
  const fail = () => Promise.reject(new Error('nothing is asked'))
  const chunks = new Map([
    [9, new Uint8Array(9)],
    [2, new Uint8Array(900)],
  ])
  expect(await orderChunks({ dialect, query: fail, run: fail, insert: fail }, chunks, 1)).toEqual([2, 9])
})
