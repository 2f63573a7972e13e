// The form with a beginning and an end, below graphs.
import { closest, fieldOf } from './dom.ts'
import { times } from './times.ts'

const WRONG_ORDER = 'The beginning has to be before the end.'

/** Calls `go` with the times in the form. A wrong order is reported at the field, and to `refuse`. */
export function onTimeForm(
  go: (from: number, to: number) => unknown,
  refuse: (reason: string) => void = () => {},
) {
  document.addEventListener('submit', (event) => {
    const form = closest(event, '[data-span-form]', HTMLFormElement)
    if (!form) return
    event.preventDefault()
    const [from, to] = [fieldOf(form, 'from'), fieldOf(form, 'to')]
    if (!from || !to) return
    const [start, end] = [times.readField(from.value), times.readField(to.value)]
    const isInOrder = start < end
    to.setCustomValidity(isInOrder ? '' : WRONG_ORDER)
    if (!isInOrder) refuse(WRONG_ORDER)
    if (form.reportValidity()) go(start, end)
  })
  document.addEventListener('input', (event) => {
    const form = closest(event, '[data-span-form]', HTMLFormElement)
    if (form) fieldOf(form, 'to')?.setCustomValidity('')
  })
}
