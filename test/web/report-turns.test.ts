import { expect, test } from 'bun:test'
import { ReaderGoneError, readFor } from '../../src/lib/reader.ts'
import { TooBusyError } from '../../src/lib/too-busy-error.ts'
import { ReportTurns } from '../../src/web/reports/report-turns.ts'
import { findFailure } from '../support/failure.ts'

test('two reports are made at once, the others in their order, also after one that failed', async () => {
  const turns = new ReportTurns()
  const made: number[] = []
  let running = 0
  let most = 0
  const all = Array.from({ length: 8 }, (_, i) =>
    turns.run(async () => {
      most = Math.max(most, ++running)
      await Bun.sleep(1)
      running--
      made.push(i)
      if (i % 3 === 0) throw new Error('no')
      return i
    }),
  )
  const results = await Promise.allSettled(all)
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual(made.map((i) => i % 3 !== 0))
  expect(made).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(most).toBe(2)
})

test('nothing is made for a reader that has gone meanwhile, and too many are refused', async () => {
  const turns = new ReportTurns()
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = [turns.run(() => promise), turns.run(() => promise)]
  const leave = new AbortController()
  let made = 0
  const waiting = Array.from({ length: 64 }, () =>
    findFailure(readFor(leave, () => turns.run(async () => void made++))),
  )
  expect((await findFailure(turns.run(async () => {})))?.error).toBeInstanceOf(TooBusyError)
  leave.abort()
  // Their places are free at once, not only when it would be their turn.
  const next = turns.run(async () => 4)
  resolve()
  expect(await next).toBe(4)
  await Promise.all(first)
  for (const failure of await Promise.all(waiting)) expect(failure?.error).toBeInstanceOf(ReaderGoneError)
  expect(made).toBe(0)
  expect(await turns.run(async () => 5)).toBe(5)
})
