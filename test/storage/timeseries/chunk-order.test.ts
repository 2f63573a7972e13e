import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import type { Transaction, Value } from '../../../src/storage/database/database.ts'
import { sqliteDialect } from '../../../src/storage/database/dialect.ts'
import {
  bytesInLeaf,
  fillPages,
  orderChunks,
  roomBehind,
} from '../../../src/storage/timeseries/chunk-order.ts'
import { randomOf } from '../random.ts'

const BLOCKS = 80

/** Half of the metrics are constant, and few vary much; some are longer than a page of 4 KiB. */
function makeChunks(metrics: number, next: () => number): Map<number, Uint8Array> {
  const size = () => (next() < 0.5 ? 7 : Math.ceil(next() * next() * 4800))
  return new Map(Array.from({ length: metrics }, (_, i) => [i + 1, new Uint8Array(size())]))
}

type Order = (
  transaction: Transaction,
  chunks: Map<number, Uint8Array>,
  first: number,
) => Promise<readonly number[]>

type Table = { readonly metrics: number; readonly pageBytes: number; readonly forgetAt?: number }

/** The share of the table's leaves that is unused; `forgetAt` is the block before which a process ends. */
async function measureUnused(order: Order, { metrics, pageBytes, forgetAt = -1 }: Table) {
  const database = new Database(':memory:')
  database.run(`PRAGMA page_size = ${pageBytes}`)
  database.run('CREATE TABLE chunk (id INTEGER NOT NULL PRIMARY KEY, packed BLOB NOT NULL)')
  const next = randomOf(5)
  const insert = database.query('INSERT INTO chunk (id, packed) VALUES (?, ?)')
  const makeTransaction = (): Transaction => ({
    dialect: { ...sqliteDialect, pageBytes },
    query: async <T extends object>(sql: string, values: readonly Value[] = []) =>
      database.query(sql).all(...values) as T[],
    run: () => Promise.reject(new Error('nothing is written here')),
    insert: () => Promise.reject(new Error('nothing is written here')),
  })
  let transaction = makeTransaction()
  for (let block = 0; block < BLOCKS; block++) {
    if (block === forgetAt) transaction = makeTransaction()
    const chunks = makeChunks(metrics, next)
    const ordered = await order(transaction, chunks, block * metrics + 1)
    expect([...ordered].sort((a, b) => a - b)).toEqual([...chunks.keys()])
    for (const [i, metric] of ordered.entries())
      insert.run(block * metrics + 1 + i, chunks.get(metric) ?? null)
  }
  const [leaves] = database
    .query<{ bytes: number; unused: number }, []>(
      "SELECT SUM(pgsize) AS bytes, SUM(unused) AS unused FROM dbstat WHERE name = 'chunk' AND pagetype = 'leaf'",
    )
    .all()
  database.close()
  return (leaves?.unused ?? 0) / (leaves?.bytes ?? 0)
}

test.each([
  [4096, 0.03, 0.07],
  [8192, 0.003, 0.025],
])(
  'chunks fill the pages of their table of %d bytes, also when nobody remembers where it ends',
  async (pageBytes, unusedOfMany, unusedOfFew) => {
    const byMetric: Order = async (_, chunks) => [...chunks.keys()]
    const many = { metrics: 60, pageBytes }
    expect(await measureUnused(byMetric, many)).toBeGreaterThan(0.1)
    expect(await measureUnused(orderChunks, many)).toBeLessThan(unusedOfMany)
    expect(await measureUnused(orderChunks, { ...many, forgetAt: 30 })).toBeLessThan(unusedOfMany)
    expect(await measureUnused(orderChunks, { metrics: 12, pageBytes })).toBeLessThan(unusedOfFew)
  },
)

test.each([4096, 8192])('a row takes of its page of %d bytes what SQLite says', (pageBytes) => {
  for (const id of [1, 127, 128, 16_383, 16_384, 3_000_000])
    for (const length of [
      0, 57, 58, 121, 122, 4050, 4055, 4056, 4057, 4600, 8149, 8150, 8151, 9000, 40_000,
    ]) {
      const database = new Database(':memory:')
      database.run(`PRAGMA page_size = ${pageBytes}`)
      database.run('CREATE TABLE chunk (id INTEGER NOT NULL PRIMARY KEY, packed BLOB NOT NULL)')
      database.run('INSERT INTO chunk (id, packed) VALUES (?, ?)', [id, new Uint8Array(length)])
      const [row] = database
        .query<{ unused: number }, []>("SELECT unused FROM dbstat WHERE name = 'chunk' AND pagetype = 'leaf'")
        .all()
      database.close()
      const bytes = bytesInLeaf(length, id, pageBytes)
      expect({ id, length, bytes }).toEqual({ id, length, bytes: pageBytes - 8 - (row?.unused ?? 0) })
    }
})

test('a page takes the rows that fill it, large ones where several choices do', () => {
  expect(fillPages([10, 60, 30, 50], 45, 100)).toEqual([2, 0, 1, 3])
  expect(fillPages([50, 40, 30, 20, 10], 70, 100)).toEqual([0, 3, 1, 2, 4])
  // The largest row that fits would leave a rest which no other one fills.
  expect(fillPages([80, 55, 45], 100, 100)).toEqual([1, 2, 0])
  expect(fillPages([90, 20], 50, 100)).toEqual([1, 0])
  expect(fillPages([], 50, 100)).toEqual([])
  expect(roomBehind([60, 30, 20], 100, 100)).toBe(80)
})

test('each row comes once, and no page is left while a row fits', () => {
  const next = randomOf(7)
  for (let run = 0; run < 300; run++) {
    const capacity = 20 + Math.floor(next() * 500)
    const sizes = Array.from({ length: Math.floor(next() * 120) }, () => 1 + Math.floor(next() * capacity))
    const room = Math.floor(next() * capacity)
    const order = fillPages(sizes, room, capacity)
    expect([...order].sort((a, b) => a - b)).toEqual([...sizes.keys()])
    let free = room
    for (const [i, place] of order.entries()) {
      const size = sizes[place] ?? 0
      const smallestLeft = Math.min(...order.slice(i).map((other) => sizes[other] ?? 0))
      if (size > free) expect(smallestLeft).toBeGreaterThan(free)
      free = (size > free ? capacity : free) - size
    }
  }
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

test('thousands of large chunks are ordered without a look at all of them for each page', () => {
  const before = process.cpuUsage()
  const rows = 20_000
  expect(
    fillPages(
      Array.from({ length: rows }, (_, i) => 2045 + (i % 7)),
      0,
      4088,
    ),
  ).toHaveLength(rows)
  const { user, system } = process.cpuUsage(before)
  // It takes 0.8 s, and took 9 when each page looked at what was left.
  expect((user + system) / 1e6).toBeLessThan(4)
})
