import { formatDuration, parseDuration } from '../../config/units.ts'
import type { Severity } from '../../domain/event.ts'
import { describeRule } from '../../domain/json-shapes.ts'
import type { Rule } from '../../domain/notifications/rule.ts'
import { findRuleErrors } from '../../domain/notifications/rule-check.ts'
import { CHANNELS } from '../../events/channels/index.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { type CommandGroup, type CommandInput, needText } from '../../roles/command.ts'
import { formatTable } from '../table.ts'
import { withStore } from '../with-store.ts'
import { readSeverities } from './severities.ts'

const ALL: readonly Severity[] = [1, 2, 3, 4]
const EVERYTHING = '%'

export const rule: CommandGroup = {
  name: 'rule',
  doc: 'Manages the rules that say who is told about which events',
  commands: [
    {
      name: 'rule list',
      doc: 'Lists the rules',
      options: { json: { kind: 'flag', doc: 'As JSON' } },
      run: (input) =>
        withStore(input, async ({ rules }) => {
          const all = await rules.list()
          if (input.flag('json')) {
            input.print(JSON.stringify({ total: all.length, rules: all.map(describeRule) }))
          } else input.print(formatTable(HEADINGS, all.map(writeRow)))
          return EXIT.ok
        }),
    },
    {
      name: 'rule add',
      doc: 'Adds a rule: every event, its opening and its closing, unless said otherwise',
      options: {
        name: { kind: 'text', doc: 'What the rule is called', needed: true },
        channel: {
          kind: 'text',
          doc: 'Channel to send by',
          needed: true,
          choices: CHANNELS.map(({ name }) => name),
        },
        target: { kind: 'text', doc: 'Target to send to: an address, or the name of a target' },
        host: { kind: 'text', doc: 'Hosts, with % or * for any text and _ or ? for one character' },
        metric: { kind: 'text', doc: 'Metrics, in the same way' },
        severity: { kind: 'text', doc: 'Severities, as in 1,2' },
        on: {
          kind: 'text',
          doc: 'What is told: some of opening,closing,severity (opening,closing unless given)',
        },
        delay: { kind: 'text', doc: 'Only when still open and not acknowledged after so long, such as 5m' },
        repeat: { kind: 'text', doc: 'Again and again after so long until acknowledged, such as 1h' },
      },
      run: (input) => {
        const draft = readRule(input)
        return withStore(
          input,
          async ({ rules, targets }) => {
            const [fieldError] = findRuleErrors(draft, CHANNELS, await targets.list())
            if (fieldError)
              throw new CommandError(`--${fieldError.field}: expected ${fieldError.expected}`, EXIT.usage)
            if ((await rules.add(draft)) === null)
              throw new CommandError(`there is a rule "${draft.name}" already`)
            return EXIT.ok
          },
          { change: ['rule add', draft.name] },
        )
      },
    },
    {
      name: 'rule delete',
      doc: 'Deletes a rule; what it has said already is sent all the same',
      arguments: [{ name: 'rule', doc: 'Its name, or its number in `rule list`' }],
      run: (input) =>
        withStore(
          input,
          async ({ rules }) => {
            const wanted = needText(input, 'rule')
            const all = await rules.list()
            const found =
              all.find(({ name }) => name === wanted) ?? all.find(({ id }) => String(id) === wanted)
            if (!found || !(await rules.delete(found.id)))
              throw new CommandError(`there is no rule "${wanted}"`)
            return EXIT.ok
          },
          { change: ['rule delete', needText(input, 'rule')] },
        ),
    },
  ],
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
