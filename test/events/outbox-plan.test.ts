import { describe, expect, test } from 'bun:test'
import {
  type FailedAttempt,
  type Failure,
  nextAttempt,
  planDeliveries,
  type Waiting,
} from '../../src/events/outbox-plan.ts'

const NOW = 10_000
const notification = (id: number, over: Partial<Waiting> = {}): Waiting => ({
  id,
  event: id,
  channel: 'mail',
  target: 'ann@example.org',
  created: NOW,
  attempts: 0,
  uncertain: 0,
  due: NOW,
  digest: null,
  isAlone: false,
  ...over,
})
const many = (count: number, over: Partial<Waiting> = {}) =>
  Array.from({ length: count }, (_, i) => notification(i + 1, over))
const plan = (waiting: Waiting[], recent = 0, now = NOW) =>
  planDeliveries(waiting, () => recent, now).map(
    ({ digest, notifications }) =>
      `${digest === null ? '' : `${digest} `}${notifications.map(({ id }) => id).join(',')}`,
  )

describe('what goes out', () => {
  test('is what is due, in order, each alone', () => {
    expect(plan([notification(2), notification(1), notification(3, { due: NOW + 1 })])).toEqual(['1', '2'])
  })

  test('an event whose opening waits keeps its closing waiting, and nobody else', () => {
    const opening = notification(1, { event: 5, attempts: 1, due: NOW + 60 })
    expect(plan([opening, notification(2, { event: 5 }), notification(3)])).toEqual(['3'])
  })

  test('an opening and its closing that are both due go one after the other', () => {
    expect(plan([notification(1, { event: 5 }), notification(2, { event: 5 })])).toEqual(['1'])
  })

  test('up to ten a minute are sent alone, more are one digest', () => {
    expect(plan(many(10)).length).toBe(10)
    expect(plan(many(11))).toEqual(['new 1,2,3,4,5,6,7,8,9,10,11'])
    expect(plan(many(3), 7)).toEqual(['1', '2', '3'])
  })

  test('after a digest further notifications are collected for a minute', () => {
    expect(plan(many(3), 8)).toEqual([])
    expect(plan(many(3), 8, NOW + 60)).toEqual(['new 1,2,3'])
    expect(plan(many(1), 10, NOW + 60)).toEqual(['1'])
  })

  test('a notification that may have been delivered alone never becomes part of a digest', () => {
    expect(plan([notification(1, { isAlone: true }), ...many(12).slice(1)])).toEqual([
      '1',
      'new 2,3,4,5,6,7,8,9,10,11,12',
    ])
  })

  test('the number sent to one target does not affect another target', () => {
    const waiting = [...many(11), notification(20, { target: 'bob@example.org' })]
    expect(plan(waiting)).toEqual(['new 1,2,3,4,5,6,7,8,9,10,11', '20'])
  })

  test('a digest that failed is sent again as it was, and what came since waits for it to arrive', () => {
    const tried = many(11, { digest: 'd-1', attempts: 1 })
    expect(plan([...tried, notification(12, { created: NOW + 5 })])).toEqual(['d-1 1,2,3,4,5,6,7,8,9,10,11'])
    expect(plan(many(11, { digest: 'd-1', attempts: 1, due: NOW + 1 }))).toEqual([])
  })

  test('a digest that was made and not sent, as after a crash, goes out as it was', () => {
    expect(plan(many(11, { digest: 'd-1' }))).toEqual(['d-1 1,2,3,4,5,6,7,8,9,10,11'])
  })

  test('to a failing target goes one at a time, and one that always fails lets others try', () => {
    const failing = notification(1, { attempts: 3, due: NOW - 5 })
    expect(plan([failing, notification(2), notification(3)])).toEqual(['1'])
    expect(plan([{ ...failing, due: NOW + 100 }, notification(2), notification(3)])).toEqual(['2'])
  })

  test('after a long outage all that gathered is one digest', () => {
    const gathered = many(30, { created: NOW - 3600, due: NOW - 3600 })
    expect(plan(gathered)).toEqual([`new ${gathered.map(({ id }) => id).join(',')}`])
  })
})

describe('after a failure', () => {
  const after = (
    failed: Partial<FailedAttempt>,
    failure: Partial<Failure> = {},
    { now = NOW, random = 0 } = {},
  ) =>
    nextAttempt(
      { created: NOW, attempts: 0, uncertain: 0, ...failed },
      { retryAfter: null, isUncertain: false, ...failure },
      now,
      { random },
    )

  test('the pauses grow to half an hour, a little longer by chance', () => {
    const pauses = [0, 1, 2, 5, 8, 1000].map((attempts) => after({ attempts }))
    expect(pauses.map((at) => (at ?? 0) - NOW)).toEqual([10, 20, 40, 320, 1800, 1800])
    expect(after({}, {}, { random: 1 })).toBe(NOW + 13)
  })

  test('a receiver that asks for patience gets it', () => {
    expect(after({}, { retryAfter: 300 })).toBe(NOW + 300)
    expect(after({ attempts: 5 }, { retryAfter: 3 })).toBe(NOW + 320)
  })

  test('after a day it is over', () => {
    expect(after({ attempts: 40 }, {}, { now: NOW + 86_400 - 1800 })).toBe(NOW + 86_400)
    expect(after({ attempts: 40 }, {}, { now: NOW + 86_400 - 1799 })).toBe(null)
  })

  test('a clock that jumped by two days gives nothing up after a few attempts', () => {
    const now = NOW + 2 * 86_400
    expect(after({ attempts: 2 }, {}, { now })).toBe(now + 40)
  })

  test('what may have been delivered is tried three more times, far apart', () => {
    const pauses = [0, 1, 2, 3].map((uncertain) => after({ uncertain }, { isUncertain: true }))
    expect(pauses).toEqual([NOW + 600, NOW + 3600, NOW + 21_600, null])
  })
})

test('what a clock two days ahead had planned is due when the clock is right again', () => {
  expect(plan([notification(1, { attempts: 1, due: NOW + 2 * 86_400 })])).toEqual(['1'])
  expect(plan([notification(1, { attempts: 1, due: NOW + 3600 })])).toEqual([])
})

test('random outages: everything arrives once, and no notification of an event overtakes an earlier one', () => {
  let seed = 3
  const random = (n: number) => {
    seed = (seed * 48271) % 2147483647
    return seed % n
  }
  for (let round = 0; round < 30; round++) {
    let waiting: Waiting[] = []
    let id = 0
    let digests = 0
    const arrived: Waiting[] = []
    let sentAlone: number[] = []
    for (let now = 0; now < 20_000; now += 10) {
      const isDown = Math.floor(now / 700) % 3 === 1
      if (now < 9000)
        for (let k = random(10) === 0 ? random(20) : random(2); k > 0; k--)
          waiting.push(notification(++id, { event: random(30), created: now, due: now + random(2) * 300 }))
      sentAlone = sentAlone.filter((at) => at > now - 60)
      for (const planned of planDeliveries(waiting, () => sentAlone.length, now)) {
        const ids = new Set(planned.notifications.map((one) => one.id))
        const digest = planned.digest === 'new' ? `d-${++digests}` : planned.digest
        if (isDown || random(8) === 0) {
          waiting = waiting.map((one) =>
            ids.has(one.id)
              ? {
                  ...one,
                  digest,
                  attempts: one.attempts + 1,
                  due:
                    nextAttempt(one, { retryAfter: null, isUncertain: false }, now, { random: 0.5 }) ?? now,
                }
              : one,
          )
          continue
        }
        if (digest === null) sentAlone.push(now)
        arrived.push(...planned.notifications)
        waiting = waiting.filter((one) => !ids.has(one.id))
      }
    }
    expect(waiting).toEqual([])
    expect(arrived.map((one) => one.id).sort((a, b) => a - b)).toEqual(
      Array.from({ length: id }, (_, i) => i + 1),
    )
    for (let event = 0; event < 30; event++) {
      const order = arrived.filter((one) => one.event === event).map((one) => one.id)
      expect(order).toEqual([...order].sort((a, b) => a - b))
    }
  }
})
