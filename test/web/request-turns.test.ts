import { expect, test } from 'bun:test'
import { yieldThread } from '../../src/lib/yield-thread.ts'
import { RequestTurns } from '../../src/web/request-turns.ts'
import { startTestSite } from './site.ts'

test('a lone request begins at once, of many two before sockets are looked at', async () => {
  const turns = new RequestTurns()
  const { signal } = new AbortController()
  const begun: number[] = []
  const all = Array.from({ length: 6 }, (_, i) =>
    turns.next(signal).then((turn) => {
      expect(turn).toBe('begin')
      begun.push(i)
    }),
  )
  await Promise.resolve()
  await Promise.resolve()
  expect(begun).toEqual([0, 1])
  await Promise.all(all)
  expect(begun).toEqual([0, 1, 2, 3, 4, 5])
  await yieldThread()
  let isBegun = false
  turns.next(signal).then(() => {
    isBegun = true
  })
  await Promise.resolve()
  await Promise.resolve()
  expect(isBegun).toBe(true)
})

test('a client that has gone costs nothing, and beyond a thousand that wait one is refused', async () => {
  const turns = new RequestTurns()
  const leave = new AbortController()
  const first = await Promise.all([turns.next(leave.signal), turns.next(leave.signal)])
  const waiting = Array.from({ length: 1000 }, () => turns.next(leave.signal))
  expect(await turns.next(leave.signal)).toBe('busy')
  leave.abort()
  expect(first).toEqual(['begin', 'begin'])
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['gone']))
})

test('pages for clients that hang up at once are not made', async () => {
  let lists = 0
  const site = await startTestSite((store) => ({
    ...store,
    events: {
      ...store.events,
      async list(query) {
        lists++
        // A page that takes its time.
        const until = performance.now() + 5
        while (performance.now() < until);
        return store.events.list(query)
      },
    },
  }))
  const headers = await site.as('viewer')
  const read = async () => {
    const before = lists
    expect((await site.send('/events', { headers })).status).toBe(200)
    return lists - before
  }
  await read()
  const each = await read()
  const before = lists
  const leave = new AbortController()
  const asked = Array.from({ length: 40 }, () =>
    site.send('/events', { headers, signal: leave.signal }).catch(() => null),
  )
  // The first are being made.
  while (lists === before) await yieldThread()
  leave.abort()
  await Promise.all(asked)
  // It comes behind all of them.
  await read()
  expect(lists - before).toBeLessThan(10 * each)
  await site.stop()
})
