/** @jsxImportSource #markup */
import type { Event } from '../../../../domain/event.ts'
import { describeProblem } from '../../../../domain/events/problem.ts'
import type { NotificationKind, Rule } from '../../../../domain/notifications/rule.ts'
import { listRuleDoubts } from '../../../../domain/notifications/rule-doubts.ts'
import { type PreviewedNotification, previewRule } from '../../../../domain/notifications/rule-preview.ts'
import { createMaintenanceCalendar } from '../../../../domain/time/maintenance-window.ts'
import type { WebRequest } from '../../../http/route.ts'
import { capitalize, eventPath, spokenMark, stampLabel } from '../../../ui/components.tsx'
import { formatCount, formatNumber } from '../../../ui/format.ts'
import { keepUnits } from '../../../ui/keep-units.ts'
import type { Html } from '../../../ui/markup/html.ts'

const DAYS = 30
const DAY = 86_400
/** Events that are looked through, the newest first, and how many come at once. */
const MOST_EVENTS = 4000
const PIECE = 1000
const SHOWN = 8

export type RulePreview = {
  readonly notifications: readonly PreviewedNotification<Event>[]
  /** Sentences of those that are shown, by the number of their event. */
  readonly problems: ReadonlyMap<number, string>
  /** There were more events than were looked through. */
  readonly isPartial: boolean
  /** Why it is about nothing as things are, without a full stop. */
  readonly doubts: readonly string[]
}

/**
 * The notifications that a rule would have sent in the last 30 days, with the current maintenance windows.
 */
export async function readPreview(rule: Omit<Rule, 'id'>, { web, now }: WebRequest): Promise<RulePreview> {
  const { store } = web
  const events: Event[] = []
  let isPartial = false
  for (let after: Event | undefined; ; ) {
    const page = await store.events.list({
      from: now - DAYS * DAY,
      limit: PIECE,
      ...(after === undefined ? {} : { after }),
    })
    events.push(...page.events)
    after = page.events.at(-1)
    if (page.events.length < PIECE || after === undefined) break
    isPartial = events.length >= MOST_EVENTS
    if (isPartial) break
  }
  const calendar = createMaintenanceCalendar(await store.maintenanceWindows.list())
  const notifications = previewRule(rule, events, calendar, now)
  const shown = notifications.slice(0, SHOWN).map(({ event }) => event)
  const hosts = await store.hosts.findAll([...new Set(shown.map(({ host }) => host))])
  // The current value is left out: it is unrelated to what was sent then.
  const say = (event: Event) => describeProblem(event, { ...hosts.get(event.host), current: null, now }).text
  return {
    notifications,
    problems: new Map(shown.map((event) => [event.id, say(event)])),
    isPartial,
    doubts: await listDoubts(rule, web),
  }
}

async function listDoubts(rule: Omit<Rule, 'id'>, { fleet, store }: WebRequest['web']) {
  const { entries } = await fleet.read()
  return listRuleDoubts(rule, {
    hosts: entries.map(({ name }) => name),
    findMetrics: (words, limit) => store.hosts.findMetrics(words, limit),
  })
}

const KINDS: Readonly<Record<NotificationKind, string>> = {
  opening: 'opened',
  severity: 'severity changed',
  repeat: 'reminder',
  closing: 'closed',
}

/** Stands beside the form of a rule. */
export function previewView({ notifications, problems, isPartial, doubts }: RulePreview): Html {
  const days = new Map<number, number>()
  for (const { time } of notifications) {
    const day = Math.floor(time / DAY)
    days.set(day, (days.get(day) ?? 0) + 1)
  }
  const busiest = Math.max(0, ...days.values())
  return (
    <aside class="meaning" id="preview" aria-label="Preview">
      {doubts.map((words) => (
        <p class="problem">{capitalize(words)}.</p>
      ))}
      <h2>In the last {DAYS} days</h2>
      {notifications.length === 0 ? (
        <p>This rule would have sent nothing.</p>
      ) : (
        <p>
          This rule would have sent <b>{formatCount(notifications.length, 'notification')}</b>, at most{' '}
          {formatNumber(busiest)} on one day: {describeKinds(notifications)}.
        </p>
      )}
      {isPartial && <p class="soft">Counted for the newest {formatNumber(MOST_EVENTS)} events.</p>}
      {notifications.length > 0 && (
        <ul class="previewed">
          {notifications.slice(0, SHOWN).map(({ event, kind, time }) => (
            <li>
              <span class="soft">
                {stampLabel(time)} · {KINDS[kind]}
              </span>
              <a class="plain" href={eventPath(event.id)}>
                {spokenMark(event.severity)} {event.host}:{' '}
                {keepUnits(problems.get(event.id) ?? event.message)}
              </a>
            </li>
          ))}
        </ul>
      )}
    </aside>
  )
}

function describeKinds(notifications: readonly PreviewedNotification<Event>[]): string {
  return Object.entries(KINDS)
    .map(([kind, words]) => ({ kind, words, count: notifications.filter((one) => one.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, words, count }) =>
      kind === 'repeat' ? formatCount(count, words) : `${formatNumber(count)} ${words}`,
    )
    .join(', ')
}
