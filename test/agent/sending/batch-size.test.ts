import { expect, test } from 'bun:test'
import { BatchSize } from '../../../src/agent/sending/batch-size.ts'
import { splitColumns } from '../../../src/agent/sending/frame-parts.ts'
import { fakeClock } from '../../support/clock.ts'

test('batches shrink until one is answered, and do not grow beyond what was not for ten minutes', async () => {
  const clock = fakeClock()
  const size = new BatchSize(clock)
  expect(size.isLimited).toBe(false)
  expect(size.noteUnanswered({ bytes: 100_000, rows: 30 })).toBe(true)
  expect(size.bytes).toBe(12_500)
  for (let i = 0; i < 9; i++) size.noteStored()
  expect(size.bytes).toBe(50_000)
  expect(size.noteUnanswered({ bytes: 1600, rows: 2 })).toBe(true)
  expect(size.bytes).toBe(1150)
  expect(size.noteUnanswered({ bytes: 1150, rows: 2 })).toBe(false)
  for (let i = 0; i < 9; i++) size.noteStored()
  expect(size.bytes).toBe(1150)
  await clock.advance(600_000)
  for (let i = 0; i < 9; i++) size.noteStored()
  expect(size.isLimited).toBe(false)
})

test('a batch of one row that every path lets pass says nothing of the size when it is not answered', () => {
  const size = new BatchSize(fakeClock())
  expect([size.noteUnanswered({ bytes: 1150, rows: 1 }), size.isLimited]).toEqual([false, false])
  expect([size.noteUnanswered({ bytes: 1151, rows: 1 }), size.isLimited]).toEqual([true, true])
  const packed = new BatchSize(fakeClock())
  expect([packed.noteUnanswered({ bytes: 900, rows: 40 }), packed.isLimited]).toEqual([true, true])
})

test('columns are split so that all are there once, in order', () => {
  for (const count of [1, 2, 30, 31, 500]) {
    const metrics = Array.from({ length: count }, (_, i) => `perf.some.metric.${i}`)
    const parts = splitColumns(metrics, 1150)
    expect(parts.flatMap(({ from, to }) => metrics.slice(from, to))).toEqual(metrics)
    for (const { from, to } of parts) expect(to).toBeGreaterThan(from)
  }
  expect(splitColumns(['x'.repeat(4000), 'y'], 1150)).toEqual([
    { from: 0, to: 1 },
    { from: 1, to: 2 },
  ])
  expect(splitColumns(['a', 'b'], Number.POSITIVE_INFINITY)).toEqual([{ from: 0, to: 2 }])
})
