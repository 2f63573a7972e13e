import type { LoadedConfig } from '../../config/load.ts'
import { createLog } from '../../lib/log.ts'
import type { Command, CommandInput } from '../../roles/command.ts'
import { tuneMemory } from '../../roles/memory-tuning.ts'

/**
 * An agent runs a little code once a minute: compiling it to machine code costs more processor time than it
 * saves, and 5 MB of resident memory. The larger the number, the later a function is compiled.
 */
const keepCodeSmall = () => Bun.unsafe.setJITPolicy(1000)

/** What a role says on standard output: as its log where that is JSON, so that every line can be parsed. */
function printAs({ config: { log } }: LoadedConfig, input: CommandInput): CommandInput['print'] {
  if (log.format !== 'json') return input.print
  const { info } = createLog({ ...log, level: 'info', write: input.print })
  return (text) =>
    info(
      text
        .split('\n')
        .map((line) => line.trim())
        .join(' '),
    )
}

/** What runs until it is told to stop. Each role's code is loaded only when it is asked for. */
export const roles: readonly Command[] = [
  {
    name: 'server',
    doc: 'Runs the monitoring server: website, collect engine and event engine',
    stays: true,
    options: {
      'no-collect': { kind: 'flag', doc: 'Leave the collect engine to a process of its own' },
      'no-events': { kind: 'flag', doc: 'Leave the event engine to a process of its own' },
      agent: { kind: 'flag', doc: 'Watch this machine too' },
    },
    run: async (input) => {
      const { runServer } = await import('../../roles/server.ts')
      const loaded = input.load()
      return runServer(loaded, {
        collect: !input.flag('no-collect'),
        events: !input.flag('no-events'),
        agent: input.flag('agent'),
        print: printAs(loaded, input),
        commands: input.commands,
      })
    },
  },
  {
    name: 'collect',
    doc: 'Runs the collect engine alone',
    stays: true,
    run: async (input) => {
      const { runCollect } = await import('../../roles/collect.ts')
      const loaded = input.load()
      return runCollect(loaded, printAs(loaded, input))
    },
  },
  {
    name: 'events',
    doc: 'Runs the event engine alone',
    stays: true,
    run: async (input) => {
      const { runEvents } = await import('../../roles/events.ts')
      return runEvents(input.load())
    },
  },
  {
    name: 'agent',
    doc: 'Runs the agent, which watches this machine',
    stays: true,
    options: {
      once: { kind: 'flag', doc: 'Print what would be sent, as JSON, and exit' },
      'new-identity': {
        kind: 'flag',
        doc: 'Give an agent whose data folder was copied from another machine a key of its own, and exit',
      },
      enroll: {
        kind: 'text',
        doc: 'Enrolment code of `monitor enroll create`, traded at the first start for the right to report',
      },
    },
    run: async (input) => {
      if (input.flag('new-identity')) {
        const { giveNewIdentity } = await import('../../roles/setup/new-identity.ts')
        return giveNewIdentity(input.load({ role: 'agent' }), input.print)
      }
      if (!input.flag('once')) tuneMemory()
      keepCodeSmall()
      const { printOnce, runAgent } = await import('../../roles/agent.ts')
      const loaded = input.load({ role: 'agent' })
      return input.flag('once') ? printOnce(loaded, input.print) : runAgent(loaded, input.text('enroll'))
    },
  },
]
