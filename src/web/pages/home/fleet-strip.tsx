/** @jsxImportSource #markup */
import { SEVERITY_NAMES, type Severity } from '../../../domain/event.ts'
import type { FleetEntry } from '../../fleet/fleet.ts'
import type { OpenTime } from '../../fleet/fleet-events.ts'
import { formatClock, formatStamp } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'

const SLOTS = 96
export const SLOT = 900

/** Slots of one link: hours that a finger can hit. */
const SLOTS_OF_LINK = 8

export type StripModel = {
  readonly now: number
  /** The chosen groups for links. */
  readonly kept: string
}

/**
 * The worst severity of each quarter of an hour of the last day, the higher the more of the fleet it was; a click leads to
 * the events of its two hours.
 */
export function fleetStrip(
  times: readonly OpenTime[],
  entries: readonly FleetEntry[],
  { now, kept }: StripModel,
): Html {
  const hosts = entries.length
  // The time before is not known.
  const firstSeen = entries.reduce((first, host) => Math.min(first, host.firstSeen), now)
  const last = Math.floor(now / SLOT) * SLOT
  const begin = last - (SLOTS - 1) * SLOT
  const parts = Array.from({ length: SLOTS / SLOTS_OF_LINK }, (_, i) => begin + i * SLOTS_OF_LINK * SLOT)
  return (
    <section class="card fleet-strip">
      <h2>Fleet, last 24 hours</h2>
      <ul class="slots">
        {parts.map((from) => {
          const slots = Array.from({ length: SLOTS_OF_LINK }, (_, i): Slot => {
            const start = from + i * SLOT
            // Of hosts that were deleted meanwhile there may be events.
            return findSlot(times, start, hosts) ?? (start + SLOT <= firstSeen ? UNKNOWN : null)
          })
          const to = from + SLOTS_OF_LINK * SLOT
          const words = `${formatStamp(from)} to ${formatClock(to)}: ${describeSlots(slots)}`
          return (
            <li>
              <a href={`/events?status=all&from=${from}&to=${to}${kept}`} title={words}>
                <svg
                  width="100%"
                  height="26"
                  viewBox={`0 0 ${SLOTS_OF_LINK * 10} 10`}
                  preserveAspectRatio="none"
                  aria-hidden="true"
                >
                  {slots.map((slot, i) => drawSlot(slot, i * 10))}
                </svg>
                <span class="visually-hidden">{words}</span>
              </a>
            </li>
          )
        })}
      </ul>
      <p class="slots-ends soft">
        <span>24 h ago{firstSeen > begin && `, the first host reported at ${formatClock(firstSeen)}`}</span>
        <span>now</span>
      </p>
    </section>
  )
}

/** The worst severity that was open, and the share of the fleet that had an event. */
type Trouble = { readonly worst: Severity; readonly share: number }

/** Before there was any host. */
const UNKNOWN = 'unknown'

/** Null for one without an event. */
type Slot = Trouble | typeof UNKNOWN | null

/** A part that is less than this high is not seen. */
const LOWEST = 0.25

/** The ground is calm; what was wrong rises from its foot. */
function drawSlot(slot: Slot, x: number): Html {
  if (slot === UNKNOWN) return <rect class="slot unknown" x={x} width="8" height="10" />
  const height = slot === null ? 0 : round(10 * Math.max(LOWEST, Math.sqrt(slot.share)))
  return (
    <>
      <rect class="slot" x={x} width="8" height="10" />
      {slot !== null && (
        <rect class={`slot severity-${slot.worst}`} x={x} y={round(10 - height)} width="8" height={height} />
      )}
    </>
  )
}

const round = (value: number) => Number(value.toFixed(1))

function describeSlots(slots: readonly Slot[]): string {
  let worst: Severity | null = null
  let share = 0
  for (const slot of slots)
    if (slot !== null && slot !== UNKNOWN) {
      worst = worst === null || slot.worst < worst ? slot.worst : worst
      share = Math.max(share, slot.share)
    }
  if (slots.every((slot) => slot === UNKNOWN)) return 'not observed'
  return worst === null
    ? 'no events'
    : `worst: ${SEVERITY_NAMES[worst]}; events on up to ${Math.max(1, Math.round(share * 100))} % of hosts`
}

function findSlot(times: readonly OpenTime[], start: number, hosts: number): Trouble | null {
  let worst: Severity | null = null
  let open = 0
  for (const { severity, opened, closed, count } of times)
    if (opened < start + SLOT && (closed === null || closed >= start)) {
      open += count
      if (worst === null || severity < worst) worst = severity
    }
  return worst === null ? null : { worst, share: Math.min(1, open / Math.max(1, hosts)) }
}
