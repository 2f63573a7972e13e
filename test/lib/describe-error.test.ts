import { expect, test } from 'bun:test'
import { describeError } from '../../src/lib/log.ts'

test('nobody is asked whether the computer can access anything', async () => {
  const error: unknown = await fetch('http://127.0.0.1:1/').catch((thrown) => thrown)
  expect(describeError(new Error('no answer', { cause: error }))).toBe(
    'no answer: no connection: refused, or no route to it',
  )
})

test('a cause that the message quotes already is not said twice', () => {
  const cause = new Error('SQLITE_FULL: database or disk is full')
  expect(describeError(new Error(`step 3 failed: ${cause.message}`, { cause }))).toBe(
    'step 3 failed: SQLITE_FULL: database or disk is full',
  )
  expect(describeError(new Error('step 3 failed', { cause }))).toBe(
    'step 3 failed: SQLITE_FULL: database or disk is full',
  )
})
