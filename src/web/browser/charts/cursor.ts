// The cursor over all drawings, and the values under it.

import { isNumberForm } from '../../../domain/metrics/unit.ts'
import { EARLIER_KEY } from '../../charts/plot.ts'
import { formatValue } from '../../ui/format.ts'
import { findAll } from '../dom.ts'
import { REFRESHED } from '../live.ts'
import { times } from '../times.ts'
import { readForm } from '../value-form.ts'
import { fieldOf, moveMark, type PlotArea } from './field.ts'
import { type ChartRow, findRow, loadRows } from './rows.ts'
import { board, readTimes } from './times.ts'
import { showTip } from './tip.ts'

const DAY = 86_400

/** The time under the cursor; null while there is none. */
let moment: number | null = null
let held: Element | null = null
/** Each value before the cursor replaced it: its text, and whether it has the colour of an event. */
let said = new Map<Element, { readonly text: string; readonly isTinted: boolean }>()

export const isShown = () => moment !== null

/** The value, or the mean of a step. */
const figureOf = (row: ChartRow) => (row.length > 2 ? row[2] : row[1]) ?? Number.NaN

/** Shows the cursor at a time in all drawings; `place` is the one that the pointer is over. */
export function showAt(time: number, place: Element) {
  held = place
  loadRows(() => {
    if (moment !== null) show(moment)
  })
  show(time)
}

function show(time: number) {
  const shown = readTimes()
  if (!shown) return
  moment = time
  const { from, to } = shown
  for (const place of findAll('.cursor-field', HTMLElement)) {
    const field = fieldOf(place)
    if (!field) continue
    showIn(place, field, time, { from, to })
  }
  for (const place of findAll('[data-cursor-value]', HTMLElement)) showValue(place, time)
}

type Ends = { readonly from: number; readonly to: number }

function showIn(place: HTMLElement, field: PlotArea, time: number, { from, to }: Ends) {
  const left = field.left + ((time - from) / (to - from)) * field.width
  const mark = moveMark(place, 'cursor', { field, left })
  const hasTip = place.dataset.tip !== undefined
  mark.dataset.at = place === held && !hasTip ? times.format(time, to - from > DAY ? 'stamp' : 'second') : ''
  mark.classList.toggle('to-left', left > field.left + field.width / 2)
  if (!hasTip) return
  const words = place.dataset.tipEarlier
  const form = readForm(place)
  const find = (key: string | null) => findRow(key, time, !isNumberForm(form)) ?? null
  const earlier = words === undefined ? null : { words, row: find(EARLIER_KEY) }
  showTip(place, { field, left, row: find(null), earlier, form })
}

function showValue(place: HTMLElement, time: number) {
  const word = place.querySelector('b')
  if (!word) return
  if (!said.has(word)) said.set(word, { text: word.textContent, isTinted: word.classList.contains('tinted') })
  const form = readForm(place)
  const row = findRow(place.dataset.cursorValue ?? '', time, !isNumberForm(form))
  if (row === undefined) return
  // The event is about the newest value.
  word.classList.remove('tinted')
  word.textContent = row ? formatValue(figureOf(row), form) : '–'
}

export function hide() {
  moment = null
  held = null
  for (const mark of document.querySelectorAll('.cursor-field > :is(.cursor, .tip)')) mark.remove()
  for (const [word, { text, isTinted }] of said) {
    word.textContent = text
    word.classList.toggle('tinted', isTinted)
  }
  said = new Map()
}

document.addEventListener(REFRESHED, () => {
  if (!board()) return
  said = new Map()
  if (moment !== null && held) showAt(moment, held)
})
