import type { NotificationKind } from '../../domain/notifications/rule.ts'
import type { Reader } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { Delivery, DeliveryAttempt, DeliverySum, NotificationState } from '../ports/store.ts'

/** Notifications of one event that are shown; a rule that repeats every minute for a year has more. */
const MAX_NOTIFICATIONS = 500

type NotificationRow = {
  id: number
  kind: NotificationKind
  rule_name: string
  channel: string
  target: string
  created: number
  due: number
  state: NotificationState
}
type AttemptRow = { notification: number; time: number; is_delivered: number; answer: string }

/** The newest notifications of an event, oldest first, with their attempts. */
export async function readDeliveries(reader: Reader, event: number): Promise<Delivery[]> {
  const notifications = await reader.query<NotificationRow>(
    `SELECT id, kind, rule_name, channel, target, created, due, state FROM outbox WHERE event = ?
      ORDER BY id DESC LIMIT ?`,
    [event, MAX_NOTIFICATIONS],
  )
  const oldest = notifications.at(-1)?.id ?? 0
  const attempts = await reader.query<AttemptRow>(
    `SELECT delivery.notification AS notification, delivery.time AS time, delivery.is_delivered AS is_delivered, delivery.answer AS answer
      FROM outbox JOIN delivery ON delivery.notification = outbox.id WHERE outbox.event = ? AND outbox.id >= ?
      ORDER BY delivery.id`,
    [event, oldest],
  )
  const byNotification = new Map<number, DeliveryAttempt[]>(notifications.map(({ id }) => [id, []]))
  for (const { notification, time, is_delivered: isDelivered, answer } of attempts)
    byNotification.get(notification)?.push({ time, isDelivered: isDelivered === 1, answer })
  return notifications
    .reverse()
    .map(({ id, kind, rule_name: rule, channel, target, created, due, state }) => ({
      kind,
      rule,
      channel,
      target,
      created,
      state,
      due: state === 'waiting' ? due : null,
      attempts: byNotification.get(id) ?? [],
    }))
}

const NO_DELIVERIES: DeliverySum = { sent: 0, failed: 0, waiting: 0, receipt: null }

/** Events without a notification are not in it. */
export async function readDeliverySums(
  reader: Reader,
  events: readonly number[],
): Promise<ReadonlyMap<number, DeliverySum>> {
  const sums = new Map<number, DeliverySum>()
  if (events.length === 0) return sums
  const rows = await reader.query<{ event: number; state: NotificationState; total: number; newest: number }>(
    `SELECT event, state, COUNT(*) AS total, MAX(id) AS newest FROM outbox WHERE event IN (${placeValues(events.length)})
      GROUP BY event, state`,
    events,
  )
  for (const { event, state, total } of rows)
    sums.set(event, { ...(sums.get(event) ?? NO_DELIVERIES), [state]: total })
  const newest = rows.filter(({ state }) => state === 'sent').map((row) => row.newest)
  if (newest.length === 0) return sums
  const receipts = await reader.query<{ event: number; channel: string; time: number; answer: string }>(
    `SELECT outbox.event AS event, outbox.channel AS channel, delivery.time AS time, delivery.answer AS answer
      FROM delivery JOIN outbox ON outbox.id = delivery.notification
      WHERE delivery.is_delivered = 1 AND delivery.notification IN (${placeValues(newest.length)}) ORDER BY delivery.id`,
    newest,
  )
  for (const { event, channel, time, answer } of receipts)
    sums.set(event, {
      ...(sums.get(event) ?? NO_DELIVERIES),
      receipt: { time, isDelivered: true, answer, channel },
    })
  return sums
}
