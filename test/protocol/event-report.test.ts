import { expect, test } from 'bun:test'
import { readEvents } from '../../src/protocol/event-report.ts'
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

test('an event of which the metric stopped coming is told from one that is known, over the wire and back', () => {
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
