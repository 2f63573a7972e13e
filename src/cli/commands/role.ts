import type { LoadedConfig } from '../../config/load.ts'
import { createLog } from '../../lib/log.ts'
import type { Command, CommandInput } from '../../roles/command.ts'
import { tuneMemory } from '../../roles/memory-tuning.ts'

/**
 * An agent runs a little code once a minute: compiling it to machine code costs more processor time than it
 * saves, and 5 MB of resident memory. The larger the number, the later a function is compiled.
 */
const keepCodeSmall = () => Bun.unsafe.setJITPolicy(1000)

/**
 * The standard output of a role: in the form of its log where that is JSON, so that every line can be parsed.
 */
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

/** The roles, which run until they are stopped. Each role's code is loaded only when it is started. */
export const roles: readonly Command[] = [
  {
    name: 'server',
    doc: 'Runs the monitoring server: website, collect engine and event engine',
    stays: true,
    options: {
      'no-collect': { kind: 'flag', doc: 'Do not run the collect engine in this process' },
      'no-events': { kind: 'flag', doc: 'Do not run the event engine in this process' },
      agent: { kind: 'flag', doc: 'Also monitor this machine' },
    },
    run: async (input) => {
      const { runServer } = await import('../../roles/server.ts')
      const loaded = input.load()
      return runServer(loaded, {
        collect: !input.flag('no-collect'),
        events: !input.flag('no-events'),
        agent: input.flag('agent'),
        print: printAs(loaded, input),
        commands: await input.listCommands(),
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
    doc: 'Runs the agent, which monitors this machine',
    stays: true,
    options: {
      once: { kind: 'flag', doc: 'Print one measurement as JSON and exit' },
      'new-identity': {
        kind: 'flag',
        doc: 'Create a new key for an agent whose data directory was copied from another machine, and exit',
      },
      enroll: {
        kind: 'text',
        doc: 'Enrolment code from `monitor enroll create`, used at the first start',
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
