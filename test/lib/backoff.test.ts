import { expect, test } from 'bun:test'
import { createBackoff } from '../../src/lib/backoff.ts'

test('doubles the wait up to its bound, and begins again when it went well', () => {
  const backoff = createBackoff({ leastMs: 1000, mostMs: 5000, random: () => 1 })
  expect([1, 2, 3, 4, 5].map(() => backoff.nextMs())).toEqual([1000, 2000, 4000, 5000, 5000])
  backoff.reset()
  expect(backoff.nextMs()).toBe(1000)
})

test('takes up to half of the wait away by chance', () => {
  const waits = Array.from({ length: 200 }, () => createBackoff({ leastMs: 1000, mostMs: 5000 }).nextMs())
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(500)
  expect(Math.max(...waits)).toBeLessThan(1000)
  expect(new Set(waits).size).toBeGreaterThan(100)
})
