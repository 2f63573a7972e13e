import { compilePattern } from '../../domain/pattern.ts'
import { listOccurrences, type MaintenanceWindow } from '../../domain/time/maintenance-window.ts'
import type { ChartBand } from './chart-marks.tsx'

/** Most bands of one graph: more can't be distinguished. */
const MAX_BANDS = 60

/** When a host was in maintenance between two times, by the windows as they are now. */
export function listMaintenance(
  windows: readonly MaintenanceWindow[],
  host: string,
  from: number,
  to: number,
): ChartBand[] {
  return windows
    .filter((window) => compilePattern(window.host)(host))
    .flatMap(({ name, when }) => listOccurrences(when, from, to).map((time) => ({ ...time, name })))
    .slice(0, MAX_BANDS)
}
