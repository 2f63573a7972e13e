import { type Fault, seconds } from './world.ts'

export const PROCESSES: Readonly<Record<string, Fault>> = {
  'server is killed': {
    async run(world) {
      await world.server.end('SIGKILL')
      await seconds(world, 0, 2)
      await world.server.start()
    },
  },
  'server is held': {
    async run(world) {
      world.server.hold(true)
      await seconds(world, 1, 4)
      world.server.hold(false)
    },
  },
  'agent is killed': {
    async run(world) {
      const agent = world.random.pick(world.agents)
      await agent.end('SIGKILL')
      await seconds(world, 0, 2)
      await agent.start()
    },
  },
  'agent is held': {
    async run(world) {
      const agent = world.random.pick(world.agents)
      agent.hold(true)
      await seconds(world, 1, 4)
      agent.hold(false)
    },
  },
  'line is broken': {
    async run(world) {
      const mode = world.random.pick(['cut', 'swallow-answers', 'freeze'] as const)
      world.note(mode)
      world.line.set(mode)
      await seconds(world, 1, 5)
      world.line.set('open')
    },
  },
}
