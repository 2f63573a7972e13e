import { beforeEach, expect, test } from 'bun:test'
import { type Holder, MemoryBudget } from '../../src/collect/memory-budget.ts'

/** A connection that obeys the budget and records what it was asked to do. */
class FakeConnection implements Holder {
  held = 0
  readonly party: string
  memoryWaitSince: number | null = null
  isPaused = false
  refused: string | null = null

  constructor(party = 'one party') {
    this.party = party
  }

  pause() {
    this.isPaused = true
  }
  resume() {
    this.isPaused = false
  }
  refuse(reason: string) {
    this.refused = reason
    hold(this, 0)
  }
}

let budget: MemoryBudget
let now: number
beforeEach(() => {
  now = 5
  budget = new MemoryBudget({ heldBytes: 1000, smallBytes: 10, leaderMs: 20 }, () => now)
})

function hold(holder: FakeConnection, bytes: number) {
  holder.held = bytes
  budget.note(holder, holder.party)
}

test('within the budget all are read on', () => {
  const all = Array.from({ length: 10 }, () => new FakeConnection())
  for (const one of all) hold(one, 100)
  expect(all.map(({ isPaused }) => isPaused)).toEqual(all.map(() => false))
  expect(budget.held).toBe(1000)
  expect(budget.isExceeded).toBe(false)
})

test('beyond it one is read on, the others wait from that moment, small ones never', () => {
  const [first, second, small] = [new FakeConnection(), new FakeConnection(), new FakeConnection()]
  hold(first, 600)
  hold(second, 600)
  hold(first, 650)
  hold(small, 10)
  expect([first, second, small].map(({ isPaused }) => isPaused)).toEqual([true, false, false])
  expect([first, second, small].map(({ memoryWaitSince }) => memoryWaitSince)).toEqual([5, null, null])
})

test('when the one that is read on has finished, all go on', () => {
  const [first, second] = [new FakeConnection(), new FakeConnection()]
  hold(first, 600)
  hold(second, 600)
  hold(first, 650)
  hold(second, 0)
  expect(first).toMatchObject({ isPaused: false, memoryWaitSince: null })
  expect(budget.held).toBe(650)
})

test('when it has finished and too much is still held, the largest of those that wait is next', () => {
  const [large, leader, larger] = [new FakeConnection(), new FakeConnection(), new FakeConnection()]
  hold(large, 600)
  hold(leader, 600)
  hold(large, 650)
  hold(larger, 700)
  expect([large, leader, larger].map(({ isPaused }) => isPaused)).toEqual([true, false, true])
  hold(leader, 0)
  expect([large, larger].map(({ isPaused }) => isPaused)).toEqual([true, false])
})

test('beyond twice the budget the largest that waits is refused, not the one that is read on', () => {
  const [leader, large, larger] = [new FakeConnection(), new FakeConnection(), new FakeConnection()]
  hold(leader, 1100)
  hold(large, 400)
  hold(larger, 450)
  expect([leader, large, larger].map(({ refused }) => refused)).toEqual([null, null, null])
  hold(leader, 1200)
  expect([leader, large, larger].map(({ refused }) => refused)).toEqual([null, null, 'memory'])
  expect(budget.held).toBe(1600)
})

test('a party that holds more than half gives way to others, its largest first, and to itself it does not', () => {
  const greedy = [100, 300, 200, 300].map((bytes) => ({ bytes, holder: new FakeConnection('greedy') }))
  for (const { holder, bytes } of greedy) hold(holder, bytes)
  const more = new FakeConnection('greedy')
  hold(more, 200)
  expect([...greedy.map(({ holder }) => holder), more].map(({ refused }) => refused)).toEqual(
    Array(5).fill(null),
  )
  const other = new FakeConnection('other')
  hold(other, 300)
  expect(greedy.map(({ holder }) => holder.refused)).toEqual([null, 'memory', null, 'memory'])
  expect(other).toMatchObject({ isPaused: false, refused: null, memoryWaitSince: null })
  expect(budget.held).toBe(800)
})

test('parties of which none holds more than half wait for each other', () => {
  const all = ['a', 'b', 'c'].map((party) => new FakeConnection(party))
  for (const one of all) hold(one, 340)
  expect(all.map(({ isPaused, refused }) => [isPaused, refused])).toEqual([
    [false, null],
    [false, null],
    [false, null],
  ])
  hold(all[0] ?? new FakeConnection(), 350)
  expect(all.map(({ isPaused, refused }) => [isPaused, refused])).toEqual([
    [true, null],
    [false, null],
    [false, null],
  ])
})

test('one that is read on is given up when it takes too long while others wait, and the next is read on', () => {
  const [slow, waiting, third] = [new FakeConnection('a'), new FakeConnection('b'), new FakeConnection('c')]
  hold(waiting, 330)
  hold(third, 330)
  hold(slow, 350)
  hold(waiting, 340)
  expect([slow, waiting, third].map(({ isPaused }) => isPaused)).toEqual([false, true, false])
  now += 20
  budget.sweep()
  expect(slow.refused).toBeNull()
  now += 1
  budget.sweep()
  expect([slow.refused, waiting.refused, waiting.isPaused]).toEqual(['memory', null, false])
})

test('what a connection holds that leaves counts no more, and those that waited for it go on', () => {
  const [leader, waiting] = [new FakeConnection(), new FakeConnection()]
  hold(leader, 600)
  hold(waiting, 390)
  hold(leader, 650)
  hold(waiting, 400)
  expect(waiting.isPaused).toBe(true)
  budget.leave(leader)
  expect([waiting.isPaused, budget.held]).toEqual([false, 400])
  leader.held = 0
  budget.leave(leader)
  expect(budget.held).toBe(400)
})
