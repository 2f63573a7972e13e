import type { ReceiverMode } from '../receiver.ts'
import { type Fault, seconds } from './harness.ts'

const HOUR = 3600

export const RECEIVERS: Readonly<Record<string, Fault>> = {
  'receiver is in trouble': {
    async run(harness) {
      const mode = harness.random.pick<ReceiverMode>(['slow', 404, 401, 500, 'hang', 'no body'])
      harness.note(String(mode))
      harness.receiver.set(mode)
      await seconds(harness, 1, 4)
      harness.receiver.set('well')
    },
  },
}

/** These need a clock that can be shifted. */
export const LONG_RECEIVERS: Readonly<Record<string, Fault>> = {
  // Only the clock moved: a notification is not given up for a day that has not really passed.
  'receiver is away for 25 hours': {
    async run(harness) {
      const { receiver, server, random } = harness
      receiver.set(random.pick<ReceiverMode>([404, 503, 'away']))
      const steps = 1 + random.below(5)
      for (let step = 1; step <= steps; step++) {
        const ahead = Math.round((25 * HOUR * step) / steps)
        const isStarted = random.below(3) === 0
        if (isStarted) await server.end('SIGTERM')
        server.setClock(ahead)
        if (isStarted) await server.start()
        await seconds(harness, 1, 3)
      }
      receiver.set('well')
      await seconds(harness, 1, 3)
      server.setClock(0)
    },
  },
}
