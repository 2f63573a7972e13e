import { expect, test } from 'bun:test'
import type { Value } from '../../../src/storage/database/database.ts'
import { orderRows } from '../../../src/storage/ingest/order-rows.ts'
import type { FrameTable } from '../../../src/storage/timeseries/frames.ts'
import { randomOf } from '../random.ts'

type Row = [time: number, host: number, samples: number, packed: Uint8Array]

const flatten = (rows: readonly Row[]): Value[] => rows.flat()

/** The same by a stable sort, which compares rows one by one. */
function sortRows(table: FrameTable, rows: readonly Row[]): Row[] {
  const [major, minor] = table === 'frame' ? [0, 1] : [1, 0]
  return [...rows].sort((a, b) => Number(a[major]) - Number(b[major]) || Number(a[minor]) - Number(b[minor]))
}

test('rows come in the order of the key, and those of the same key in their own', () => {
  const next = randomOf(7)
  for (const table of ['frame', 'late_frame', 'waiting_frame'] as const)
    for (const count of [1, 2, 3, 1000]) {
      const rows = Array.from({ length: count }, (_, i): Row => {
        const time = 1_764_460_800 + 60 * Math.floor(next() * 20)
        return [time, 1 + Math.floor(next() * 30), i, Uint8Array.of(i % 256)]
      })
      expect(orderRows(table, flatten(rows))).toEqual(flatten(sortRows(table, rows)))
    }
})

test('rows that are in order are not copied', () => {
  const rows = flatten([
    [60, 1, 1, Uint8Array.of(1)],
    [60, 1, 1, Uint8Array.of(2)],
    [60, 2, 1, Uint8Array.of(3)],
    [120, 1, 1, Uint8Array.of(4)],
  ])
  expect(orderRows('frame', rows)).toBe(rows)
})

test('keys that are too far apart for exact numbers leave the rows as they are', () => {
  const rows = flatten([
    [Number.MAX_SAFE_INTEGER, 1, 1, Uint8Array.of(1)],
    [0, Number.MAX_SAFE_INTEGER, 1, Uint8Array.of(2)],
    [60, 1, 1, Uint8Array.of(3)],
  ])
  expect(orderRows('frame', rows)).toBe(rows)
})
