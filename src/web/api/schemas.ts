import type { Schema } from '../http/api-declaration.ts'

/** Shapes of the API's JSON, by the names that its description gives them. */

const text: Schema = { type: 'string' }
const whole: Schema = { type: 'integer' }
const flag: Schema = { type: 'boolean' }
const time: Schema = { type: 'integer', description: 'Seconds since 1970.' }
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
const listOf = (items: Schema): Schema => ({ type: 'array', items })
const severity: Schema = {
  type: 'integer',
  minimum: 1,
  maximum: 4,
  description: '1 critical, 2 major, 3 warning, 4 information.',
}

/** An object that has all of these, and perhaps more. */
export const objectOf = (
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
})

export const ref = (name: keyof typeof SCHEMAS): Schema => ({ $ref: `#/components/schemas/${name}` })

const EVENT = {
  id: whole,
  host: text,
  metric: text,
  severity,
  severity_name: text,
  status: { enum: ['open', 'closed'] },
  sentence: { type: 'string', description: 'The problem as pages and notifications say it.' },
  message: text,
  value: orNull({ type: 'number' }),
  opened: time,
  closed: orNull(time),
  end_unknown: flag,
  acknowledged_by: orNull(text),
  current: orNull({ type: 'number', description: 'The newest value of the metric.' }),
}

const RULE = {
  name: text,
  enabled: flag,
  host: { type: 'string', description: 'A pattern with % or * and _ or ?.' },
  metric: { type: 'string', description: 'A pattern with % or * and _ or ?.' },
  severities: listOf(severity),
  on_opening: flag,
  on_closing: flag,
  on_severity_change: flag,
  channel: text,
  target: text,
  delay: { type: 'integer', description: 'Seconds.' },
  repeat: orNull({ type: 'integer', description: 'Seconds.' }),
}

const WINDOW = {
  name: text,
  host: { type: 'string', description: 'A pattern with % or * and _ or ?.' },
  when: {
    oneOf: [
      objectOf({ kind: { const: 'once' }, from: time, to: time }),
      objectOf(
        {
          kind: { enum: ['daily', 'weekly', 'monthly'] },
          start: { type: 'string', description: 'As 22:00.' },
          end: { type: 'string', description: 'As 06:00.' },
          zone: text,
          days: listOf(whole),
        },
        ['days', 'zone'],
      ),
    ],
  },
}

const TARGET = { name: text, channel: text, address: text }

const VIEW = { name: text, path: { type: 'string', description: 'Path and query of a page.' }, shared: flag }

const HOST = {
  name: text,
  status: { enum: ['up', 'down'] },
  last_seen: time,
  ip: text,
  platform: text,
  build: text,
  architecture: text,
  domain: text,
  processors: orNull(whole),
  memory_mb: orNull({ type: 'number' }),
  groups: listOf(text),
  open_events: { type: 'object', additionalProperties: whole },
  latest: orNull({ type: 'object', additionalProperties: { type: ['number', 'null'] } }),
  agent: orNull(
    objectOf({
      version: orNull(text),
      admitted_by: { enum: ['passphrase', 'previous passphrase', 'key', null] },
      fingerprints: listOf(text),
    }),
  ),
}

export const SCHEMAS = {
  Error: objectOf({ error: { type: 'string', description: 'What is wrong, and what was expected.' } }),
  Host: objectOf(HOST),
  HostWithThresholds: objectOf({ ...HOST, thresholds: orNull(listOf({ type: 'object' })) }),
  HostAudit: objectOf({
    host: text,
    numbered: { type: 'boolean', description: 'False for agents that number nothing.' },
    complete: orNull(flag),
    since: orNull(time),
    last_time: orNull(time),
    expected: whole,
    present: whole,
    waiting: { type: 'integer', description: 'Still with the agent.' },
    missing: { type: 'object', description: 'By reason.', additionalProperties: whole },
    repeated: { type: 'integer', description: 'Came more than once, stored once.' },
    samples: objectOf({
      days: whole,
      acknowledged: whole,
      there: whole,
      doubled: whole,
      differences: listOf(objectOf({ day: text, acknowledged: whole, there: whole, damaged: flag })),
    }),
    gaps: listOf(objectOf({ reason: text })),
    refused: { type: 'object', description: 'By reason.', additionalProperties: whole },
    rejections: listOf(objectOf({ minute: time, reason: text, amount: whole })),
  }),
  Metrics: objectOf({
    host: text,
    metrics: listOf(objectOf({ metric: text, unit: orNull({}), words: listOf(text) }, ['words'])),
  }),
  Groups: objectOf({ host: text, groups: listOf(text) }),
  Series: objectOf({
    host: text,
    metric: text,
    unit: orNull({}),
    points: listOf({
      type: 'array',
      items: { type: 'number' },
      description: 'Time and value; with `points` time, minimum, mean and maximum.',
    }),
  }),
  Event: objectOf(EVENT, ['end_unknown']),
  EventWithHistory: objectOf(
    {
      ...EVENT,
      acknowledged: orNull(time),
      members: listOf(text),
      no_data: { type: 'boolean', description: 'The metric does not come any more.' },
      history: listOf({ type: 'object' }),
      deliveries: listOf({ type: 'object' }),
    },
    ['end_unknown'],
  ),
  RuleDraft: objectOf(
    RULE,
    Object.keys(RULE).filter((name) => name !== 'name' && name !== 'channel'),
  ),
  Rule: objectOf({ id: whole, ...RULE }),
  MaintenanceWindowDraft: objectOf(WINDOW, ['host']),
  MaintenanceWindow: objectOf({ id: whole, ...WINDOW }),
  TargetDraft: objectOf(TARGET, ['address']),
  Target: objectOf({ id: whole, ...TARGET }),
  ViewDraft: objectOf(VIEW, ['shared']),
  View: objectOf({ id: whole, owner: orNull(text), ...VIEW }),
  Report: objectOf({ report: text, time, from: time, to: time, rows: listOf({ type: 'object' }) }, [
    'from',
    'to',
  ]),
} as const satisfies Record<string, Schema>

/** `{"total": 3, "rules": […]}`. */
export const pageOf = (
  name: string,
  item: keyof typeof SCHEMAS,
  more: Readonly<Record<string, Schema>> = {},
): Schema => objectOf({ total: whole, [name]: listOf(ref(item)), ...more }, Object.keys(more))
