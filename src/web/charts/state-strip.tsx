/** @jsxImportSource #markup */
import { type Event, SEVERITY_NAMES, type Severity } from '../../domain/event.ts'
import { formatDuration, formatStamp } from '../ui/format.ts'
import type { Html } from '../ui/markup/html.ts'

/** Slots of equal state that follow on one another. */
export type StripRun = {
  readonly from: number
  readonly to: number
  /** The worst severity of an event that was open in it; `none` where there was none, `unknown` before the host was. */
  readonly state: Severity | 'none' | 'unknown'
  /** Events that were open in it. */
  readonly count: number
}

export type StripOptions = {
  readonly events: readonly Pick<Event, 'opened' | 'closed' | 'severity'>[]
  readonly from: number
  readonly to: number
  readonly slots: number
  /** Before this nothing is known. */
  readonly since: number
}

/** The state of a time in slots, those of one state put together. */
export function listRuns({ events, from, to, slots, since }: StripOptions): StripRun[] {
  const size = (to - from) / slots
  const runs: StripRun[] = []
  for (let i = 0; i < slots; i++) {
    const [start, end] = [from + i * size, from + (i + 1) * size]
    const within = events.filter(({ opened, closed }) => opened < end && (closed === null || closed > start))
    const worst = within.reduce<Severity | null>(
      (found, { severity }) => (found === null || severity < found ? severity : found),
      null,
    )
    const state = worst ?? (end <= since ? 'unknown' : 'none')
    const before = runs.at(-1)
    if (before?.state === state)
      runs[runs.length - 1] = { ...before, to: end, count: Math.max(before.count, within.length) }
    else runs.push({ from: start, to: end, state, count: within.length })
  }
  return runs
}

/**
 * A strip of the states of a time range, as a link to that range. Its label describes the same states in
 * words.
 */
export function stateStrip(
  options: StripOptions,
  {
    name,
    href,
    isSmall = false,
  }: {
    readonly name: string
    readonly href: string
    /** One of many: its name is not written, and its parts have no titles of their own. */
    readonly isSmall?: boolean
  },
): Html {
  const { from, to } = options
  const runs = listRuns(options)
  const place = (time: number) => Number((((time - from) / (to - from)) * 100).toFixed(2))
  return (
    <a
      class={['strip', isSmall && 'small-strip']}
      href={href}
      data-chart-link={!isSmall}
      aria-label={`${name}: ${describeRuns(runs)}`}
    >
      <svg width="100%" height="100%" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        {runs.map(({ from: start, to: end, state, count }) => (
          <rect
            class={typeof state === 'number' ? `strip-event severity-${state}` : `strip-${state}`}
            x={place(start)}
            width={Number((place(end) - place(start)).toFixed(2))}
            height="1"
          >
            {!isSmall && <title>{describeRun({ from: start, to: end, state, count })}</title>}
          </rect>
        ))}
      </svg>
      {!isSmall && (
        <span class="strip-name" aria-hidden="true">
          {name}
        </span>
      )}
    </a>
  )
}

function describeRun({ from, to, state, count }: StripRun): string {
  const words =
    typeof state === 'number'
      ? `${SEVERITY_NAMES[state]}, ${count} ${count === 1 ? 'event' : 'events'}`
      : state === 'none'
        ? 'no events'
        : 'not observed'
  return `${formatStamp(from)} to ${formatStamp(to)}: ${words}`
}

/** `no events`, or for how long the worst state held: `critical for 2 h, warning for 15 min`. */
function describeRuns(runs: readonly StripRun[]): string {
  const seconds = new Map<Severity, number>()
  for (const { from, to, state } of runs)
    if (typeof state === 'number') seconds.set(state, (seconds.get(state) ?? 0) + to - from)
  if (seconds.size === 0) return 'no events'
  return [...seconds]
    .sort(([a], [b]) => a - b)
    .map(([severity, length]) => `${SEVERITY_NAMES[severity]} for ${formatDuration(length)}`)
    .join(', ')
}
