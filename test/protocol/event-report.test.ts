import { expect, test } from 'bun:test'
import { dateClosings, readEvents, readLegacyEvents } from '../../src/protocol/event-report.ts'
import { Tally } from '../../src/protocol/rejection-tally.ts'

const NOW = 1_767_225_600
const event = {
  uid: 'e1',
  change: 2,
  time: NOW,
  metric: 'perf.a',
  severity: 2,
  status: 'open',
  message: 'A > 1',
}

test('an event whose metric no longer arrives is distinguished from a known one, to the wire and back', () => {
  const sent = [
    { ...event, stale: true },
    { ...event, stale: false },
    { ...event, stale: 'yes' },
  ]
  const seen = readEvents(JSON.parse(JSON.stringify(sent)), new Tally())
  expect(seen).toEqual([{ ...event, stale: true }, event, event] as typeof seen)
})

test('what ran when the problem began comes over the wire, without what is no process', () => {
  const processes = [{ id: 7, name: 'mysqld', processor: 180, memory: 5_000_000 }]
  const sent = [
    { ...event, processes },
    { ...event, processes: [...processes, { name: 'x' }, null] },
    { ...event, processes: 'rm -rf' },
  ]
  const seen = readEvents(JSON.parse(JSON.stringify(sent)), new Tally())
  expect(seen).toEqual([{ ...event, processes }, { ...event, processes }, event] as typeof seen)
})

test('events of a fast clock count as of now, and one that followed another is still another', () => {
  const anEvent = (time: number, status: 0 | 1, monitor = 'perf.a') => {
    return { time, monitor, status, severity: 4, message: 'A > 1' }
  }
  const sent = [
    anEvent(NOW + 900, 1),
    anEvent(NOW + 300, 0),
    anEvent(NOW + 600, 0),
    anEvent(NOW + 900, 0, 'b'),
  ]
  const seen = dateClosings(readLegacyEvents(sent, NOW, new Tally()), NOW)
  expect(seen.map(({ metric, opened, time, status }) => [metric, status, opened, time])).toEqual([
    ['perf.a', 'closed', NOW - 2, NOW - 1],
    ['perf.a', 'closed', NOW - 1, NOW],
    ['b', 'closed', NOW, NOW],
    ['perf.a', 'open', undefined, NOW],
  ])
})

test('events of a fast clock keep their places behind those of times that have come', () => {
  const anEvent = (time: number) => ({ time, monitor: 'perf.a', status: 0, severity: 4, message: 'A > 1' })
  const sent = [
    anEvent(NOW - 60),
    anEvent(NOW - 1),
    anEvent(NOW + 59),
    anEvent(NOW + 119),
    anEvent(NOW + 119),
  ]
  const seen = readLegacyEvents(sent, NOW, new Tally())
  expect(seen.map(({ time, change, opened }) => [time - NOW, change - NOW, (opened ?? 0) - NOW])).toEqual(
    [-60, -2, -1, 0, 0].map((time) => [time, time, time]),
  )
})
