import { expect, test } from 'bun:test'
import { rememberAbsence } from '../../../src/agent/probes/absence.ts'
import { fakeClock } from '../../support/clock.ts'

const LIMIT = '/sys/fs/cgroup/memory.max'

test('a limit that is not there is asked for again after 20 seconds, one that is there each time', () => {
  const clock = fakeClock()
  const absence = rememberAbsence(clock)
  let isThere = false
  let asked = 0
  const ask = (path = LIMIT) =>
    absence.ask(path, () => {
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
  const absence = rememberAbsence(fakeClock())
  let isThere = false
  const ask = () => absence.ask('/run/reboot-required', () => isThere)
  expect(ask()).toBe(false)
  isThere = true
  expect(ask()).toBe(true)
})
