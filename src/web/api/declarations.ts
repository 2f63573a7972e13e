import { HOST_SORTS } from '../../domain/hosts/host.ts'
import type { ApiDeclaration, QueryParameter, Schema } from '../http/api-declaration.ts'
import { MOST_EVENTS_PASSED } from '../http/query-parameters.ts'
import type { Route } from '../http/route.ts'
import { REPORTS } from '../reports/index.ts'
import { objectOf, pageOf, ref } from './schemas.ts'

const parameter = (name: string, doc: string, schema: Schema = { type: 'string' }): QueryParameter => ({
  name,
  doc,
  schema,
})
const choice = (name: string, doc: string, words: readonly string[]) => parameter(name, doc, { enum: words })

const TIME_FORMS =
  'Seconds since 1970, an ISO time such as 2026-01-31T22:00:00Z, `now`, or so long ago: -24h.'
const FROM = parameter('from', `Only at this time or later. ${TIME_FORMS}`)
const TO = parameter('to', `Only at this time or before. ${TIME_FORMS}`)
const RANGE = parameter('range', 'Up to now, in place of from and to: 6h, 30d, 2w or 1y.')
const POINTS = parameter('points', 'At most so many rows of time, minimum, mean and maximum.', {
  type: 'integer',
  minimum: 1,
})
const OFFSET = parameter('offset', 'Passes over so many.', { type: 'integer', minimum: 0 })
const EVENT_OFFSET = parameter('offset', 'Passes over so many; further pages begin at a cursor.', {
  type: 'integer',
  minimum: 0,
  maximum: MOST_EVENTS_PASSED,
})
const LIMIT = parameter('limit', 'At most so many; 100 unless given.', {
  type: 'integer',
  minimum: 1,
  maximum: 1000,
})
const CURSOR = parameter(
  'cursor',
  'The `next` of the page before: goes on behind it, whatever was added meanwhile.',
)
const GROUP: QueryParameter = {
  ...parameter(
    'group',
    'Only hosts of this group; given several times, of one of those with the same key, and of every key.',
  ),
  isMany: true,
}
const FIELDS = parameter('fields', 'Only these fields of each, separated by commas.')
const FORMAT = choice('format', 'csv gives a file of CSV.', ['json', 'csv'])

const COMMENT = objectOf({ comment: { type: 'string' } }, ['comment'])
const NEEDED_COMMENT = objectOf({ comment: { type: 'string' } })
const BODY_COMMENT = { comment: 'A new disk is on its way.' }
const EVENT: ApiDeclaration = { body: COMMENT, answer: ref('EventWithHistory'), bodyExample: BODY_COMMENT }

const HOSTS: Readonly<Record<string, ApiDeclaration>> = {
  'GET /api/v1/hosts': {
    query: [
      parameter('search', 'Part of the name, address, domain, platform or build.'),
      choice('status', 'Only those that are up, or down; all unless given.', ['up', 'down', 'all']),
      GROUP,
      choice('sort', 'By name unless given.', HOST_SORTS),
      choice('order', 'asc unless given.', ['asc', 'desc']),
      FIELDS,
      OFFSET,
      LIMIT,
    ],
    answer: pageOf('hosts', 'Host'),
    example: '?status=up&sort=name&limit=10',
  },
  'GET /api/v1/hosts/:name': { answer: ref('HostWithThresholds') },
  'GET /api/v1/hosts/:name/metrics': { answer: ref('Metrics') },
  'GET /api/v1/hosts/:name/audit': { query: [LIMIT], answer: ref('HostAudit'), example: '?limit=10' },
  'POST /api/v1/hosts/:name/groups': {
    body: objectOf(
      {
        groups: { type: 'string' },
        known: { type: 'string', description: 'Only where the host is in exactly these groups; else 409.' },
      },
      ['known'],
    ),
    answer: ref('Groups'),
    bodyExample: { groups: 'shop, Zurich' },
  },
  'POST /api/v1/hosts/:name/rename': {
    body: objectOf({ name: { type: 'string' } }),
    answer: objectOf({ host: { type: 'string' } }),
    bodyExample: { name: 'web02' },
  },
  'POST /api/v1/hosts/:name/release': {},
  'DELETE /api/v1/hosts/:name': {},
  'GET /api/v1/hosts/:name/metrics/:metric': {
    query: [FROM, TO, RANGE, POINTS, FORMAT],
    answer: ref('Series'),
    hasCsv: true,
    example: '?from=-24h&points=100',
  },
  'GET /api/v1/series': {
    query: [
      { ...parameter('series', 'HOST:METRIC, up to 100 times.'), isMany: true, isNeeded: true },
      ...[FROM, TO, RANGE, POINTS, FORMAT],
    ],
    answer: objectOf({ series: { type: 'array', items: ref('Series') } }),
    hasCsv: true,
    example: '?series=web01:perf.processor.percent.used&range=24h&points=100',
  },
}

const EVENTS: Readonly<Record<string, ApiDeclaration>> = {
  'GET /api/v1/events': {
    query: [
      choice('status', 'Only those that are open, or closed; all unless given.', ['open', 'closed', 'all']),
      parameter('host', 'Only of this host.'),
      GROUP,
      parameter('metric', 'Only of this metric.'),
      parameter('severity', 'Only of this severity.', { type: 'integer', minimum: 1, maximum: 4 }),
      choice('acknowledged', 'Only those that are acknowledged, or not.', ['yes', 'no']),
      ...[FROM, TO, FIELDS, CURSOR, EVENT_OFFSET, LIMIT],
    ],
    answer: pageOf('events', 'Event', {
      next: { type: ['string', 'null'] },
      is_more: { type: 'boolean', description: 'The total counts up to 10,000.' },
    }),
    example: '?status=open&from=-7d&limit=10',
  },
  'GET /api/v1/events/:id': { answer: ref('EventWithHistory') },
  'POST /api/v1/events/:id/acknowledge': EVENT,
  'POST /api/v1/events/:id/close': EVENT,
  'POST /api/v1/events/:id/reopen': EVENT,
  'POST /api/v1/events/:id/comment': { ...EVENT, body: NEEDED_COMMENT },
}

/** Example request bodies for a member of each list. */
const DRAFTS = {
  Rule: { name: 'operators', channel: 'mail', target: 'ops@example.org', severities: [1, 2], delay: 300 },
  MaintenanceWindow: {
    name: 'patch day',
    host: 'web%',
    when: { kind: 'weekly', days: [2], start: '22:00', end: '23:30', zone: 'Europe/Zurich' },
  },
  Target: { name: 'night shift', channel: 'mail', address: 'night@example.org' },
  View: { name: 'full disks', path: '/events?metric=perf.filesystem.*', shared: true },
} as const

/** The five addresses of a list and its members. */
const listed = (
  path: string,
  many: string,
  item: keyof typeof DRAFTS,
): Readonly<Record<string, ApiDeclaration>> => ({
  [`GET ${path}`]: { answer: pageOf(many, item) },
  [`POST ${path}`]: {
    body: ref(`${item}Draft`),
    answer: ref(item),
    status: 201,
    bodyExample: DRAFTS[item],
  },
  [`GET ${path}/:id`]: { answer: ref(item) },
  [`PUT ${path}/:id`]: {
    body: ref(`${item}Draft`),
    answer: ref(item),
    takesVersion: true,
    bodyExample: DRAFTS[item],
  },
  [`DELETE ${path}/:id`]: { takesVersion: true },
})

const DECLARATIONS: Readonly<Record<string, ApiDeclaration>> = {
  ...HOSTS,
  ...EVENTS,
  ...listed('/api/v1/rules', 'rules', 'Rule'),
  'POST /api/v1/rules/:id/enable': { answer: ref('Rule') },
  'POST /api/v1/rules/:id/disable': { answer: ref('Rule') },
  ...listed('/api/v1/maintenance-windows', 'maintenance_windows', 'MaintenanceWindow'),
  ...listed('/api/v1/targets', 'targets', 'Target'),
  ...listed('/api/v1/views', 'views', 'View'),
  'GET /api/v1/waiting-hosts': {
    answer: objectOf({ total: { type: 'integer' }, hosts: { type: 'array', items: { type: 'object' } } }),
  },
  'POST /api/v1/waiting-hosts/:name/approve': {},
  'POST /api/v1/waiting-hosts/:name/refuse': {},
  'POST /api/v1/targets/:id/test': {
    answer: objectOf({ delivered: { type: 'boolean' }, answer: { type: 'string' } }),
  },
  ...Object.fromEntries(
    REPORTS.map(({ key, hasPeriod, parameters = [] }): [string, ApiDeclaration] => [
      `GET /api/v1/reports/${key}`,
      {
        query: [
          GROUP,
          ...(hasPeriod
            ? [
                parameter('period', 'A range up to now, such as 24h, 30d, 2w or 1y; 30d unless given.'),
                parameter('from', 'A day such as 2026-11-22, or seconds since 1970.'),
                parameter('to', 'In the same way; included.'),
              ]
            : []),
          ...parameters.map((name) => parameter(name, 'As on the page of the report.')),
          FORMAT,
        ],
        answer: ref('Report'),
        hasCsv: true,
      },
    ]),
  ),
}

/** The route with its entry from the description of the API. */
export function declare<R extends Route>(route: R): R {
  const api = DECLARATIONS[`${route.method} ${route.path}`]
  return api === undefined ? route : { ...route, api }
}
