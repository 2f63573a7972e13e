import { expect, test } from 'bun:test'
import { ProtocolSession, type SessionEnd } from '../../../src/agent/sending/protocol-session.ts'
import { fakeClock } from '../../support/clock.ts'
import { FACTS } from '../support/bench.ts'
import { startWireServer } from '../support/wire-server.ts'

/** The end of a session whose server hangs up so long after it heard the greeting, without a word. */
async function endAfter(ms: number): Promise<SessionEnd> {
  const clock = fakeClock()
  const server = startWireServer()
  const heard = Promise.withResolvers<() => void>()
  server.answer = (_, { hangUp }) => heard.resolve(hangUp)
  try {
    const ended = Promise.withResolvers<SessionEnd>()
    const session = new ProtocolSession({
      server: { host: '127.0.0.1', port: server.port },
      passphrase: 'open sesame',
      key: null,
      host: 'web01',
      formerNames: [],
      facts: FACTS,
      clock,
      maxPayload: null,
      metricsOf: () => [],
      mostBytes: () => Number.POSITIVE_INFINITY,
      numbering: {
        generation: 'queue-000001',
        run: 'run-00000001',
        uptime: () => 0,
        known: null,
        lowestId: 1,
        listLosses: () => [],
      },
      onReady() {},
      onClock() {},
      onStored() {},
      onRefused() {},
      onEnded: ended.resolve,
    })
    const hangUp = await heard.promise
    await clock.advance(ms)
    hangUp()
    const end = await ended.promise
    session.close()
    return end
  } finally {
    server.close()
  }
}

test('a server that gives up before we do may not have heard us: the next connection is more careful', async () => {
  const { isStalled, unanswered } = await endAfter(30_000)
  expect(isStalled).toBe(true)
  expect(unanswered).toBeGreaterThan(100)
})

test('a server that hangs up soon has not lost anything on the way', async () => {
  expect(await endAfter(2000)).toMatchObject({ isStalled: false, unanswered: 0 })
})
