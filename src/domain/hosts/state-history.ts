import type { Severity } from '../event.ts'
import type { MaintenanceCalendar } from '../time/maintenance-window.ts'
import type { Host } from './host.ts'

/** When events of one host were open; those of one kind that began and ended in the same slots are one. */
export type OpenPeriod = {
  readonly severity: Severity
  readonly opened: number
  /** Null while they are open. */
  readonly closed: number | null
  /** How many events. */
  readonly count: number
  /** Events of hosts that sent nothing: the host was down. */
  readonly isSilence: boolean
}

/** Slots of equal state that follow one another. */
export type StateRun = {
  readonly from: number
  readonly to: number
  /** `new` before the host was first seen: nothing is known of it. Maintenance is listed apart, with its own times. */
  readonly state: 'up' | 'down' | 'new'
  /** Of the events that were open in it; null where there was none. */
  readonly worst: Severity | null
  /** The most events that were open in one of its slots. */
  readonly count: number
}

/** A time in maintenance, with the names of the windows that held in it. */
export type MaintenanceRun = {
  readonly from: number
  readonly to: number
  readonly names: readonly string[]
}

/** How a host was from one time to another. */
export type StateHistory = {
  readonly from: number
  readonly to: number
  readonly runs: readonly StateRun[]
  /** In their order; none touches another one. */
  readonly maintenance: readonly MaintenanceRun[]
}

export type StateHistoryOptions = {
  readonly host: Pick<Host, 'name' | 'firstSeen' | 'lastSeen'>
  readonly times: readonly OpenPeriod[]
  readonly calendar: MaintenanceCalendar
  readonly from: number
  readonly to: number
  readonly slots: number
}

/**
 * The states of a host in slots, those of one state put together, and when it was in maintenance: by the windows as they
 * are now, over or not, to the second. A host that was not seen since its silence began is still down, even if
 * somebody has closed the event.
 */
export function describeStates(options: StateHistoryOptions): StateHistory {
  const { host, calendar, from, to } = options
  const runs: StateRun[] = []
  for (const run of describeSlots(options)) {
    const before = runs.at(-1)
    if (before && before.state === run.state && before.worst === run.worst)
      runs[runs.length - 1] = { ...before, to: run.to, count: Math.max(before.count, run.count) }
    else runs.push(run)
  }
  const known = Math.max(from, host.firstSeen)
  const maintenance = known < to ? joinWindows(calendar, host.name, known, to) : []
  return { from, to, runs, maintenance }
}

/** Each slot by itself. A period is looked at in its own slots alone: a busy host has thousands of short ones. */
function describeSlots({ host, times, from, to, slots }: StateHistoryOptions): StateRun[] {
  const size = (to - from) / slots
  const beginOf = (slot: number) => from + slot * size
  const down = new Uint8Array(slots)
  const counts = new Uint32Array(slots)
  const worst = new Array<Severity | null>(slots).fill(null)
  for (const { severity, opened, closed, count, isSilence } of times) {
    const isUnseen = isSilence && host.lastSeen < opened
    let slot = Math.max(0, Math.floor((opened - from) / size) - 1)
    while (slot < slots && beginOf(slot + 1) <= opened) slot++
    for (; slot < slots; slot++) {
      const isOver = closed !== null && closed <= beginOf(slot)
      if (isOver && !isUnseen) break
      if (isSilence) down[slot] = 1
      if (isOver) continue
      counts[slot] = (counts[slot] ?? 0) + count
      const known = worst[slot] ?? null
      if (known === null || severity < known) worst[slot] = severity
    }
  }
  return Array.from({ length: slots }, (_, slot): StateRun => {
    const ends = beginOf(slot + 1)
    const state = down[slot] === 1 ? 'down' : ends <= host.firstSeen ? 'new' : 'up'
    return { from: beginOf(slot), to: ends, state, worst: worst[slot] ?? null, count: counts[slot] ?? 0 }
  })
}

function joinWindows(calendar: MaintenanceCalendar, host: string, from: number, to: number) {
  const joined: { from: number; to: number; names: string[] }[] = []
  for (const { window, ...time } of calendar.during(host, from, to)) {
    const begins = Math.max(time.from, from)
    const ends = Math.min(time.to, to)
    const before = joined.at(-1)
    if (before === undefined || begins > before.to) {
      joined.push({ from: begins, to: ends, names: [window.name] })
      continue
    }
    before.to = Math.max(before.to, ends)
    if (!before.names.includes(window.name)) before.names.push(window.name)
  }
  return joined
}
