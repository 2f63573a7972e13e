import type { Unit } from '../../domain/metrics/metric.ts'

const UNITS: readonly Unit[] = ['%', 'B', 'B/s', '/s', 's', '°C', 'state', '']

/** The unit that an element names in `data-unit`. */
export const readUnit = (place: HTMLElement): Unit => UNITS.find((unit) => unit === place.dataset.unit) ?? ''
