import { NUMBER_UNITS, type ValueForm } from '../../domain/metrics/unit.ts'

/** How the values of an element are written, as `writeForm` has put it into `data-form`. */
export function readForm(place: HTMLElement): ValueForm {
  const { form = '' } = place.dataset
  if (form.startsWith('[')) return JSON.parse(form)
  return NUMBER_UNITS.find((unit) => unit === form) ?? ''
}
