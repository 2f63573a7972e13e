// The pointer over drawings: it moves the cursor, and dragging zooms.
import { closest } from '../dom.ts'
import { hide, isShown, showAt } from './cursor.ts'
import { fieldOf, moveMark, type PlotArea } from './field.ts'
import { board, goToTimes, readTimes } from './times.ts'

/** Pixels that a pointer moves before it is a drag. */
const LEAST_PIXELS = 6

type Drag = { readonly place: Element; readonly field: PlotArea; readonly start: number }

let drag: Drag | null = null

function momentAt(field: PlotArea, x: number): number {
  const { from, to } = readTimes() ?? { from: 0, to: 0 }
  return from + Math.min(1, Math.max(0, (x - field.left) / field.width)) * (to - from)
}

/** The drawing and its field under a pointer; null beside the field. */
function findUnder(event: PointerEvent): { readonly place: Element; readonly field: PlotArea } | null {
  const place = closest(event, '.cursor-field', HTMLElement)
  const field = place && board()?.contains(place) ? fieldOf(place) : null
  if (!place || !field || event.clientX < field.left || event.clientX > field.left + field.width) return null
  return { place, field }
}

/** Shows the cursor where the pointer is; takes it away where no drawing is. */
function followPointer(event: PointerEvent) {
  const under = findUnder(event)
  if (under) showAt(momentAt(under.field, event.clientX), under.place)
  else if (isShown() && !drag) hide()
}

document.addEventListener('pointermove', (event) => {
  if (drag) {
    const { place, field, start } = drag
    const end = Math.min(field.left + field.width, Math.max(field.left, event.clientX))
    const width = Math.abs(end - start)
    moveMark(place, 'zoom-mark', { field, left: Math.min(start, end), width }).hidden = width < LEAST_PIXELS
  }
  followPointer(event)
})
// A finger that is lifted leaves too: what it pointed at stays until the next touch elsewhere.
document.addEventListener('pointerleave', (event) => {
  if (event.pointerType !== 'touch') hide()
})

document.addEventListener('pointerdown', (event) => {
  if (event.pointerType === 'touch') return followPointer(event)
  // A press on the symbol of an event follows its link and does not start a zoom.
  const isOnLink = event.target instanceof Element && event.target.closest('a') !== null
  const under = event.button === 0 && !isOnLink ? findUnder(event) : null
  if (!under) return
  // This keeps words from being selected, and the focus from going where keys move the graph.
  event.preventDefault()
  closest(event, '[data-chart-keys]', HTMLElement)?.focus({ preventScroll: true })
  drag = { ...under, start: event.clientX }
})

function endDrag(): Drag | null {
  const ended = drag
  drag = null
  ended?.place.querySelector(':scope > .zoom-mark')?.remove()
  return ended
}

document.addEventListener('pointerup', (event) => {
  const ended = endDrag()
  if (!ended || Math.abs(event.clientX - ended.start) < LEAST_PIXELS) return
  const start = Math.round(momentAt(ended.field, ended.start))
  const end = Math.round(momentAt(ended.field, event.clientX))
  hide()
  goToTimes(Math.min(start, end), Math.max(start, end))
})
document.addEventListener('pointercancel', endDrag)
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  endDrag()
  if (isShown()) hide()
})
