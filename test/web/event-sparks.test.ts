import { expect, test } from 'bun:test'
import { drawSpark } from '../../src/web/fleet/event-sparks.tsx'

const DAY = 86_400
const line = {
  times: Float64Array.from([0, 1440, 2880, 4320, 43_200, 44_640]),
  mean: Float64Array.from([1, 1, 0, 0, 1, 0]),
}
const pathOf = (isStepped: boolean) =>
  /class="spark-line" d="([^"]*)"/.exec(
    drawSpark(line, { from: 0, to: DAY, limit: null, unit: 'state', isStepped }).text,
  )?.[1]

test('the small line of a state is level from each value to the next, and broken where none came', () => {
  expect(pathOf(true)).toBe('M0.0 1.0H1.7V1.0H3.3V23.0H5.0V23.0M50.0 1.0H51.7V23.0')
})

test('other small lines go straight from value to value', () => {
  expect(pathOf(false)).toBe('M0.0 1.0L1.7 1.0L3.3 23.0L5.0 23.0M50.0 1.0L51.7 23.0')
})
