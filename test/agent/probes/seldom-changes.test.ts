import { expect, test } from 'bun:test'
import { rememberSeldomChanges } from '../../../src/agent/probes/seldom-changes.ts'
import { fakeClock } from '../../support/clock.ts'

const LIMIT = '/sys/fs/cgroup/memory.max'

test('a limit that is not there is asked for again after 20 seconds, one that is there each time', () => {
  const clock = fakeClock()
  const seldom = rememberSeldomChanges(clock)
  let isThere = false
  let asked = 0
  const ask = (path = LIMIT) =>
    seldom.has(path, () => {
      asked++
      return isThere
    })
  expect([ask(), ask()]).toEqual([false, false])
  expect(asked).toBe(1)
  isThere = true
  clock.advance(19_999)
  expect(ask()).toBe(false)
  clock.advance(1)
  expect([ask(), ask()]).toEqual([true, true])
  expect(asked).toBe(3)
  isThere = false
  expect(ask()).toBe(false)
})

test('anything else is asked for each time', () => {
  const seldom = rememberSeldomChanges(fakeClock())
  let isThere = false
  const ask = () => seldom.has('/run/reboot-required', () => isThere)
  expect(ask()).toBe(false)
  isThere = true
  expect(ask()).toBe(true)
})

test('a limit is read again after ten seconds, what is used of it each time', () => {
  const clock = fakeClock()
  const seldom = rememberSeldomChanges(clock)
  let text: string | null = '1000'
  const read = (path = LIMIT) => seldom.readText(path, () => text)
  expect([read(), seldom.has(LIMIT, () => false)]).toEqual(['1000', true])
  text = '2000'
  clock.advance(9999)
  expect(read()).toBe('1000')
  expect(read('/sys/fs/cgroup/memory.current')).toBe('2000')
  clock.advance(1)
  expect(read()).toBe('2000')
  text = null
  clock.advance(10_000)
  expect([seldom.has(LIMIT, () => true), read(), seldom.has(LIMIT, () => false)]).toEqual([true, null, false])
})
