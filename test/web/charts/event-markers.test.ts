import { expect, test } from 'bun:test'
import type { Event } from '../../../src/domain/event.ts'
import { createListNewest, listEventsIn } from '../../../src/web/charts/event-markers.ts'

type Query = Parameters<Parameters<typeof createListNewest>[0]['list']>[0]

const anEvent = (id: number, opened: number, closed: number | null): Event => ({
  id,
  host: 'web01',
  metric: 'perf.a',
  severity: 2,
  status: closed === null ? 'open' : 'closed',
  message: '',
  value: null,
  opened,
  closed,
  acknowledgedBy: null,
  acknowledged: null,
  isStale: false,
  members: [],
})

/** A store of these events, the newest first, that notes what it is asked for. */
function storeOf(all: readonly Event[]) {
  const asked: Query[] = []
  const list = async (query: Query) => {
    asked.push(query)
    const { to = Number.POSITIVE_INFINITY, limit = 1000 } = query
    const events = all
      .filter(({ opened }) => opened <= to)
      .toSorted((a, b) => b.opened - a.opened)
      .slice(0, limit)
    return { total: events.length, isMore: false, events }
  }
  return { asked, list }
}

const ALL = [anEvent(1, 100, 200), anEvent(2, 150, null), anEvent(3, 300, 310), anEvent(4, 400, 900)]
const ids = (events: readonly Event[]) => events.map(({ id }) => id)

test('the newest events are read when they are asked for, once for all who ask', async () => {
  const store = storeOf(ALL)
  const listNewest = createListNewest(store, { host: 'web01' })
  expect(store.asked).toEqual([])
  const answers = await Promise.all([listNewest(), listNewest()])
  expect(answers.map(ids)).toEqual([
    [4, 3, 2, 1],
    [4, 3, 2, 1],
  ])
  expect(ids(await listNewest())).toEqual([4, 3, 2, 1])
  expect(store.asked).toEqual([{ host: 'web01', limit: 200, isCounted: false }])
})

test('events of a time that reaches until now are among the newest, and need no other read', async () => {
  for (const [from, to, expected] of [
    [0, 500, [4, 3, 2, 1]],
    [201, 500, [4, 3, 2]],
    [305, 500, [4, 3, 2]],
    [311, 400, [4, 2]],
  ] as const) {
    const store = storeOf(ALL)
    const listNewest = createListNewest(store, { host: 'web01' })
    expect(ids(await listEventsIn(store, { host: 'web01', from, to }, listNewest))).toEqual([...expected])
    expect(store.asked).toHaveLength(1)
    expect(ids(await listEventsIn(store, { host: 'web01', from, to }))).toEqual([...expected])
  }
})

test('with an event of an agent whose clock is ahead, those until now are read by themselves', async () => {
  const many = Array.from({ length: 200 }, (_, i) => anEvent(100 + i, 5000 + i, null))
  const store = storeOf([...ALL, ...many])
  const listNewest = createListNewest(store, { host: 'web01' })
  expect(ids(await listEventsIn(store, { host: 'web01', from: 250, to: 500 }, listNewest))).toEqual([4, 3, 2])
  expect(store.asked).toHaveLength(2)
})
