import { expect, test } from 'bun:test'
import { createFrameBuilder } from '../../src/agent/frame.ts'

const samplesOf = (values: Record<string, number>) =>
  Object.entries(values).map(([metric, value]) => ({ metric, value }))

test('puts values under their names, sorted', () => {
  const frame = createFrameBuilder(10).build(60, samplesOf({ b: 2, a: 1 }))
  expect(frame).toEqual({ time: 60, metrics: ['a', 'b'], values: [1, 2] })
})

test('keeps the list of names when some have no value now and again', () => {
  const builder = createFrameBuilder(10)
  const first = builder.build(0, samplesOf({ a: 1, b: 2 }))
  const second = builder.build(60, samplesOf({ a: 1, b: 2, c: 3 }))
  const third = builder.build(120, samplesOf({ a: 4, c: 5 }))
  expect(first.metrics).toEqual(['a', 'b'])
  expect(second.metrics).toEqual(['a', 'b', 'c'])
  expect(third.metrics).toBe(second.metrics)
  expect(third.values).toEqual([4, null, 5])
})

test('lets go of names that are mostly not used any more', () => {
  const builder = createFrameBuilder(10)
  builder.build(0, samplesOf({ a: 1, b: 1, c: 1, d: 1, e: 1 }))
  expect(builder.build(60, samplesOf({ a: 1, b: 1 })).metrics).toEqual(['a', 'b'])
})

test('counts what has no room, and the first of the samples have it', () => {
  const builder = createFrameBuilder(3)
  expect(builder.build(0, samplesOf({ a: 1, b: 2, c: 3, d: 4, e: 5 })).metrics).toEqual(['a', 'b', 'c'])
  expect(builder.omitted).toBe(2)
  expect(builder.build(60, samplesOf({ d: 4, b: 2 })).metrics).toEqual(['b', 'd'])
  expect(builder.omitted).toBe(0)
})

test('leaves out what is not finite, not a metric name, or too much', () => {
  const builder = createFrameBuilder(2)
  const frame = builder.build(
    0,
    samplesOf({ a: Number.NaN, 'no name': 1, b: Number.POSITIVE_INFINITY, c: 3 }),
  )
  expect(frame).toEqual({ time: 0, metrics: ['a', 'b'], values: [null, null] })
})
