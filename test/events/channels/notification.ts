import type { Fields, ValuesOf } from '../../../src/config/fields/fields.ts'
import { writeNotification } from '../../../src/domain/notifications/notification.ts'
import type {
  DefinedChannel,
  Notification,
  NotificationEvent,
  OpenChannel,
} from '../../../src/events/channels/channel.ts'
import { parseAddressRange } from '../../../src/lib/address-range.ts'
import { type Clock, systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'

export const anEvent = (over: Partial<NotificationEvent> = {}): NotificationEvent => ({
  id: 7,
  host: 'web01',
  metric: 'perf.memory.percent.used',
  severity: 1,
  status: 'open',
  message: 'Memory percent used > 99 for 15 minutes & <counting>',
  value: 99.5,
  opened: 1767268800,
  closed: null,
  acknowledgedBy: null,
  members: [],
  groups: ['web'],
  current: 99.7,
  sentence: over.message ?? 'Memory 99.7 % (above 99 % for 15 min & <counting>)',
  ...over,
})

export function aNotification(
  target: string,
  over: Partial<Notification> = {},
  event = anEvent(),
): Notification {
  const words = writeNotification({ kind: 'opening', event, rule: 'On call' }, { zone: 'UTC', link: null })
  return { id: 'n-42', kind: 'opening', target, words, events: [event], rule: 'On call', link: null, ...over }
}

const LOOPBACK = ['127.0.0.1', '::1']

/** A channel with the defaults of its settings, but for those given. */
export function openWith<N extends string, F extends Fields>(
  channel: DefinedChannel<N, F>,
  settings: Partial<ValuesOf<F>> = {},
  clock: Clock = systemClock,
  allowed: readonly string[] = LOOPBACK,
): { open: OpenChannel; lines: string[] } {
  const lines: string[] = []
  const allowAddresses = allowed.flatMap((range) => parseAddressRange(range) ?? [])
  const log = createLog({ level: 'debug', format: 'text', write: (line) => lines.push(line) })
  const standard = Object.fromEntries(
    Object.entries(channel.fields).map(([name, field]) => [name, field.default]),
  )
  return {
    open: channel.open(
      { [channel.name]: { ...standard, ...settings } } as Parameters<typeof channel.open>[0],
      { clock, log, machine: 'mon01', allowAddresses },
    ),
    lines,
  }
}
