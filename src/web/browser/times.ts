// Times in the zone and in the words that the reader prefers.
import { createReaderTimes, type ReaderTimeForm } from '../ui/zone-times.ts'

const { zone, dates } = document.documentElement.dataset

export const times = createReaderTimes({ zone, dates })

const FORMS: readonly ReaderTimeForm[] = ['clock', 'second', 'day', 'month', 'stamp', 'title', 'field']

/** Writes each time again that the server has written by its own clock. */
export function localizeTimes(within: ParentNode) {
  for (const element of within.querySelectorAll<HTMLElement | SVGElement>('[data-time]')) {
    const { time, timeAs } = element.dataset
    const form = FORMS.find((known) => known === timeAs) ?? 'stamp'
    const text = times.format(Number(time), form)
    if (form === 'title') element.setAttribute('title', text)
    else if (!(element instanceof HTMLInputElement)) {
      if (element.textContent !== text) element.textContent = text
    } else {
      element.defaultValue = text
      element.value = text
    }
  }
}

/** The forms are sent with seconds: the server has other clocks than the reader. */
document.addEventListener('formdata', ({ target, formData }) => {
  if (!(target instanceof HTMLFormElement)) return
  for (const field of target.querySelectorAll<HTMLInputElement>('input[data-time-as="field"]')) {
    const time = times.readField(field.value)
    if (Number.isFinite(time)) formData.set(field.name, String(time))
  }
})
