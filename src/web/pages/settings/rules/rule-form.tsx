/** @jsxImportSource #markup */

import { SEVERITIES, SEVERITY_NAMES } from '../../../../domain/event.ts'
import type { Rule } from '../../../../domain/notifications/rule.ts'
import { findRuleErrors, MAX_ADDRESS, MAX_PATTERN } from '../../../../domain/notifications/rule-check.ts'
import type { Target } from '../../../../domain/notifications/target.ts'
import type { NotificationTester } from '../../../http/route.ts'
import { capitalize } from '../../../ui/components.tsx'
import { readDuration, writeDuration } from '../../../ui/duration.ts'
import { checkGroup, choiceField, type Problems, placeErrors, textField } from '../../../ui/form-fields.tsx'
import { severityMark } from '../../../ui/icons.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { hostsField, nameField } from '../named-things.tsx'
import { notSetUp } from './rule-list.tsx'

/** The fields of a rule as they were typed. */
export type RuleFields = Omit<Rule, 'id' | 'delay' | 'repeat'> & {
  readonly delay: string
  readonly repeat: string
}

export const NEW_RULE: RuleFields = {
  name: '',
  enabled: true,
  host: '*',
  metric: '*',
  severities: SEVERITIES,
  onOpening: true,
  onClosing: true,
  onSeverityChange: false,
  channel: 'mail',
  target: '',
  delay: '0s',
  repeat: '',
}

/** The rule that the fields describe; an invalid duration counts as none. */
export function meaningOf({ delay, repeat, ...rest }: RuleFields): Omit<Rule, 'id'> {
  return { ...rest, delay: readDuration(delay) ?? 0, repeat: repeat === '' ? null : readDuration(repeat) }
}

/** The rule that the fields of a new rule describe before the user has changed any. */
export const RULE_OF_ALL = meaningOf(NEW_RULE)

export function fieldsOfRule(rule: Rule): RuleFields {
  const { id: _, delay, repeat, ...rest } = rule
  return { ...rest, delay: writeDuration(delay), repeat: repeat === null ? '' : writeDuration(repeat) }
}

export function typedRule(form: URLSearchParams): RuleFields {
  const text = (name: string) => (form.get(name) ?? '').trim()
  return {
    name: text('name'),
    enabled: form.has('enabled'),
    host: text('host'),
    metric: text('metric'),
    severities: SEVERITIES.filter((one) => form.getAll('severity').includes(String(one))),
    onOpening: form.getAll('on').includes('opening'),
    onClosing: form.getAll('on').includes('closing'),
    onSeverityChange: form.getAll('on').includes('severity'),
    channel: text('channel'),
    target: text('target'),
    delay: text('delay'),
    repeat: text('repeat'),
  }
}

const PLACES = {
  severities: { words: 'Choose at least one severity.' },
  on_opening: { field: 'on', words: 'Choose at least one thing to notify on.' },
  delay: { words: 'Expected a duration such as 5m, 1h 30m or 2d; 0s sends immediately.' },
  repeat: { words: 'Expected a duration of at least one minute, such as 1h; leave empty to send once.' },
}

/** The rule that the fields describe, or the problems of the fields. */
export function checkRule(
  fields: RuleFields,
  channels: NotificationTester['channels'],
  targets: readonly Target[],
): { readonly rule: Omit<Rule, 'id'> } | { readonly problems: Problems } {
  const { delay, repeat, ...rest } = fields
  const rule = {
    ...rest,
    // An invalid duration becomes -1, which the check rejects.
    delay: delay === '' ? 0 : (readDuration(delay) ?? -1),
    repeat: repeat === '' ? null : (readDuration(repeat) ?? -1),
  }
  const fieldErrors = findRuleErrors(rule, channels, targets)
  return fieldErrors.length > 0 ? { problems: placeErrors(fieldErrors, PLACES) } : { rule }
}

/** Describes the address for each channel; a script hides all but that of the chosen one. */
export const targetHints = (channels: NotificationTester['channels']) => (
  <ul class="hint-text">
    {channels.map(({ name, targetDoc, describeMissing }) => (
      <li data-shown-by="channel" data-shown-for={name}>
        {name}: {targetDoc} {notSetUp(describeMissing?.() ?? null)}
      </li>
    ))}
  </ul>
)

export const channelChoices = (channels: NotificationTester['channels']) =>
  channels.map(({ name, doc }) => ({ value: name, words: `${name} – ${doc}` }))

export function ruleFieldsView(
  fields: RuleFields,
  problems: Problems,
  channels: NotificationTester['channels'],
  targets: readonly Target[],
): Html {
  return (
    <>
      {nameField(fields.name, problems.name)}
      <label class="check">
        <input type="checkbox" name="enabled" value="1" checked={fields.enabled} /> Enabled
      </label>
      {whichEvents(fields, problems)}
      {sendTo({ fields, problems, channels, targets })}
      {whenToSend(fields, problems)}
    </>
  )
}

const whichEvents = (fields: RuleFields, problems: Problems): Html => (
  <>
    <h2>Which events</h2>
    <div class="field-pair">
      {hostsField(fields.host, problems.host)}
      {textField({
        name: 'metric',
        label: 'Metrics',
        value: fields.metric,
        required: true,
        maxLength: MAX_PATTERN,
        problem: problems.metric,
        hint: 'As for hosts: perf.filesystem.*',
      })}
    </div>
    {checkGroup({
      legend: 'Severities',
      problem: problems.severities,
      boxes: SEVERITIES.map((one) => ({
        name: 'severity',
        value: String(one),
        words: (
          <>
            {severityMark(one)} {capitalize(SEVERITY_NAMES[one])}
          </>
        ),
        checked: fields.severities.includes(one),
      })),
    })}
    {checkGroup({
      legend: 'Notify on',
      problem: problems.on,
      boxes: [
        { name: 'on', value: 'opening', words: 'opening', checked: fields.onOpening },
        { name: 'on', value: 'closing', words: 'closing', checked: fields.onClosing },
        { name: 'on', value: 'severity', words: 'change of severity', checked: fields.onSeverityChange },
      ],
    })}
  </>
)

type SendToOptions = {
  readonly fields: RuleFields
  readonly problems: Problems
  readonly channels: NotificationTester['channels']
  readonly targets: readonly Target[]
}

const sendTo = ({ fields, problems, channels, targets }: SendToOptions): Html => (
  <>
    <h2>Send to</h2>
    {choiceField({
      name: 'channel',
      label: 'Channel',
      value: fields.channel,
      choices: channelChoices(channels),
      shows: true,
      problem: problems.channel,
    })}
    {textField({
      name: 'target',
      label: 'Target',
      value: fields.target,
      maxLength: MAX_ADDRESS,
      problem: problems.target,
      hint: 'An address, or the name of one of your targets for this channel.',
      list: 'target-names',
    })}
    {targetHints(channels)}
    <datalist id="target-names">
      {targets.map(({ name }) => (
        <option value={name} />
      ))}
    </datalist>
  </>
)

const whenToSend = (fields: RuleFields, problems: Problems): Html => (
  <>
    <h2>When</h2>
    <div class="field-pair">
      {textField({
        name: 'delay',
        label: 'Delay',
        value: fields.delay,
        problem: problems.delay,
        maxLength: 40,
        hint: 'Send only if still open and unacknowledged after this time: 10m makes this an escalation.',
      })}
      {textField({
        name: 'repeat',
        label: 'Repeat every',
        value: fields.repeat,
        problem: problems.repeat,
        maxLength: 40,
        hint: 'Until acknowledged. Leave empty to send once.',
      })}
    </div>
  </>
)
