import type { ReceiverMode } from '../receiver.ts'
import { type Fault, seconds } from './world.ts'

const HOUR = 3600

export const RECEIVERS: Readonly<Record<string, Fault>> = {
  'receiver is in trouble': {
    async run(world) {
      const mode = world.random.pick<ReceiverMode>(['slow', 404, 401, 500, 'hang', 'no body'])
      world.note(String(mode))
      world.receiver.set(mode)
      await seconds(world, 1, 4)
      world.receiver.set('well')
    },
  },
}

/** These need a clock that can be shifted. */
export const LONG_RECEIVERS: Readonly<Record<string, Fault>> = {
  // By the clock alone: a day that nobody has waited through gives nothing up.
  'receiver is away for 25 hours': {
    async run(world) {
      const { receiver, server, random } = world
      receiver.set(random.pick<ReceiverMode>([404, 503, 'away']))
      const steps = 1 + random.below(5)
      for (let step = 1; step <= steps; step++) {
        const ahead = Math.round((25 * HOUR * step) / steps)
        const isStarted = random.below(3) === 0
        if (isStarted) await server.end('SIGTERM')
        server.setClock(ahead)
        if (isStarted) await server.start()
        await seconds(world, 1, 3)
      }
      receiver.set('well')
      await seconds(world, 1, 3)
      server.setClock(0)
    },
  },
}
