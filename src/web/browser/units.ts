import { UNITS, type Unit } from '../../domain/metrics/unit.ts'

/** The unit that an element names in `data-unit`, or in another of its data. */
export const readUnit = (place: HTMLElement, name = 'unit'): Unit =>
  UNITS.find((unit) => unit === place.dataset[name]) ?? ''
