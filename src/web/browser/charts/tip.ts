// The box beside the cursor of a graph of one line, with the values of the row under it.
import { isNumberForm, type ValueForm } from '../../../domain/metrics/unit.ts'
import { formatValue } from '../../ui/format.ts'
import { times } from '../times.ts'
import type { PlotArea } from './field.ts'
import type { ChartRow } from './rows.ts'

export type TipOptions = {
  readonly field: PlotArea
  readonly left: number
  readonly row: ChartRow | null
  /** The row of the time before, and what that is called; null where none is drawn. */
  readonly earlier: { readonly words: string; readonly row: ChartRow | null } | null
  readonly form: ValueForm
}

export function showTip(place: HTMLElement, { field, left, row, earlier, form }: TipOptions) {
  let tip = place.querySelector<HTMLElement>(':scope > .tip')
  if (!tip) {
    tip = document.createElement('div')
    tip.className = 'tip'
    place.append(tip)
  }
  tip.hidden = row === null
  if (row === null) return
  const list = document.createElement('dl')
  for (const [name, words] of listFigures(row, form)) list.append(wordsIn('dt', name), wordsIn('dd', words))
  if (earlier) {
    const value = earlier.row?.[1]
    list.append(
      wordsIn('dt', earlier.words.charAt(0).toUpperCase() + earlier.words.slice(1)),
      wordsIn('dd', value === undefined ? '–' : formatValue(value, form)),
    )
  }
  tip.replaceChildren(wordsIn('time', times.format(row[0] ?? 0, 'stamp')), list)
  const outer = place.getBoundingClientRect()
  const isBeyond = left + tip.offsetWidth + 24 > field.left + field.width
  const x = left - outer.left
  tip.style.left = `${isBeyond ? Math.max(0, x - tip.offsetWidth - 12) : x + 12}px`
}

function listFigures([, ...values]: ChartRow, form: ValueForm): readonly (readonly [string, string])[] {
  const [first = Number.NaN, mean, most] = values
  const say = (value: number) => formatValue(value, form)
  if (mean === undefined || most === undefined) return [['Value', say(first)]]
  // Of a state the mean says how long it was good; of many words those at the ends of the step say more.
  if (!isNumberForm(form))
    return [['Value', form.length === 2 || first === most ? say(mean) : `${say(first)} … ${say(most)}`]]
  return [
    ['Maximum', say(most)],
    ['Mean', say(mean)],
    ['Minimum', say(first)],
  ]
}

function wordsIn(tag: string, words: string): HTMLElement {
  const element = document.createElement(tag)
  element.textContent = words
  return element
}
