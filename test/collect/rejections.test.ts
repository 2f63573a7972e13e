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
  rejections.note('value', '10.0.0.1', 'no number', { count: 40 })
  rejections.note('value', '10.0.0.1', 'no number', { count: 2 })
  expect(rejections.counts()).toEqual({ value: 42 })
})

test('a flood of sources fills neither memory nor log, and is reported in one line', async () => {
  const { clock, lines, rejections } = open()
  for (let i = 0; i < 5000; i++) rejections.note('silent', `10.0.${i >> 8}.${i & 255}`, 'says nothing')
  expect(lines).toHaveLength(1000)
  await clock.advance(60_000)
  rejections.note('silent', '10.9.9.9', 'says nothing')
  expect(lines[1000]).toContain('there are more rejections than are listed rejections=4000')
  expect(lines).toHaveLength(1002)
  expect(rejections.counts()).toEqual({ silent: 5001 })
})

test('what was refused is stored by reason, host and minute, and kept while storage is away', async () => {
  const { clock, rejections } = open()
  const minute = Math.floor(clock.now() / 60) * 60
  rejections.note('value', '10.0.0.1', 'no number', { count: 2, host: 'web01' })
  rejections.note('passphrase', '10.0.0.9', 'wrong passphrase')
  await rejections.store(() => Promise.reject(new Error('away')))
  rejections.note('value', '10.0.0.1', 'no number', { host: 'web01' })
  await clock.advance(60_000)
  rejections.note('value', '10.0.0.1', 'no number', { host: 'web01' })
  const stored: unknown[] = []
  await rejections.store(async (counts) => void stored.push(...counts))
  expect(stored).toEqual([
    { host: 'web01', minute, reason: 'value', amount: 3 },
    { host: null, minute, reason: 'passphrase', amount: 1 },
    { host: 'web01', minute: minute + 60, reason: 'value', amount: 1 },
  ])
  await rejections.store(() => Promise.reject(new Error('nothing is left to store')))
})

test('hosts are counted separately only up to a bound, and nothing is lost of the sum', async () => {
  const { rejections } = open()
  for (let i = 0; i < 20_000; i++) rejections.note('value', '10.0.0.1', 'no number', { host: `host${i}` })
  let rows = 0
  let sum = 0
  await rejections.store(async (counts) => {
    rows = counts.length
    for (const { amount } of counts) sum += amount
  })
  expect({ rows, sum }).toEqual({ rows: 5001, sum: 20_000 })
})
