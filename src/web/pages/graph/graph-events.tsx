/** @jsxImportSource #markup */
import { viewEvent } from '../../problems/event-view.ts'
import { hostPath, spokenMark } from '../../ui/components.tsx'
import { formatThreshold } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'
import { describeDurationOf, eventLines } from '../events/event-list.tsx'
import type { GraphModel } from './graph-model.ts'

const SHOWN_EVENTS = 20

/** The events in the shown time, and the thresholds of a single line. */
export function eventsOf(model: GraphModel): Html | null {
  const { own, plan, hosts, events, thresholds, now, silence } = model
  const isAlone = plan.lines.length === 1
  if (events.length === 0 && (!isAlone || thresholds.length === 0)) return null
  return (
    <section class="section panel" id="events-here">
      <div class="section-head">
        <h2>Events in this period</h2>
        {events.length > SHOWN_EVENTS && (
          <span class="soft">
            the newest {SHOWN_EVENTS} of {events.length}
          </span>
        )}
      </div>
      {events.length === 0 ? (
        <p class="soft">None.</p>
      ) : (
        eventLines(events.slice(0, SHOWN_EVENTS), describeDurationOf, {
          hosts: own === null || !isAlone,
          say: (event) => viewEvent(event, hosts.get(event.host) ?? null, now, { silence }).problem.text,
        })
      )}
      {isAlone && thresholds.length > 0 && thresholdsOf(model)}
    </section>
  )
}

function thresholdsOf({ plan, thresholds, isReported }: GraphModel): Html {
  const source = isReported ? (
    <>
      <a href={`${hostPath(plan.lines[0]?.host ?? '')}/thresholds`}>Thresholds</a>, set on the agent:
    </>
  ) : (
    'Thresholds that events of this metric have named:'
  )
  return (
    <p class="soft limits-known">
      <span>{source}</span>
      {thresholds.map(({ value, severity, isBelow }) => (
        <>
          {' '}
          <span class={`severity-word severity-${severity}`}>
            {spokenMark(severity)}
            {isBelow ? 'below' : 'above'} {formatThreshold(value, plan.leftForm)}
          </span>
        </>
      ))}
    </p>
  )
}
