import { type Fault, seconds } from './harness.ts'

export const PROCESSES: Readonly<Record<string, Fault>> = {
  'server is killed': {
    async run(harness) {
      await harness.server.end('SIGKILL')
      await seconds(harness, 0, 2)
      await harness.server.start()
    },
  },
  'server is held': {
    async run(harness) {
      harness.server.hold(true)
      await seconds(harness, 1, 4)
      harness.server.hold(false)
    },
  },
  'agent is killed': {
    async run(harness) {
      const agent = harness.random.pick(harness.agents)
      await agent.end('SIGKILL')
      await seconds(harness, 0, 2)
      await agent.start()
    },
  },
  'agent is held': {
    async run(harness) {
      const agent = harness.random.pick(harness.agents)
      agent.hold(true)
      await seconds(harness, 1, 4)
      agent.hold(false)
    },
  },
  'line is broken': {
    async run(harness) {
      const mode = harness.random.pick(['cut', 'swallow-answers', 'freeze'] as const)
      harness.note(mode)
      harness.line.set(mode)
      await seconds(harness, 1, 5)
      harness.line.set('open')
    },
  },
}
