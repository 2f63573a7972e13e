import { UNITS, type Unit } from '../../domain/metrics/unit.ts'

/** The unit that an element names in `data-unit`. */
export const readUnit = (place: HTMLElement): Unit => UNITS.find((unit) => unit === place.dataset.unit) ?? ''
