import { resolveTarget } from '../../../domain/notifications/target.ts'
import { CHANNELS, findChannel } from '../../../events/channels/index.ts'
import { systemClock } from '../../../lib/clock.ts'
import { CommandError, EXIT } from '../../../lib/exit-codes.ts'
import { createLog } from '../../../lib/log.ts'
import type { CommandGroup, CommandInput } from '../../../roles/command.ts'
import type { Store } from '../../../storage/ports/store.ts'
import { withStore } from '../../with-store.ts'

type Address = { readonly channel: string; readonly target: string }

export const notify: CommandGroup = {
  name: 'notify',
  doc: 'Tests notification channels',
  commands: [
    {
      name: 'notify test',
      doc: 'Sends a test message, to a target or to those of every rule; exit code 1 when one is rejected',
      options: {
        channel: { kind: 'text', doc: 'Channel to send by', choices: CHANNELS.map(({ name }) => name) },
        target: { kind: 'text', doc: 'Target to send to: an address, or the name of a target' },
      },
      run: (input) =>
        withStore(input, async (store, { config }) => {
          const addresses = await listAddresses(input, store)
          const { openNotifier } = await import('../../../roles/notifier.ts')
          const notifier = openNotifier(config, { clock: systemClock, log: createLog(config.log) })
          let sound = true
          try {
            for (const { channel, target } of addresses) {
              const { isDelivered, answer } = await notifier.sendTest(channel, target)
              if (!isDelivered) sound = false
              input.print(`${channel} ${target}: ${isDelivered ? 'sent' : 'not sent'}: ${answer}`)
            }
          } finally {
            notifier.close()
          }
          return sound ? EXIT.ok : EXIT.failed
        }),
    },
  ],
}

/** The one that is given, else every one that a rule uses, each once. */
async function listAddresses(input: CommandInput, { rules, targets }: Store): Promise<Address[]> {
  const named = await targets.list()
  const channel = input.text('channel')
  if (channel !== null) {
    const target = resolveTarget({ channel, target: input.text('target') ?? '' }, named)
    const expected = findChannel(channel)?.checkTarget(target) ?? null
    if (expected !== null) throw new CommandError(`--target: expected ${expected}`, EXIT.usage)
    return [{ channel, target }]
  }
  if (input.text('target') !== null) throw new CommandError('--target needs --channel', EXIT.usage)
  const used = (await rules.list())
    .filter(({ enabled }) => enabled)
    .map((rule): Address => ({ channel: rule.channel, target: resolveTarget(rule, named) }))
  if (used.length === 0) throw new CommandError('there is no rule: give --channel and --target')
  return [...new Map(used.map((one) => [`${one.channel}\n${one.target}`, one])).values()]
}
