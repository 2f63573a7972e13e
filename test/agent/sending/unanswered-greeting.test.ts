import { expect, test } from 'bun:test'
import { ProtocolSession } from '../../../src/agent/sending/protocol-session.ts'
import type { SessionEnd } from '../../../src/agent/sending/session-outcome.ts'
import { fakeClock } from '../../support/clock.ts'
import { FACTS } from '../support/bench.ts'
import { startWireServer } from '../support/wire-server.ts'

/** Returns how a session ends whose server receives the greeting and closes the connection after `ms`, without a reply. */
async function endAfter(ms: number): Promise<SessionEnd> {
  const clock = fakeClock()
  const server = startWireServer()
  const greeted = Promise.withResolvers<() => void>()
  server.answer = (_, { disconnect }) => greeted.resolve(disconnect)
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
    const disconnect = await greeted.promise
    await clock.advance(ms)
    disconnect()
    const end = await ended.promise
    session.close()
    return end
  } finally {
    server.close()
  }
}

test('a server that closes before our timeout may have received nothing: the next connection is more careful', async () => {
  const { isStalled, unanswered } = await endAfter(30_000)
  expect(isStalled).toBe(true)
  expect(unanswered?.bytes).toBeGreaterThan(100)
})

test('a server that closes at once has not lost anything on the way', async () => {
  expect(await endAfter(2000)).toMatchObject({ isStalled: false, unanswered: null })
})
