import { expect, test } from 'bun:test'
import type { BackgroundJob, BackgroundResult } from '../../src/agent/background-result.ts'
import { startBackgroundRunner } from '../../src/agent/background-runner.ts'
import { createLog } from '../../src/lib/log.ts'
import { fakeClock } from '../support/clock.ts'

const result = (value: number, failure: string | null = null): BackgroundResult => ({
  samples: [{ metric: 'state', value }],
  reasons: new Map(failure === null ? [] : [['state', failure]]),
  failure,
})

type Call = {
  readonly signal: AbortSignal
  resolve(result: BackgroundResult): void
  reject(error: Error): void
}

function open(more: Partial<BackgroundJob> = {}) {
  const clock = fakeClock()
  const lines: string[] = []
  const calls: Call[] = []
  const job: BackgroundJob = {
    name: 'job',
    intervalMs: 60_000,
    timeoutMs: 10_000,
    run: (signal) => new Promise((resolve, reject) => calls.push({ signal, resolve, reject })),
    fail: (reason) => result(0, reason),
    ...more,
  }
  const log = createLog({ level: 'debug', format: 'text', write: (line) => lines.push(line) })
  const runner = startBackgroundRunner({ jobs: [job], clock, log })
  const read = () => {
    const { samples, reasons } = runner.read()
    return samples.length === 0 ? null : [samples[0]?.value, reasons.get('state') ?? null]
  }
  return { clock, calls, runner, read, lines }
}

test('runs at its interval, and gives its latest result however often it is asked', async () => {
  const { clock, calls, read } = open()
  await clock.advance(0)
  expect(read()).toBeNull()
  calls[0]?.resolve(result(1))
  await clock.advance(59_000)
  expect([read(), read(), calls.length]).toEqual([[1, null], [1, null], 1])
  await clock.advance(1000)
  calls[1]?.resolve(result(0, 'refused'))
  await clock.advance(1000)
  expect(read()).toEqual([0, 'refused'])
})

test('a run that takes too long is aborted and has failed; its reason is the time', async () => {
  const { clock, calls, read } = open()
  await clock.advance(9999)
  expect(calls[0]?.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(calls[0]?.signal.aborted).toBe(true)
  calls[0]?.reject(new Error('aborted'))
  await clock.advance(1)
  expect(read()).toEqual([0, 'no answer within 10 s'])
})

test('a run that does not end though it was aborted fails, and keeps no second one beside it', async () => {
  const { clock, calls, read } = open()
  await clock.advance(10_600)
  expect(read()).toEqual([0, 'no answer within 10 s'])
  await clock.advance(60_000)
  expect([calls.length, read()]).toEqual([1, [0, 'the run before does not end']])
  calls[0]?.resolve(result(1))
  await clock.advance(1)
  await clock.advance(49_500)
  expect(calls.length).toBe(2)
  calls[1]?.resolve(result(1))
  await clock.advance(1)
  expect(read()).toEqual([1, null])
})

test('while the next run goes on, the old result is not given as if it were a new one', async () => {
  const { clock, calls, read } = open()
  await clock.advance(0)
  calls[0]?.resolve(result(0, 'refused'))
  await clock.advance(59_000)
  expect(read()).toEqual([0, 'refused'])
  await clock.advance(1001)
  expect(calls.length).toBe(2)
  expect(read()).toBeNull()
  calls[1]?.resolve(result(0, 'again'))
  await clock.advance(1)
  expect(read()).toEqual([0, 'again'])
})

test('failures are reported though each cycle falls into a run that waits for its timeout', async () => {
  let runs = 0
  const { clock, read } = open({
    run: (signal) => {
      runs++
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  // Runs begin at 0, 60, 120 s and end 10 s later; cycles come at 65, 125, 185 s.
  await clock.advance(10_000)
  await clock.advance(50_000)
  for (let cycle = 1; cycle < 5; cycle++) {
    await clock.advance(5000)
    expect(runs).toBe(cycle + 1)
    expect([read(), read()]).toEqual([[0, 'no answer within 10 s'], null])
    await clock.advance(5000)
    await clock.advance(50_000)
  }
})

test('what throws or rejects has failed, is logged once, and again when it is over', async () => {
  const { clock, calls, read, lines } = open()
  await clock.advance(0)
  calls[0]?.reject(new Error('no such\nthing', { cause: new Error('cause') }))
  await clock.advance(1)
  await clock.advance(60_000)
  expect(calls).toHaveLength(2)
  calls[1]?.reject(new Error('still'))
  await clock.advance(1)
  await clock.advance(60_000)
  calls[2]?.resolve(result(1))
  await clock.advance(1)
  expect(read()).toEqual([1, null])
  expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual([
    'warn  a check fails check=job reason="no such thing: cause"',
    'info  a check is good again check=job',
  ])
})

test('a job that throws before it promises anything has failed as well', async () => {
  const { clock, read } = open({
    run: () => {
      throw new Error('broken')
    },
  })
  await clock.advance(1)
  expect(read()).toEqual([0, 'broken'])
})

test('stopping aborts what runs and begins nothing any more', async () => {
  const { clock, calls, runner } = open()
  await clock.advance(0)
  const stopping = runner.stop()
  expect(calls[0]?.signal.aborted).toBe(true)
  calls[0]?.reject(new Error('aborted'))
  await clock.advance(120_000)
  await stopping
  expect(calls).toHaveLength(1)
})

test('stopping does not wait for a run that does not end though it was aborted', async () => {
  const { clock, calls, runner } = open()
  await clock.advance(0)
  let isStopped = false
  const stopping = runner.stop().then(() => {
    isStopped = true
  })
  await clock.advance(400)
  expect([calls[0]?.signal.aborted, isStopped]).toEqual([true, false])
  await clock.advance(200)
  await stopping
  expect(isStopped).toBe(true)
})

/** Jobs that note when they begin; each takes so many milliseconds. */
function openMany(jobs: readonly (Partial<BackgroundJob> & { readonly takesMs?: number })[], cycleMs = 0) {
  const clock = fakeClock()
  const began = jobs.map((): number[] => [])
  let busiest = 0
  let busy = 0
  const made = jobs.map(
    ({ takesMs = 0, ...more }, i): BackgroundJob => ({
      name: `job ${i}`,
      intervalMs: 60_000,
      timeoutMs: 10_000,
      async run() {
        began[i]?.push(clock.monotonicMs())
        busiest = Math.max(busiest, ++busy)
        if (takesMs > 0) await new Promise<void>((resolve) => clock.after(takesMs, resolve))
        busy--
        return result(1)
      },
      fail: () => result(0),
      ...more,
    }),
  )
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const runner = startBackgroundRunner({ jobs: made, cycleMs, clock, log })
  return { clock, runner, began, busiest: () => busiest }
}

test('those with the same interval begin together, and those that take turns one after the other', async () => {
  const checks = Array.from({ length: 20 }, () => ({ takesTurns: true, takesMs: 5 }))
  const { clock, runner, began, busiest } = openMany([...checks, {}, { intervalMs: 30_000 }])
  let isReady = false
  runner.ready().then(() => {
    isReady = true
  })
  await clock.advance(90)
  expect([isReady, runner.isBusy(), busiest()]).toEqual([false, true, 1])
  await clock.advance(20)
  expect([isReady, runner.isBusy()]).toEqual([true, false])
  await clock.advance(120_000)
  expect(began.slice(0, 20)).toEqual(
    Array.from({ length: 20 }, (_, i) => [i * 5, 60_000 + i * 5, 120_000 + i * 5]),
  )
  expect(began.slice(20)).toEqual([
    [0, 60_000, 120_000],
    [0, 30_000, 60_000, 90_000, 120_000],
  ])
  expect(busiest()).toBe(1)
  await runner.stop()
})

test('none waits for long for a turn, and none is left out for the others', async () => {
  const { clock, runner, began } = openMany(
    Array.from({ length: 5 }, () => ({ takesTurns: true, takesMs: 9000 })),
  )
  await clock.advance(75_000)
  expect(began).toEqual(Array.from({ length: 5 }, (_, i) => [i * 100, 60_000 + i * 100]))
  await runner.stop()
  await clock.advance(120_000)
  expect(began.map((times) => times.length)).toEqual([2, 2, 2, 2, 2])
})

test('with short cycles a job begins with the nearest one, and by itself when none comes', async () => {
  const { clock, runner, began } = openMany(
    [{ intervalMs: 1000 }, { intervalMs: 60_000 }, { intervalMs: 500 }],
    1000,
  )
  await clock.advance(400)
  // Cycles come at 400, 1400, … ms, each a little late or early.
  for (let cycle = 0; cycle < 121; cycle++) {
    runner.read()
    await clock.advance(cycle % 2 === 0 ? 1007 : 993)
  }
  expect(began[0]?.slice(0, 4)).toEqual([0, 1407, 2400, 3407])
  expect(began[0]).toHaveLength(121)
  expect(began[1]).toEqual([0, 60_400, 120_400])
  // What is to run more often than that keeps its own time.
  expect(began[2]?.slice(0, 4)).toEqual([0, 500, 1000, 1500])
  began[0]?.splice(0)
  // The last cycle was a second ago: it is late by three quarters of one, twice.
  await clock.advance(3000)
  expect(began[0]).toHaveLength(2)
  await runner.stop()
})

test.each([
  [2000, 3000],
  [4000, 6000],
  [5000, 7000],
  [5000, 8000],
])('with a cycle of %d ms an interval of %d ms is kept on average', async (cycleMs, intervalMs) => {
  const { clock, runner, began } = openMany([{ intervalMs }], cycleMs)
  for (let ms = 0; ms < 840_000; ms += cycleMs) {
    await clock.advance(cycleMs)
    runner.read()
  }
  const runs = began[0]?.length ?? 0
  expect(Math.abs(runs - 840_000 / intervalMs)).toBeLessThanOrEqual(2)
  await runner.stop()
})
