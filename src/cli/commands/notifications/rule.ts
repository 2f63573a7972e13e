import { formatDuration, parseDuration } from '../../../config/fields/units.ts'
import type { Severity } from '../../../domain/event.ts'
import { describeRule } from '../../../domain/json-shapes.ts'
import type { Rule } from '../../../domain/notifications/rule.ts'
import { findRuleErrors } from '../../../domain/notifications/rule-check.ts'
import { listRuleDoubts } from '../../../domain/notifications/rule-doubts.ts'
import type { Target } from '../../../domain/notifications/target.ts'
import { CHANNELS } from '../../../events/channels/index.ts'
import { CommandError, EXIT } from '../../../lib/exit-codes.ts'
import {
  type Command,
  type CommandGroup,
  type CommandInput,
  needText,
  type Option,
} from '../../../roles/command.ts'
import { JSON_OPTION, printList } from '../../list-output.ts'
import { withStore } from '../../with-store.ts'
import { listHostNames, listMissing } from './doubts.ts'
import { namedCommands } from './named-things.ts'
import { readSeverities } from './severities.ts'

const ALL: readonly Severity[] = [1, 2, 3, 4]
const EVERYTHING = '%'

const RULE = { name: 'rule', doc: 'Its name, or its number in `rule list`' } as const

const FIELDS_BUT_CHANNEL = {
  target: { kind: 'text', doc: 'Target to send to: an address, or the name of a target' },
  host: { kind: 'text', doc: 'Hosts: % or * matches any text, _ or ? one character' },
  metric: { kind: 'text', doc: 'Metrics: patterns as for hosts' },
  severity: { kind: 'text', doc: 'Severities, such as 1,2' },
  on: {
    kind: 'text',
    doc: 'Notify on: any of opening,closing,severity; default: opening,closing',
  },
  delay: { kind: 'text', doc: 'Send only if still open and unacknowledged after this time, such as 5m' },
  repeat: { kind: 'text', doc: 'Repeat at this interval until acknowledged, such as 1h' },
} as const satisfies Record<string, Option>

const FIELDS = {
  channel: { kind: 'text', doc: 'Channel to send by', choices: CHANNELS.map(({ name }) => name) },
  ...FIELDS_BUT_CHANNEL,
} as const satisfies Record<string, Option>

const commands = namedCommands<Rule>({
  one: 'rule',
  argument: RULE.name,
  storeOf: ({ rules }) => rules,
  // A rule that is switched off sends nothing anyway.
  findDoubts: async (rule, store, config) =>
    rule.enabled
      ? [
          ...listMissing(rule.channel, config),
          ...(await listRuleDoubts(rule, {
            hosts: await listHostNames(store),
            findMetrics: (words, limit) => store.hosts.findMetrics(words, limit),
          })),
        ]
      : [],
})

export const rule: CommandGroup = {
  name: 'rule',
  doc: 'Manages notification rules: who is notified of which events',
  commands: [
    {
      name: 'rule list',
      doc: 'Lists the rules',
      options: JSON_OPTION,
      run: (input) =>
        withStore(input, async ({ rules }) => {
          const items = await rules.list()
          printList(input, {
            name: 'rules',
            items,
            describe: describeRule,
            headings: HEADINGS,
            row: writeRow,
          })
          return EXIT.ok
        }),
    },
    {
      name: 'rule add',
      doc: 'Adds a rule; default: opening and closing of every event',
      options: {
        name: { kind: 'text', doc: 'Name of the rule', needed: true },
        channel: {
          kind: 'text',
          doc: 'Channel to send by',
          needed: true,
          choices: CHANNELS.map(({ name }) => name),
        },
        ...FIELDS_BUT_CHANNEL,
      },
      run: (input) =>
        commands.add(input, readRule(input), async (draft, { targets }) =>
          checkRule(draft, await targets.list()),
        ),
    },
    {
      name: 'rule change',
      doc: 'Changes the given fields of a rule',
      arguments: [RULE],
      options: { name: { kind: 'text', doc: 'New name' }, ...FIELDS },
      run: (input) =>
        commands.change(input, async (before, { targets }) => {
          const changed = { ...before, ...readChanges(input) }
          checkRule(changed, await targets.list())
          return changed
        }),
    },
    setEnabled('enable', 'Enables a rule', 'switch rule on'),
    setEnabled('disable', 'Disables a rule without deleting it', 'switch rule off'),
    {
      name: 'rule delete',
      doc: 'Deletes a rule; notifications already queued are still sent',
      arguments: [RULE],
      run: (input) => commands.delete(input, ({ id }, { rules }) => rules.delete(id)),
    },
  ],
}

function setEnabled(verb: 'enable' | 'disable', doc: string, action: string): Command {
  return {
    name: `rule ${verb}`,
    doc,
    arguments: [RULE],
    run: (input) => commands.change(input, (found) => ({ ...found, enabled: verb === 'enable' }), action),
  }
}

function checkRule(draft: Omit<Rule, 'id'>, targets: readonly Target[]): void {
  const [fieldError] = findRuleErrors(draft, CHANNELS, targets)
  if (fieldError) throw new CommandError(`--${fieldError.field}: expected ${fieldError.expected}`, EXIT.usage)
}

/** The fields that the options of `rule change` set; the rest is left out. */
function readChanges(input: CommandInput): Partial<Omit<Rule, 'id'>> {
  const given = (option: string) => input.text(option) !== null
  const {
    name,
    host,
    metric,
    severities,
    onOpening,
    onClosing,
    onSeverityChange,
    channel,
    target,
    delay,
    repeat,
  } = readRule({
    ...input,
    text: (option) => input.text(option) ?? (['name', 'channel'].includes(option) ? '' : null),
  })
  return {
    ...(given('name') && { name }),
    ...(given('host') && { host }),
    ...(given('metric') && { metric }),
    ...(given('severity') && { severities }),
    ...(given('on') && { onOpening, onClosing, onSeverityChange }),
    ...(given('channel') && { channel }),
    ...(given('target') && { target }),
    ...(given('delay') && { delay }),
    ...(given('repeat') && { repeat }),
  }
}

function readRule(input: CommandInput): Omit<Rule, 'id'> {
  const severity = input.text('severity')
  const on = readOn(input.text('on'))
  return {
    name: needText(input, 'name'),
    enabled: true,
    host: input.text('host') ?? EVERYTHING,
    metric: input.text('metric') ?? EVERYTHING,
    severities: severity === null ? ALL : readSeverities(severity),
    onOpening: on.has('opening'),
    onClosing: on.has('closing'),
    onSeverityChange: on.has('severity'),
    channel: needText(input, 'channel'),
    target: input.text('target') ?? '',
    delay: readSeconds(input, 'delay') ?? 0,
    repeat: readSeconds(input, 'repeat'),
  }
}

function readOn(text: string | null): ReadonlySet<string> {
  const words = text === null ? ['opening', 'closing'] : text.split(',').map((word) => word.trim())
  if (!words.every((word) => ['opening', 'closing', 'severity'].includes(word)))
    throw new CommandError(
      '--on takes some of opening, closing and severity, separated by commas',
      EXIT.usage,
    )
  return new Set(words)
}

function readSeconds(input: CommandInput, option: string): number | null {
  const text = input.text(option)
  if (text === null) return null
  const seconds = parseDuration(text)
  if (seconds === null)
    throw new CommandError(`--${option} takes a duration with its unit, such as 5m`, EXIT.usage)
  return seconds
}

const HEADINGS = [
  'ID',
  'NAME',
  'HOST',
  'METRIC',
  'SEVERITY',
  'ON',
  'CHANNEL',
  'TARGET',
  'DELAY',
  'REPEAT',
  'STATE',
]

function writeRow(one: Rule): string[] {
  const on = [one.onOpening && 'opening', one.onClosing && 'closing', one.onSeverityChange && 'severity']
  return [
    String(one.id),
    one.name,
    one.host,
    one.metric,
    one.severities.join(','),
    on.filter((word) => word !== false).join(','),
    one.channel,
    one.target,
    one.delay === 0 ? '' : formatDuration(one.delay),
    one.repeat === null ? '' : formatDuration(one.repeat),
    one.enabled ? 'on' : 'off',
  ]
}
