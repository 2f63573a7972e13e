import { expect, test } from 'bun:test'
import { readDuration, writeDuration } from '../../../src/web/ui/duration.ts'

test.each([
  ['0s', 0],
  ['90s', 90],
  ['5m', 300],
  [' 1H 30m ', 5400],
  ['2d', 172_800],
  ['366d', 366 * 86_400],
  ['367d', null],
  ['5', null],
  ['m', null],
  ['-5m', null],
  ['1.5h', null],
  ['99999999d', null],
  ['', null],
])('%j is %p seconds', (text, seconds) => expect(readDuration(text)).toBe(seconds))

test.each([0, 1, 90, 300, 5400, 86_400, 90_061])('%d seconds are read as they were written', (seconds) =>
  expect(readDuration(writeDuration(seconds))).toBe(seconds),
)
