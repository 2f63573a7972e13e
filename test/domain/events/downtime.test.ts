import { expect, test } from 'bun:test'
import { countDowntime, countShared } from '../../../src/domain/events/downtime.ts'

test('outages are cut to the period, and overlaps count once', () => {
  const outages = [
    { from: 50, to: 150 },
    { from: 120, to: 200 },
    { from: 700, to: null },
    { from: 10, to: 20 },
    { from: 2000, to: 2100 },
  ]
  expect(countDowntime(outages, 100, 1000, 0)).toEqual({
    known: 900,
    down: 400,
    percentUp: (500 / 900) * 100,
    outages: [
      { from: 700, to: 1000 },
      { from: 100, to: 200 },
    ],
  })
})

test('a host counts from when it was first seen', () => {
  expect(countDowntime([{ from: 400, to: 500 }], 0, 1000, 800)).toMatchObject({
    known: 200,
    down: 0,
    percentUp: 100,
  })
  expect(countDowntime([{ from: 700, to: 900 }], 0, 1000, 800)).toMatchObject({
    known: 200,
    down: 100,
    percentUp: 50,
  })
})

test('of a host that came later than the period nothing is said', () =>
  expect(countDowntime([], 0, 1000, 5000)).toEqual({ known: 0, down: 0, percentUp: null, outages: [] }))

test('what is shared with other stretches counts once, however they overlap', () => {
  const outages = [
    { from: 100, to: 200 },
    { from: 300, to: 400 },
  ]
  expect(countShared(outages, [])).toBe(0)
  expect(
    countShared(outages, [
      { from: 0, to: 120 },
      { from: 110, to: 150 },
      { from: 380, to: 900 },
    ]),
  ).toBe(70)
})
