import { expect, test } from 'bun:test'
import { addTime, isTaken, MAX_SPANS, type SampledRange } from '../../../src/agent/queue/sampled-ranges.ts'

const add = (times: readonly number[], spans: readonly SampledRange[] = []) =>
  times.reduce<readonly SampledRange[]>((sum, time) => addTime(sum, time, 60), spans)

test('knows every time that was added and none beside them', () => {
  const spans = add([0, 60, 120])
  expect(spans).toEqual([{ first: 0, last: 120 }])
  expect([-60, 0, 60, 120, 180].map((time) => isTaken(spans, time))).toEqual([false, true, true, true, false])
})

test('leaves the times free that a clock put back had jumped over', () => {
  const spans = add([0, 60, 86_400, 86_460, 120, 180])
  expect(isTaken(spans, 180)).toBe(true)
  expect(isTaken(spans, 240)).toBe(false)
  expect(isTaken(spans, 86_400)).toBe(true)
})

test('grows up to an older span without swallowing what is behind it', () => {
  const spans = add([600, 660, 480, 540])
  expect(isTaken(spans, 600)).toBe(true)
  expect(isTaken(spans, 720)).toBe(false)
})

test('stays small however often the clock jumps', () => {
  const spans = add(Array.from({ length: 500 }, (_, i) => i * 100_000))
  expect(spans).toHaveLength(MAX_SPANS)
  expect(isTaken(spans, 499 * 100_000)).toBe(true)
})
