/** @jsxImportSource #markup */
import { SEVERITY_NAMES, type Severity } from '../../domain/event.ts'
import type { MaintenanceRun, StateHistory, StateRun } from '../../domain/hosts/state-history.ts'
import { formatDuration, formatStamp } from '../ui/format.ts'
import type { Html } from '../ui/markup/html.ts'

/** In hundredths of the width: a shorter maintenance is drawn this wide, to be seen at all. */
const LEAST_WIDTH = 0.4
/** Where the events of a time in maintenance begin, from above: the hatching stays seen over them. */
const EVENTS_FROM = 0.55

export type StripLook = {
  readonly name: string
  readonly href: string
  /** One of many: its name is not written, and its parts have no titles of their own. */
  readonly isSmall?: boolean
}

/**
 * A strip of the states of a time range, as a link to that range. Maintenance is hatched, whatever was open in it,
 * which stays below it. Its label describes the same states in words.
 */
export function stateStrip(history: StateHistory, { name, href, isSmall = false }: StripLook): Html {
  const { from, to, runs, maintenance } = history
  const place = (time: number) => Math.min(100, Math.max(0, ((time - from) / (to - from)) * 100))
  const title = (words: string) => !isSmall && <title>{words}</title>
  return (
    <a
      class={['strip', isSmall && 'small-strip']}
      href={href}
      data-chart-link={!isSmall}
      aria-label={`${name}: ${describeHistory(history)}`}
      title={isSmall && describeHistory(history)}
    >
      <svg width="100%" height="100%" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        {runs.map((run) => (
          <rect class={runClass(run)} {...extent(place(run.from), place(run.to))} height="1">
            {title(describeRun(run))}
          </rect>
        ))}
        {maintenance.map((time) => {
          const { x, width } = extent(place(time.from), place(time.to), LEAST_WIDTH)
          return (
            <g>
              {title(describeMaintenance(time))}
              <rect class="strip-ground" x={x} width={width} height="1" />
              <path class="strip-maintenance" d={`M${x} .5h${width}`} />
            </g>
          )
        })}
        {maintenance.flatMap((time) =>
          runs
            .filter((run) => run.worst !== null && run.from < time.to && run.to > time.from)
            .map((run) => (
              <rect
                class={runClass(run)}
                {...extent(
                  place(Math.max(run.from, time.from)),
                  place(Math.min(run.to, time.to)),
                  LEAST_WIDTH,
                )}
                y={EVENTS_FROM}
                height={1 - EVENTS_FROM}
              >
                {title(`${describeRun(run)}; ${describeMaintenance(time)}`)}
              </rect>
            )),
        )}
      </svg>
      {!isSmall && (
        <span class="strip-name" aria-hidden="true">
          {name}
        </span>
      )}
    </a>
  )
}

/** What the colours of a strip say that no severity says. */
export const stripLegend = (
  <ul class="strip-legend soft">
    {[
      { look: 'strip-up', words: 'up, no events' },
      { look: 'strip-maintenance', words: 'in maintenance' },
      { look: 'strip-new', words: 'not observed' },
    ].map(({ look, words }) => (
      <li>
        <svg viewBox="0 0 16 10" width="16" height="10" aria-hidden="true">
          {look === 'strip-maintenance' ? (
            <>
              <rect class="strip-ground" width="16" height="10" />
              <path class={look} d="M0 5h16" />
            </>
          ) : (
            <rect class={look} width="16" height="10" />
          )}
        </svg>
        {words}
      </li>
    ))}
  </ul>
)

function extent(from: number, to: number, least = 0): { readonly x: number; readonly width: number } {
  const width = Math.max(to - from, least)
  return { x: round(Math.min(from, 100 - width)), width: round(width) }
}

const round = (value: number) => Number(value.toFixed(2))

const runClass = ({ state, worst }: StateRun): string =>
  worst === null ? `strip-${state}` : `strip-event severity-${worst}`

function describeRun({ from, to, state, worst, count }: StateRun): string {
  const events =
    worst === null ? 'no events' : `${SEVERITY_NAMES[worst]}, ${count} ${count === 1 ? 'event' : 'events'}`
  const words =
    state === 'new' && worst === null ? 'not observed' : state === 'down' ? `down, ${events}` : events
  return `${formatStamp(from)} to ${formatStamp(to)}: ${words}`
}

const describeMaintenance = ({ from, to, names }: MaintenanceRun): string =>
  `in maintenance ${formatStamp(from)} to ${formatStamp(to)}: ${names.join(', ')}`

/**
 * `no events`, or for how long what held: `down for 2 h, warning for 15 min, in maintenance for 30 min`. A time counts
 * with the worst of it.
 */
export function describeHistory({ runs, maintenance }: StateHistory): string {
  const seconds = new Map<'down' | Severity, number>()
  for (const { from, to, state, worst } of runs) {
    const kind = state === 'down' ? 'down' : worst
    if (kind !== null) seconds.set(kind, (seconds.get(kind) ?? 0) + to - from)
  }
  const order = (kind: 'down' | Severity) => (kind === 'down' ? 0 : kind)
  const parts = [...seconds]
    .sort(([a], [b]) => order(a) - order(b))
    .map(([kind, length]) => `${kind === 'down' ? kind : SEVERITY_NAMES[kind]} for ${formatDuration(length)}`)
  const planned = maintenance.reduce((sum, { from, to }) => sum + to - from, 0)
  if (planned > 0) parts.push(`in maintenance for ${formatDuration(planned)}`)
  return parts.length === 0 ? 'no events' : parts.join(', ')
}
