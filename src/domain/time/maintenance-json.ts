import type { MaintenanceWindow } from './maintenance-window.ts'

/** A maintenance window in the API's words: times of day as `22:00`. */
export function describeMaintenance({ id, name, host, when }: MaintenanceWindow) {
  if (when.kind === 'once') return { id, name, host, when }
  return { id, name, host, when: { ...when, start: writeTime(when.start), end: writeTime(when.end) } }
}

const writeTime = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
