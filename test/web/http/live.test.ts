import { expect, test } from 'bun:test'
import type { Log } from '../../../src/lib/log.ts'
import { createLive } from '../../../src/web/http/live.ts'
import { fakeClock } from '../../support/clock.ts'

function build(bounds: { clients?: number; clientsOfUser?: number } = {}) {
  const clock = fakeClock()
  const lines: string[] = []
  const write = (message: string) => void lines.push(message)
  const log: Log = { debug: write, info: write, warn: write, error: write }
  const state = { revision: 1, changes: 7, polls: 0, broken: false, lines, clock }
  const hosts = {
    async revision() {
      state.polls++
      if (state.broken) throw new Error('away')
      return state.revision
    },
  }
  const events = { revision: async () => state.changes }
  const live = createLive({ hosts, events, clock, log, ...bounds })
  const open = (isAlive = async () => true, user = 'ada') => {
    const response = live.open(user, isAlive)
    return response?.body ? readAll(response.body) : null
  }
  return { live, state, open, clock }
}

/** What has come so far; `done` once the stream ended. */
function readAll(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader()
  const seen = { text: '', done: false, leave: () => reader.cancel() }
  const decoder = new TextDecoder()
  void (async () => {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      seen.text += decoder.decode(value, { stream: true })
    }
    seen.done = true
  })()
  return seen
}

test('says changed when the revision grows and is silent while it does not', async () => {
  const { state, open, clock } = build()
  const client = open()
  await clock.advance(6000)
  expect(client?.text).toBe('retry: 3000\n\n')
  state.revision = 2
  await clock.advance(2000)
  expect(client?.text).toBe('retry: 3000\n\nevent: changed\ndata: 9\n\n')
})

test('says changed of what changes right after the first page opened', async () => {
  const { state, open, clock } = build()
  const client = open()
  await Promise.resolve()
  state.revision = 2
  await clock.advance(2000)
  expect(client?.text).toBe('retry: 3000\n\nevent: changed\ndata: 9\n\n')
})

test('says changed when an event changes that no host reported', async () => {
  const { state, open, clock } = build()
  const client = open()
  await clock.advance(2000)
  state.changes = 8
  await clock.advance(2000)
  expect(client?.text).toBe('retry: 3000\n\nevent: changed\ndata: 9\n\n')
})

test('asks the database once for all clients, and not at all without any', async () => {
  const { state, open, clock } = build()
  await clock.advance(60_000)
  expect(state.polls).toBe(0)
  const clients = [open(), open(), open()]
  await clock.advance(10_000)
  expect(state.polls).toBe(6)
  for (const client of clients) await client?.leave()
  await clock.advance(60_000)
  expect(state.polls).toBe(6)
  open()
  await clock.advance(4000)
  expect(state.polls).toBe(9)
})

test('a client that comes while another leaves starts no second loop', async () => {
  const { state, open, clock } = build()
  for (let i = 0; i < 20; i++) {
    const client = open()
    await clock.advance(500)
    await client?.leave()
  }
  open()
  state.polls = 0
  await clock.advance(20_000)
  expect(state.polls).toBe(10)
})

test('gives a sign of life and ends with the session', async () => {
  const { open, clock } = build()
  let alive = true
  const client = open(async () => alive)
  const other = open()
  await clock.advance(20_000)
  expect(client?.text).toContain(': still here')
  alive = false
  await clock.advance(20_000)
  expect(client?.text).toEndWith('event: ended\ndata: session\n\n')
  expect(client?.done).toBe(true)
  expect(other?.done).toBe(false)
})

test('goes on after the database was unreachable, and logs that once', async () => {
  const { state, open, clock } = build()
  const client = open()
  await clock.advance(2000)
  state.broken = true
  await clock.advance(20_000)
  expect(state.lines.length).toBe(1)
  state.broken = false
  state.revision = 5
  await clock.advance(4000)
  expect(client?.text).toContain('data: 12')
  expect(state.lines.length).toBe(2)
})

test('informs open pages once that the database is unreachable, and that it is back even if nothing changed', async () => {
  const { state, open, clock } = build()
  const client = open()
  await clock.advance(2000)
  state.broken = true
  await clock.advance(6000)
  expect(client?.text).toBe('retry: 3000\n\nevent: away\ndata: database\n\n')
  state.broken = false
  await clock.advance(4000)
  expect(client?.text).toEndWith('event: away\ndata: database\n\nevent: changed\ndata: 8\n\n')
})

test('a client that does not read is dropped, and others get the update', async () => {
  const { live, state, open, clock } = build()
  live.open('ada', async () => true)
  const reader = open()
  for (let i = 0; i < 30; i++) {
    state.revision++
    await clock.advance(2000)
  }
  expect(reader?.text.match(/event: changed/g)?.length).toBe(30)
})

test('takes only so many clients', async () => {
  const { live, open } = build({ clients: 2 })
  const first = open()
  expect(open()).not.toBeNull()
  expect(open()).toBeNull()
  await first?.leave()
  expect(open()).not.toBeNull()
  live.stop()
})

test('one user does not take the places of all', async () => {
  const { live, open } = build({ clientsOfUser: 2 })
  const alive = async () => true
  const first = open(alive, 'ada')
  expect(open(alive, 'ada')).not.toBeNull()
  expect(open(alive, 'ada')).toBeNull()
  expect(open(alive, 'bob')).not.toBeNull()
  await first?.leave()
  expect(open(alive, 'ada')).not.toBeNull()
  live.stop()
})

test('closes every stream when it stops, and opens none afterwards', async () => {
  const { live, state, open, clock } = build()
  const client = open()
  live.stop()
  state.polls = 0
  await clock.advance(10_000)
  expect(client?.done).toBe(true)
  expect(state.polls).toBe(0)
  expect(open()).toBeNull()
})
