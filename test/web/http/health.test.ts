import { expect, test } from 'bun:test'
import type { Log } from '../../../src/lib/log.ts'
import { createHealthCheck } from '../../../src/web/http/health.ts'
import { fakeClock } from '../../support/clock.ts'

function build(ping: () => Promise<void>) {
  const clock = fakeClock()
  const lines: string[] = []
  const write = (message: string) => void lines.push(message)
  const log: Log = { debug: write, info: write, warn: write, error: write }
  const state: { pings: number; trouble: string | null } = { pings: 0, trouble: null }
  const count = () => {
    state.pings++
    return ping()
  }
  const findTrouble = () => state.trouble
  const check = createHealthCheck({ maintenance: { ping: count }, findTrouble, clock, log })
  return { clock, lines, state, check }
}

test('is well while the database answers', async () => {
  const { check, lines } = build(async () => {})
  expect(await check()).toBeNull()
  expect(lines).toEqual([])
})

test('says what else is wrong while the database answers, and stops as soon as it is right again', async () => {
  const { check, state } = build(async () => {})
  state.trouble = 'what agents send can not be stored'
  expect(await check()).toBe('what agents send can not be stored')
  state.trouble = null
  expect(await check()).toBeNull()
})

test('asks the database once a second at most, however many ask', async () => {
  const { check, clock, state } = build(async () => {})
  await Promise.all(Array.from({ length: 100 }, () => check()))
  expect(state.pings).toBe(1)
  await clock.advance(1000)
  await check()
  expect(state.pings).toBe(2)
})

test('says what is wrong without detail, and logs the going and the coming back once', async () => {
  let isBroken = true
  const { check, clock, lines } = build(() =>
    isBroken ? Promise.reject(new Error('secret path')) : Promise.resolve(),
  )
  for (let i = 0; i < 3; i++) {
    expect(await check()).toBe('the database does not respond')
    await clock.advance(1000)
  }
  isBroken = false
  expect(await check()).toBeNull()
  expect(lines).toEqual(['the database does not respond', 'the database responds again'])
})

test('waits two seconds for a database that hangs, not longer', async () => {
  const { check, clock } = build(() => new Promise(() => {}))
  const answer = check()
  await clock.advance(2000)
  expect(await answer).toBe('the database does not respond')
})

test('a database that throws at once is no worse than one that rejects', async () => {
  const { check } = build(() => {
    throw new Error('closed')
  })
  expect(await check()).toBe('the database does not respond')
})
