import { findTargetErrors } from '../../../domain/notifications/rule-check.ts'
import type { Target } from '../../../domain/notifications/target.ts'
import { CHANNELS } from '../../../events/channels/index.ts'
import { CommandError, EXIT } from '../../../lib/exit-codes.ts'
import { type CommandGroup, needText, type Option } from '../../../roles/command.ts'
import { JSON_OPTION, printList } from '../../list-output.ts'
import { withStore } from '../../with-store.ts'
import { listMissing } from './doubts.ts'
import { namedCommands } from './named-things.ts'

const TARGET = { name: 'target', doc: 'Its name, or its number in `target list`' } as const

const FIELDS = {
  channel: { kind: 'text', doc: 'Channel to send by', choices: CHANNELS.map(({ name }) => name) },
  address: { kind: 'text', doc: 'Address in the form the channel expects' },
} as const satisfies Record<string, Option>

const commands = namedCommands<Target>({
  one: 'target',
  argument: TARGET.name,
  storeOf: ({ targets }) => targets,
  findDoubts: async ({ channel }, _, config) => listMissing(channel, config),
})

export const target: CommandGroup = {
  name: 'target',
  doc: 'Manages the named addresses that rules send to',
  commands: [
    {
      name: 'target list',
      doc: 'Lists the targets',
      options: JSON_OPTION,
      run: (input) =>
        withStore(input, async ({ targets }) => {
          printList(input, {
            name: 'targets',
            items: await targets.list(),
            describe: ({ id, name, channel, address }) => ({ id, name, channel, address }),
            headings: ['ID', 'NAME', 'CHANNEL', 'ADDRESS'],
            row: ({ id, name, channel, address }) => [String(id), name, channel, address],
          })
          return EXIT.ok
        }),
    },
    {
      name: 'target add',
      doc: 'Adds a target',
      options: {
        name: { kind: 'text', doc: 'Name', needed: true },
        ...FIELDS,
        channel: { ...FIELDS.channel, needed: true },
      },
      run: (input) => {
        const draft = {
          name: needText(input, 'name'),
          channel: needText(input, 'channel'),
          address: input.text('address') ?? '',
        }
        return commands.add(input, draft, checkTarget)
      },
    },
    {
      name: 'target change',
      doc: 'Changes the given fields of a target',
      arguments: [TARGET],
      options: { name: { kind: 'text', doc: 'New name' }, ...FIELDS },
      run: (input) =>
        commands.change(input, (before) => {
          const changed: Target = {
            id: before.id,
            name: input.text('name') ?? before.name,
            channel: input.text('channel') ?? before.channel,
            address: input.text('address') ?? before.address,
          }
          checkTarget(changed)
          return changed
        }),
    },
    {
      name: 'target delete',
      doc: 'Deletes a target that no rule sends to',
      arguments: [TARGET],
      run: (input) =>
        commands.delete(input, async ({ id, name }, { targets }) => {
          const result = await targets.delete(id)
          if (result === 'used')
            throw new CommandError(`a rule sends to "${name}": change or delete the rule first`)
          return result === 'deleted'
        }),
    },
  ],
}

function checkTarget(draft: Omit<Target, 'id'>): void {
  const [wrong] = findTargetErrors(draft, CHANNELS)
  if (wrong) throw new CommandError(`--${wrong.field}: expected ${wrong.expected}`, EXIT.usage)
}
