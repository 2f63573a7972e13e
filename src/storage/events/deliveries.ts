import type { NoticeKind } from '../../domain/rule.ts'
import type { Reader } from '../database/database.ts'
import type { Delivery, DeliveryAttempt, NoticeState } from '../ports/store.ts'

/** Notices of one event that are shown; a rule that repeats every minute for a year has more. */
const MAX_NOTICES = 500

type NoticeRow = {
  id: number
  kind: NoticeKind
  rule_name: string
  channel: string
  target: string
  created: number
  due: number
  state: NoticeState
}
type AttemptRow = { notice: number; time: number; is_taken: number; answer: string }

/** The newest notices of an event, oldest first, with their attempts. */
export async function readDeliveries(reader: Reader, event: number): Promise<Delivery[]> {
  const notices = await reader.query<NoticeRow>(
    `SELECT id, kind, rule_name, channel, target, created, due, state FROM outbox WHERE event = ?
      ORDER BY id DESC LIMIT ?`,
    [event, MAX_NOTICES],
  )
  const oldest = notices.at(-1)?.id ?? 0
  const attempts = await reader.query<AttemptRow>(
    `SELECT delivery.notice AS notice, delivery.time AS time, delivery.is_taken AS is_taken, delivery.answer AS answer
      FROM outbox JOIN delivery ON delivery.notice = outbox.id WHERE outbox.event = ? AND outbox.id >= ?
      ORDER BY delivery.id`,
    [event, oldest],
  )
  const byNotice = new Map<number, DeliveryAttempt[]>(notices.map(({ id }) => [id, []]))
  for (const { notice, time, is_taken: isTaken, answer } of attempts)
    byNotice.get(notice)?.push({ time, isTaken: isTaken === 1, answer })
  return notices.reverse().map(({ id, kind, rule_name: rule, channel, target, created, due, state }) => ({
    kind,
    rule,
    channel,
    target,
    created,
    state,
    due: state === 'waiting' ? due : null,
    attempts: byNotice.get(id) ?? [],
  }))
}
