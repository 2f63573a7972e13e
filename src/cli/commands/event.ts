import { type Event, SEVERITY_NAMES } from '../../domain/event.ts'
import { describeEvent } from '../../domain/json-shapes.ts'
import { detailEvent } from '../../domain/notifications/notified-event.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import type { CommandGroup } from '../../roles/command.ts'
import type { EventQuery } from '../../storage/ports/store.ts'
import { formatTable, formatTime } from '../table.ts'
import { withStore } from '../with-store.ts'
import { EVENT_CHANGES } from './event-changes.ts'
import { readSeverities } from './notifications/severities.ts'

const STATUSES = ['open', 'closed', 'all'] as const
const STANDARD_LIMIT = 100
const MAX_LIMIT = 1000

export const event: CommandGroup = {
  name: 'event',
  doc: 'Shows, acknowledges and closes events',
  commands: [
    {
      name: 'event list',
      doc: 'Lists events, the newest first',
      options: {
        status: { kind: 'text', doc: 'Status; default: open', choices: STATUSES },
        host: { kind: 'text', doc: 'Only events of this host' },
        severity: { kind: 'text', doc: 'Only this severity, 1 (critical) to 4 (information)' },
        limit: { kind: 'text', doc: `At most so many (${STANDARD_LIMIT} unless given)` },
        json: { kind: 'flag', doc: 'As JSON' },
      },
      run: (input) => {
        const status = input.text('status') ?? 'open'
        const host = input.text('host')
        const severityText = input.text('severity')
        const [severity] = severityText === null ? [] : readSeverities(severityText)
        const query: EventQuery = {
          limit: readLimit(input.text('limit')),
          ...(status === 'open' || status === 'closed' ? { status } : {}),
          ...(host === null ? {} : { host }),
          ...(severity === undefined ? {} : { severity }),
        }
        return withStore(input, async ({ events, hosts }) => {
          const { total, events: found } = await events.list(query)
          const names = [...new Set(found.map(({ host: name }) => name))]
          const known = await hosts.findAll(names)
          const now = systemClock.now()
          const say = (one: Event) =>
            detailEvent(one, known.get(one.host) ?? null, now).sentence ?? one.message
          if (input.flag('json')) {
            input.print(JSON.stringify({ total, events: found.map((one) => describeEvent(one, say(one))) }))
            return EXIT.ok
          }
          const rows = found.map((one) => [
            String(one.id),
            one.host,
            SEVERITY_NAMES[one.severity],
            one.status,
            formatTime(one.opened),
            one.isEndUnknown ? 'unknown' : one.closed === null ? '' : formatTime(one.closed),
            one.acknowledgedBy ?? '',
            // An agent's words must not move the cursor.
            say(one).replace(/\p{Cc}+/gu, ' '),
          ])
          input.print(
            formatTable(
              ['ID', 'HOST', 'SEVERITY', 'STATUS', 'OPENED', 'CLOSED', 'ACKNOWLEDGED BY', 'PROBLEM'],
              rows,
            ),
          )
          if (total > found.length) input.print(`${found.length} of ${total}; --limit shows more.`)
          return EXIT.ok
        })
      },
    },
    ...EVENT_CHANGES,
  ],
}

function readLimit(text: string | null): number {
  if (text === null) return STANDARD_LIMIT
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MAX_LIMIT)
    throw new CommandError(`--limit takes a number from 1 to ${MAX_LIMIT}`, EXIT.usage)
  return limit
}
