import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { describeError, describeFileError } from '../../src/lib/log.ts'

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

const thrownBy = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    return error
  }
}

test('a file comes before what is wrong with it, without the call of the system', () => {
  expect(describeError(thrownBy(() => readFileSync('/nosuch/file')))).toBe(
    '/nosuch/file: no such file or directory',
  )
  expect(describeError(thrownBy(() => readFileSync('/')))).toBe('illegal operation on a directory')
  expect(describeFileError(thrownBy(() => readFileSync('/')))).toBe('illegal operation on a directory')
  expect(describeFileError(thrownBy(() => readFileSync('/nosuch/file')))).toBe('no such file or directory')
  expect(describeError(new Error('connect ECONNREFUSED 127.0.0.1:1'))).toStartWith('connection refused: ')
  expect(describeError(new Error('getaddrinfo ENOTFOUND db.example.org'))).toBe(
    'the name db.example.org has no address',
  )
  expect(describeFileError(new Error('line 3: no such key'))).toBe('line 3: no such key')
})

test('a port that is taken is said as one', () => {
  const taken = Bun.serve({ port: 0, fetch: () => new Response() })
  const { port = 0 } = taken
  const socket = { data() {} }
  for (const listen of [
    () => Bun.serve({ port, fetch: () => new Response() }),
    () => Bun.listen({ hostname: '0.0.0.0', port, socket }),
  ])
    expect(describeError(thrownBy(listen))).toBe('another program uses this port')
  taken.stop(true)
})
