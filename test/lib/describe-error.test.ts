import { expect, test } from 'bun:test'
import { describeError } from '../../src/lib/log.ts'

test('nobody is asked whether the computer can access anything', async () => {
  const error: unknown = await fetch('http://127.0.0.1:1/').catch((thrown) => thrown)
  expect(describeError(new Error('no answer', { cause: error }))).toBe(
    'no answer: no connection: refused, or no route to it',
  )
})
