/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import type { MaintenanceCalendar } from '../../../domain/time/maintenance-window.ts'
import { untilLabel } from '../../ui/components.tsx'
import type { Html } from '../../ui/markup/html.ts'

/** The window that holds the notifications of an event now; null for none. Several hosts are held while all of them are. */
export function findHold(
  { host, members, status }: Pick<Event, 'host' | 'members' | 'status'>,
  calendar: MaintenanceCalendar,
  now: number,
): { readonly ends: number; readonly name: string } | null {
  if (status === 'closed') return null
  let first: { ends: number; name: string } | null = null
  for (const name of members.length > 0 ? members : [host]) {
    const found = calendar.at(name, now)
    if (found === null) return null
    if (first === null || found.ends < first.ends) first = { ends: found.ends, name: found.window.name }
  }
  return first
}

/** `In maintenance until 04:33: kernel updates`, where that is so. */
export function heldWords(event: Event, calendar: MaintenanceCalendar, now: number): Html | null {
  const hold = findHold(event, calendar, now)
  if (hold === null) return null
  return (
    <span class="event-held soft">
      In maintenance until {untilLabel(hold.ends, now)}: {hold.name}
    </span>
  )
}
