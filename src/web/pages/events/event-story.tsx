/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import { maskTarget } from '../../../domain/notifications/target.ts'
import type { Delivery, EventHistoryEntry } from '../../../storage/ports/store.ts'
import { hostPath, severityLabel, stampLabel, untilLabel } from '../../ui/components.tsx'
import { formatCount } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'
import { findHold } from './event-state.tsx'
import type { EventModel } from './read-event.ts'

const SHOWN_MEMBERS = 200

const ACTION_WORDS: Readonly<Record<EventHistoryEntry['action'], string>> = {
  opened: 'Opened',
  severity: 'Severity changed',
  joined: 'More hosts joined',
  closed: 'Closed',
  reopened: 'Reopened',
  acknowledged: 'Acknowledged',
  unacknowledged: 'Acknowledgement withdrawn',
  comment: 'Comment',
  stale: 'No data',
  fresh: 'Data resumed',
}

/** The history of the event, with the user who performed each action. */
export function historyView({ event, history }: EventModel): Html {
  return (
    <section class="section">
      <h2>History</h2>
      <ol class="course">
        {history.map(({ action, time, noted, severity, actor, comment }) => (
          <li>
            {event.isEndUnknown && action === 'closed' ? 'At an unknown time' : stampLabel(time)}
            <div>
              <b>{ACTION_WORDS[action]}</b>
              {(action === 'severity' || action === 'opened') && <> {severityLabel(severity)}</>}{' '}
              <span class="soft">
                {actor === null ? '' : `by ${actor}`}
                {Math.abs(noted - time) > 120 && <> received {stampLabel(noted)}</>}
              </span>
              {comment !== null && <p class="comment">{comment}</p>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}

const KIND_WORDS: Readonly<Record<Delivery['kind'], string>> = {
  opening: 'Opening',
  severity: 'Change of severity',
  repeat: 'Repeat',
  closing: 'Closing',
}
const STATE_WORDS: Readonly<Record<Delivery['state'], string>> = {
  waiting: 'waiting',
  sent: 'sent',
  failed: 'failed',
}

/** The notifications of the event, with every attempt and the receiver's answer. */
export function deliveriesView(model: EventModel): Html {
  const { event, calendar, now, deliveries, seesTargets, mayChange } = model
  const hold = findHold(event, calendar, now)
  if (deliveries.length === 0 && hold !== null)
    return (
      <section class="section" id="notifications">
        <h2>Notifications</h2>
        <p class="soft">
          Held until {untilLabel(hold.ends, now)} by the maintenance window {hold.name}. What is still open
          then is sent.
        </p>
      </section>
    )
  if (deliveries.length === 0)
    return (
      <section class="section" id="notifications">
        <h2>Notifications</h2>
        <p class="soft">
          No notification sent: no {mayChange ? <a href="/settings/rules">rule</a> : 'rule'} matches.
        </p>
      </section>
    )
  return (
    <section class="section" id="notifications">
      <h2>Notifications</h2>
      <ol class="course">
        {deliveries.map(({ kind, rule, channel, target, created, state, due, attempts }) => (
          <li>
            {stampLabel(created)}
            <div>
              <b>{KIND_WORDS[kind]}</b> <span class={`delivery ${state}`}>{STATE_WORDS[state]}</span>{' '}
              <span class="soft anywhere">
                by {channel}
                {target !== '' && ` to ${seesTargets ? target : maskTarget(target)}`}, rule {rule}
              </span>
              {attempts.length > 0 && (
                <ul class="attempts">
                  {attempts.map(({ time, isDelivered, answer }) => (
                    <li>
                      {stampLabel(time)} {isDelivered ? 'delivered' : <span class="refused">rejected</span>}
                      {answer !== '' && (
                        <>
                          : <code class="anywhere">{answer}</code>
                        </>
                      )}
                    </li>
                  ))}
                </ul>
              )}
              {due !== null && state === 'waiting' && <p class="soft">next attempt {stampLabel(due)}</p>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** The hosts of an event of several hosts. */
export function membersView({ members }: Event): Html | null {
  // A single one is named as the event's host already.
  if (members.length < 2) return null
  return (
    <section class="section">
      <h2>{formatCount(members.length, 'host')}</h2>
      <ul class="metrics">
        {members.slice(0, SHOWN_MEMBERS).map((member) => (
          <li>
            <a href={hostPath(member)}>{member}</a>
          </li>
        ))}
      </ul>
      {members.length > SHOWN_MEMBERS && (
        <p class="soft">and {formatCount(members.length - SHOWN_MEMBERS, 'more host')}</p>
      )}
    </section>
  )
}
