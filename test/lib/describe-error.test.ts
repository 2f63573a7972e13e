import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { describeError } from '../../src/lib/log.ts'

test('nobody is asked whether the computer can access anything', async () => {
  const error: unknown = await fetch('http://127.0.0.1:1/').catch((thrown) => thrown)
  expect(describeError(new Error('no answer', { cause: error }))).toBe(
    'no answer: no connection: refused, or no route to it',
  )
})

test('a cause that the message has already is said once', () => {
  const cause = new Error('127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1')
  expect(describeError(new Error(`the database does not answer (${cause.message})`, { cause }))).toBe(
    'the database does not answer (127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1)',
  )
  expect(describeError(new Error('no answer', { cause: new Error('timeout') }))).toBe('no answer: timeout')
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
  expect(describeError(thrownBy(() => readFileSync('/')))).toMatch(/illegal operation on a directory/)
})

test('a port that is taken is said as one', () => {
  const taken = Bun.serve({ port: 0, fetch: () => new Response() })
  const { port = 0 } = taken
  const error = thrownBy(() => Bun.serve({ port, fetch: () => new Response() }))
  expect(describeError(error)).toBe(`port ${port} is in use by another program`)
  taken.stop(true)
})
