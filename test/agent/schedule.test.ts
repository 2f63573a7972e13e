import { describe, expect, test } from 'bun:test'
import { type Schedule, startSchedule } from '../../src/agent/schedule.ts'
import { createLog } from '../../src/lib/log.ts'
import { fakeClock } from '../support/clock.ts'

const START = Date.UTC(2026, 0, 1) / 1000
const MINUTE = 60_000

function run(startMs: number, interval = 60, takesMs = 0, delayMs = 0) {
  const clock = fakeClock(startMs)
  const times: number[] = []
  const began: number[] = []
  const logLines: string[] = []
  const overlap = { running: 0, most: 0 }
  const schedule: Schedule = startSchedule({
    interval,
    delayMs,
    clock,
    log: createLog({ level: 'debug', format: 'text', write: (line) => logLines.push(line) }),
    async act(time) {
      overlap.most = Math.max(overlap.most, ++overlap.running)
      times.push(time - START)
      began.push(clock.nowMs() / 1000 - START)
      if (takesMs > 0) await new Promise<void>((resolve) => clock.after(takesMs, resolve))
      overlap.running--
    },
  })
  return { clock, times, began, logLines, overlap, schedule }
}

describe('the schedule', () => {
  test('begins a cycle at each boundary of the wall clock', async () => {
    const { clock, times } = run(START * 1000)
    await clock.advance(3 * MINUTE)
    expect(times).toEqual([0, 60, 120, 180])
  })

  test('takes the boundary that has just passed when it starts in the middle of an interval', async () => {
    const { clock, times } = run(START * 1000 + 30_000)
    await clock.advance(MINUTE)
    expect(times).toEqual([0, 60])
  })

  test('may begin each cycle so much later than its boundary, whose time it has', async () => {
    const { clock, times, began } = run(START * 1000 + 30_000, 60, 0, 4000)
    await clock.advance(3 * MINUTE)
    expect(times).toEqual([0, 60, 120, 180])
    expect(began).toEqual([30, 64, 124, 184])
    clock.jump((START + 1000) * 1000)
    await clock.advance(2 * MINUTE)
    expect(times.slice(4)).toEqual([960, 1020, 1080])
    expect(began.slice(5)).toEqual([1024, 1084])
  })

  test('leaves a boundary out when less than a tenth of its interval is left', async () => {
    const { clock, times } = run(START * 1000 + 55_000)
    await clock.advance(MINUTE)
    expect(times).toEqual([60])
  })

  test('goes on at the right boundary within seconds of a jump forward', async () => {
    const { clock, times } = run(START * 1000)
    await clock.advance(10_000)
    clock.jump((START + 3605) * 1000)
    await clock.advance(MINUTE)
    expect(times).toEqual([0, 3600, 3660])
  })

  test('goes on at the right boundary within seconds of a jump back', async () => {
    const { clock, times } = run((START + 3600) * 1000)
    await clock.advance(10_000)
    clock.jump((START + 5) * 1000)
    await clock.advance(MINUTE)
    expect(times).toEqual([3600, 0, 60])
  })

  test('runs a cycle late after an overrun, never two at once, and logs that once', async () => {
    const { clock, times, overlap, logLines } = run(START * 1000, 60, 150_000)
    await clock.advance(10 * MINUTE)
    expect(overlap.most).toBe(1)
    expect(times).toEqual([0, 120, 300, 420, 600])
    expect(logLines.filter((line) => line.includes('longer than the interval'))).toHaveLength(4)
  })

  test('runs every second when the interval is one second', async () => {
    const { clock, times } = run(START * 1000, 1)
    await clock.advance(5000)
    expect(times).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('goes on after a cycle that failed, without trying that boundary again', async () => {
    const clock = fakeClock(START * 1000)
    const times: number[] = []
    startSchedule({
      interval: 60,
      clock,
      log: createLog({ level: 'debug', format: 'text', write: () => {} }),
      async act(time) {
        times.push(time - START)
        throw new Error('broken')
      },
    })
    await clock.advance(2 * MINUTE)
    expect(times).toEqual([0, 60, 120])
  })

  test('begins nothing after it was stopped', async () => {
    const { clock, times, schedule } = run(START * 1000)
    await clock.advance(MINUTE)
    await schedule.stop()
    await clock.advance(MINUTE)
    expect(times).toEqual([0, 60])
  })
})
