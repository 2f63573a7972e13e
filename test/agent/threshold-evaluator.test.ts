import { expect, test } from 'bun:test'
import { createThresholdEvaluator } from '../../src/agent/threshold-evaluator.ts'
import { createThresholdTable, type Threshold } from '../../src/domain/thresholds/threshold.ts'
import { createLog } from '../../src/lib/log.ts'
import { fakeClock } from '../support/clock.ts'

const METRICS = ['perf.a', 'perf.b']
const threshold: Threshold = {
  metric: 'perf.a',
  severity: 3,
  compare: '>',
  value: 80,
  duration: 20,
  clearAfter: null,
  clearValue: null,
}

/** One frame a second, from a start with an empty queue. */
function start(kept: string | null = null, clock = fakeClock()) {
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const evaluator = createThresholdEvaluator({
    book: createThresholdTable([threshold], []),
    interval: 1,
    clock,
    log,
  })
  evaluator.restore(kept)
  async function evaluate(a: number | null, seconds: number) {
    const stored: (string | undefined)[] = []
    const events: string[] = []
    for (let i = 0; i < seconds; i++) {
      await clock.advance(1000)
      const verdict = evaluator.evaluate({ time: clock.now(), metrics: METRICS, values: [a, 1] })
      stored.push(verdict.thresholds)
      events.push(...verdict.events.map(({ status }) => status))
    }
    return { stored, events, count: stored.filter((text) => text !== undefined).length }
  }
  return { clock, evaluator, evaluate }
}

test('while a breach only goes on, its state is stored each ten seconds; a change is stored at once', async () => {
  const { evaluate } = start()
  // The first frame says that what is good is good.
  expect((await evaluate(10, 15)).count).toBe(1)
  const breach = await evaluate(90, 15)
  expect(breach.stored.map((text) => text !== undefined)).toEqual([
    true,
    ...Array(9).fill(false),
    true,
    ...Array(4).fill(false),
  ])
  const opened = await evaluate(90, 6)
  expect(opened).toMatchObject({ events: ['open'] })
  expect(opened.stored.findIndex((text) => text?.includes('"event":{'))).toBe(5)
  expect((await evaluate(90, 30)).count).toBe(3)
  // Two good seconds, and the second of them ends it.
  const good = await evaluate(10, 5)
  expect(good.events).toEqual(['closed'])
  expect(good.stored.at(-1)).toBeUndefined()
})

test('a crash makes a count shorter by what was not stored, and neither begins it anew nor opens an event twice', async () => {
  const { clock, evaluate } = start()
  await evaluate(10, 15)
  const { stored } = await evaluate(90, 18)
  const again = start(stored.findLast((text) => text !== undefined) ?? null, clock)
  const { events } = await again.evaluate(90, 30)
  expect(events).toEqual(['open'])
  const late = start(stored.findLast((text) => text !== undefined) ?? null, clock)
  expect((await late.evaluate(90, 3)).events).toEqual([])
})

test('before the end the state is given out once more where the stored one is older', async () => {
  const { clock, evaluator, evaluate } = start()
  expect(evaluator.takeUnkept()).toBeNull()
  await evaluate(10, 3)
  expect(evaluator.takeUnkept()).toBeNull()
  await evaluate(90, 1)
  expect(evaluator.takeUnkept()).toBeNull()
  await evaluate(90, 3)
  expect(JSON.parse(evaluator.takeUnkept() ?? '')).toMatchObject({
    time: clock.now(),
    metrics: [{ last: clock.now() }],
  })
  expect(evaluator.takeUnkept()).toBeNull()
})

test('what is open of a metric that has lost its threshold is closed', async () => {
  const { clock, evaluate, evaluator } = start()
  expect((await evaluate(90, 25)).events).toEqual(['open'])
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const book = createThresholdTable([{ ...threshold, metric: 'perf.b' }], [])
  await evaluate(90, 1)
  const other = createThresholdEvaluator({ book, interval: 1, clock, log })
  other.restore(
    evaluator.takeUnkept() ?? (await evaluate(90, 10)).stored.findLast((text) => text !== undefined) ?? null,
  )
  await clock.advance(1000)
  const { events } = other.evaluate({ time: clock.now(), metrics: METRICS, values: [90, 1] })
  expect(events).toMatchObject([{ metric: 'perf.a', status: 'closed' }])
})
