import { expect, test } from 'bun:test'
import { Rejections } from '../../src/collect/rejections.ts'
import { createLog } from '../../src/lib/log.ts'
import { fakeClock } from '../support/clock.ts'

function open() {
  const clock = fakeClock()
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line) })
  return { clock, lines, rejections: new Rejections(clock, log) }
}

test('each reason is said once a source and minute, and counted every time', async () => {
  const { clock, lines, rejections } = open()
  for (let i = 0; i < 5; i++) rejections.note('malformed', '10.0.0.1', 'not valid JSON')
  rejections.note('malformed', '10.0.0.2', 'not valid JSON')
  rejections.note('passphrase', '10.0.0.1', 'wrong passphrase')
  expect(lines.map((line) => line.slice(31))).toEqual([
    'refused from=10.0.0.1 reason=malformed detail="not valid JSON"',
    'refused from=10.0.0.2 reason=malformed detail="not valid JSON"',
    'refused from=10.0.0.1 reason=passphrase detail="wrong passphrase"',
  ])
  await clock.advance(60_000)
  rejections.note('malformed', '10.0.0.1', 'not valid JSON')
  expect(lines).toHaveLength(4)
  expect(rejections.counts()).toEqual({ malformed: 7, passphrase: 1 })
})

test('many at once are counted as many', () => {
  const { rejections } = open()
  rejections.note('value', '10.0.0.1', 'no number', 40)
  rejections.note('value', '10.0.0.1', 'no number', 2)
  expect(rejections.counts()).toEqual({ value: 42 })
})

test('a flood of sources fills neither memory nor log, and is told in one line', async () => {
  const { clock, lines, rejections } = open()
  for (let i = 0; i < 5000; i++) rejections.note('silent', `10.0.${i >> 8}.${i & 255}`, 'says nothing')
  expect(lines).toHaveLength(1000)
  await clock.advance(60_000)
  rejections.note('silent', '10.9.9.9', 'says nothing')
  expect(lines[1000]).toContain('more was refused than is listed rejections=4000')
  expect(lines).toHaveLength(1002)
  expect(rejections.counts()).toEqual({ silent: 5001 })
})
