/** @jsxImportSource #markup */
import {
  countAll,
  type Event,
  SEVERITIES,
  SEVERITY_NAMES,
  type SeverityCounts,
} from '../../../domain/event.ts'
import type { MaintenanceCalendar } from '../../../domain/time/maintenance-window.ts'
import type { EventView } from '../../problems/event-view.ts'
import { agoLabel, eventPath, spokenMark } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatNumber } from '../../ui/format.ts'
import { keepUnits } from '../../ui/keep-units.ts'
import type { Html } from '../../ui/markup/html.ts'
import { eventMenu } from '../events/event-menu.tsx'
import { heldWords } from '../events/event-state.tsx'
import { hostName } from '../events/event-table.tsx'

export type Attention = {
  /** The worst open events that are not acknowledged, with the line of the last day where there is one. */
  readonly rows: readonly (EventView & { readonly spark: Html | null })[]
  /** Counts of all open events that are not acknowledged. */
  readonly counts: SeverityCounts
  readonly calendar: MaintenanceCalendar
  /** The group as the first parameter of a link. */
  readonly kept: string
  readonly back: string
  readonly csrf: string
  readonly mayChange: boolean
  readonly now: number
}

/** The events that need attention first; null when there are none. */
export function attentionView(model: Attention): Html | null {
  const { rows, counts, kept } = model
  if (rows.length === 0) return null
  const more = countAll(counts) - rows.length
  const list = `/events?acknowledged=no${kept}`
  return (
    <section class="card attention">
      <div class="section-head">
        <h2>Needs attention</h2>
        <a href={list}>{more > 0 ? `View all ${formatNumber(countAll(counts))}` : 'View as list'}</a>
      </div>
      <ul class="problems" data-problems>
        {rows.map((row) => problemRow(row, model))}
      </ul>
      {more > 0 && (
        <p class="problems-more">
          <a href={list}>{formatNumber(more)} more</a>: {describeRest(model)}
        </p>
      )}
    </section>
  )
}

/** How many of each severity are not among the rows. */
function describeRest({ rows, counts }: Attention): string {
  return SEVERITIES.map((severity) => ({
    severity,
    left: counts[severity] - rows.filter(({ event }) => event.severity === severity).length,
  }))
    .filter(({ left }) => left > 0)
    .map(({ severity, left }) => `${formatNumber(left)} ${SEVERITY_NAMES[severity]}`)
    .join(', ')
}

function problemRow({ event, problem, spark }: Attention['rows'][number], model: Attention): Html {
  const { id, severity, opened } = event
  return (
    <li class={`problem-row severity-${severity}`} data-key={`event-${id}`}>
      <span class="problem-mark">{spokenMark(severity)}</span>
      <div class="problem-words">
        <a class="plain" href={eventPath(id)}>
          {keepUnits(problem.what)}
        </a>{' '}
        {problem.detail !== null && <span class="soft">{keepUnits(problem.detail)}</span>}
        {heldWords(event, model.calendar, model.now)}
      </div>
      <span class="problem-host">{hostName(event)}</span>
      <span class="problem-spark">{spark}</span>
      <span class="problem-age soft">{agoLabel(opened, model.now)}</span>
      {model.mayChange && problemActions(event, problem.what, model)}
    </li>
  )
}

function problemActions(event: Event, what: string, { csrf, back }: Attention): Html {
  const { id, host } = event
  return (
    <form class="problem-actions" method="post" action={`${eventPath(id)}/acknowledge`} data-action>
      {csrfField(csrf)}
      <input type="hidden" name="back" value={back} />
      <button class="small" type="submit" aria-label={`Acknowledge: ${host}, ${what}`}>
        Acknowledge
      </button>
      {eventMenu(event, { what, opens: true })}
    </form>
  )
}
