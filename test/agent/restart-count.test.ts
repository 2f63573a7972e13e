import { afterEach, beforeEach, expect, test } from 'bun:test'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RestartCount } from '../../src/agent/restart-count.ts'
import { fakeClock } from '../support/clock.ts'
import { makeTempDir } from '../support/spawn.ts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = makeTempDir()
  file = join(folder, 'restarts.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const note = (count: RestartCount, totals: Record<string, number>) =>
  Object.fromEntries(count.note(new Map(Object.entries(totals))))

test('restarts are those of the last hour, also over a restart of the agent', async () => {
  const clock = fakeClock()
  const before = new RestartCount(clock, file)
  expect(note(before, { flap: 40, nginx: 0 })).toEqual({})
  await clock.advance(60_000)
  expect(note(before, { flap: 46, nginx: 0 })).toEqual({ flap: 6 })
  await clock.advance(30 * 60_000)
  // Two more happened while the agent was off.
  const after = new RestartCount(clock, file)
  expect(note(after, { flap: 48, nginx: 0 })).toEqual({ flap: 8 })
  await clock.advance(31 * 60_000)
  expect(note(after, { flap: 48, nginx: 0 })).toEqual({ flap: 2 })
  await clock.advance(30 * 60_000)
  expect(note(after, { flap: 48, nginx: 0 })).toEqual({})
})

test('a file of long ago, of the future or that is broken counts as none', async () => {
  const clock = fakeClock()
  const first = new RestartCount(clock, file)
  note(first, { flap: 1 })
  await clock.advance(1000)
  note(first, { flap: 9 })
  const text = readFileSync(file, 'utf8')
  await clock.advance(3_600_000)
  expect(note(new RestartCount(clock, file), { flap: 12 })).toEqual({})
  for (const broken of [
    text.replace(/"savedMs":\d+/, `"savedMs":${clock.nowMs() + 60_000}`),
    text.slice(0, -3),
    '[]',
    '{"savedMs":1,"totals":[["a"]],"seen":[]}',
  ]) {
    writeFileSync(file, broken)
    expect(note(new RestartCount(clock, file), { flap: 12 })).toEqual({})
  }
})

test('a folder that takes no file costs nothing but the memory of it', () => {
  const count = new RestartCount(fakeClock(), join(folder, 'missing', 'restarts.json'))
  expect(note(count, { flap: 1 })).toEqual({})
  expect(note(count, { flap: 3 })).toEqual({ flap: 2 })
})
