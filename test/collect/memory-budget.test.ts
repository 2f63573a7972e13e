import { beforeEach, expect, test } from 'bun:test'
import { type Holder, MemoryBudget } from '../../src/collect/memory-budget.ts'

/** A connection that does as it is told and writes down what that was. */
class Told implements Holder {
  held = 0
  memoryWaitSince: number | null = null
  isPaused = false
  refused: string | null = null

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
beforeEach(() => {
  budget = new MemoryBudget({ heldBytes: 1000, smallBytes: 10 }, () => 5)
})

function hold(holder: Told, bytes: number) {
  const change = bytes - holder.held
  holder.held = bytes
  budget.note(holder, change)
}

test('within the budget all are read on', () => {
  const all = Array.from({ length: 10 }, () => new Told())
  for (const one of all) hold(one, 100)
  expect(all.map(({ isPaused }) => isPaused)).toEqual(all.map(() => false))
  expect(budget.held).toBe(1000)
  expect(budget.isExceeded).toBe(false)
})

test('beyond it one is read on, the others wait from that moment, small ones never', () => {
  const [first, second, small] = [new Told(), new Told(), new Told()]
  hold(first, 600)
  hold(second, 600)
  hold(first, 650)
  hold(small, 10)
  expect([first, second, small].map(({ isPaused }) => isPaused)).toEqual([true, false, false])
  expect([first, second, small].map(({ memoryWaitSince }) => memoryWaitSince)).toEqual([5, null, null])
})

test('when the one that is read on has finished, all go on', () => {
  const [first, second] = [new Told(), new Told()]
  hold(first, 600)
  hold(second, 600)
  hold(first, 650)
  hold(second, 0)
  expect(first).toMatchObject({ isPaused: false, memoryWaitSince: null })
  expect(budget.held).toBe(650)
})

test('when it has finished and too much is still held, the largest of those that wait is next', () => {
  const [large, leader, larger] = [new Told(), new Told(), new Told()]
  hold(large, 600)
  hold(leader, 600)
  hold(large, 650)
  hold(larger, 700)
  expect([large, leader, larger].map(({ isPaused }) => isPaused)).toEqual([true, false, true])
  hold(leader, 0)
  expect([large, larger].map(({ isPaused }) => isPaused)).toEqual([true, false])
})

test('beyond twice the budget the largest that waits is refused, not the one that is read on', () => {
  const [leader, large, larger] = [new Told(), new Told(), new Told()]
  hold(leader, 1100)
  hold(large, 400)
  hold(larger, 450)
  expect([leader, large, larger].map(({ refused }) => refused)).toEqual([null, null, null])
  hold(leader, 1200)
  expect([leader, large, larger].map(({ refused }) => refused)).toEqual([null, null, 'memory'])
  expect(budget.held).toBe(1600)
})
