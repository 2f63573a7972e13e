import { expect, test } from 'bun:test'
import { createRateLimit } from '../../../src/web/auth/rate-limit.ts'

const OPTIONS = { tries: 3, firstBlock: 10, longestBlock: 60, memory: 100, keys: 3 }

test('blocks from the last free failure on, twice as long each time, up to the longest', () => {
  const throttle = createRateLimit(OPTIONS)
  const waits: number[] = []
  let now = 1000
  for (let i = 0; i < 8; i++) {
    throttle.fail('a', now)
    const wait = throttle.wait('a', now)
    waits.push(wait)
    now += wait
  }
  expect(waits).toEqual([0, 0, 10, 20, 40, 60, 60, 60])
})

test('counts each key by itself', () => {
  const throttle = createRateLimit(OPTIONS)
  for (let i = 0; i < 3; i++) throttle.fail('a', 1000)
  expect(throttle.wait('a', 1000)).toBe(10)
  expect(throttle.wait('b', 1000)).toBe(0)
})

test('forgets a key that has been quiet for long, but never one that is still blocked', () => {
  const throttle = createRateLimit({ ...OPTIONS, longestBlock: 500, firstBlock: 500 })
  for (let i = 0; i < 3; i++) throttle.fail('a', 1000)
  expect(throttle.wait('a', 1499)).toBe(1)
  expect(throttle.wait('a', 1500)).toBe(0)
  throttle.fail('a', 1500)
  expect(throttle.wait('a', 1500)).toBe(0)
})

test('remembers only so many keys, and drops the one that failed longest ago', () => {
  const throttle = createRateLimit({ ...OPTIONS, tries: 1 })
  for (const key of ['a', 'b', 'c']) throttle.fail(key, 1000)
  throttle.fail('a', 1001)
  throttle.fail('d', 1002)
  expect(throttle.wait('a', 1002)).toBeGreaterThan(0)
  expect(throttle.wait('b', 1002)).toBe(0)
  expect(throttle.wait('c', 1002)).toBeGreaterThan(0)
})

test('takes back one failure, and all of them', () => {
  const throttle = createRateLimit(OPTIONS)
  for (let i = 0; i < 3; i++) throttle.fail('a', 1000)
  throttle.undo('a')
  expect(throttle.wait('a', 1000)).toBe(0)
  throttle.fail('a', 1000)
  expect(throttle.wait('a', 1000)).toBe(10)
  throttle.forgive('a')
  expect(throttle.wait('a', 1000)).toBe(0)
  throttle.undo('never failed')
})
