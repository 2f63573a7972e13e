// The card with details of a host, shown while the pointer or the focus is on its cell of the map. The cell
// is a link with the same text in short, so the card is never required.
import { BASE_PATH } from './base-path.ts'
import { closest, find } from './dom.ts'
import { localizeTimes } from './times.ts'

/** Milliseconds that a pointer rests on a cell before its card is asked for. */
const REST = 120
/** Milliseconds in which the pointer may go from the cell to the card. */
const LEAVE = 200
/** Milliseconds that a card is as new as any. */
const FRESH = 30_000
const KEPT = 100
/** Pixels between cell and card. */
const APART = 8

const card = document.createElement('div')
card.id = 'cell-card'
card.className = 'cell-card'
card.setAttribute('role', 'tooltip')
card.hidden = true

const kept = new Map<string, { readonly at: number; readonly markup: string }>()
let cell: HTMLAnchorElement | null = null
let waiting = 0
let reading: AbortController | null = null

function showSoon(next: HTMLAnchorElement) {
  clearTimeout(waiting)
  if (next === cell) return
  waiting = setTimeout(() => void show(next), REST)
}

function hideSoon() {
  clearTimeout(waiting)
  waiting = setTimeout(hide, LEAVE)
}

function hide() {
  clearTimeout(waiting)
  reading?.abort()
  cell?.removeAttribute('aria-describedby')
  cell = null
  card.hidden = true
}

async function show(next: HTMLAnchorElement) {
  hide()
  cell = next
  const fill = find('.host-map', HTMLElement)?.dataset.fill ?? 'cpu'
  const name = new URL(next.href).pathname.slice(`${BASE_PATH}/hosts/`.length)
  const markup = await read(`${BASE_PATH}/fleet/${name}?fill=${fill}`)
  if (markup === null || cell !== next) return
  const fresh = new DOMParser().parseFromString(markup, 'text/html')
  card.replaceChildren(...fresh.body.childNodes)
  localizeTimes(card)
  // The browser would show the same in short beside it.
  next.removeAttribute('title')
  next.setAttribute('aria-describedby', card.id)
  // Beside the parts that are refreshed.
  if (!card.isConnected) find('main', HTMLElement)?.append(card)
  card.hidden = false
  place(next)
}

async function read(address: string): Promise<string | null> {
  const held = kept.get(address)
  if (held !== undefined && performance.now() - held.at < FRESH) return held.markup
  reading = new AbortController()
  try {
    const response = await fetch(address, { credentials: 'same-origin', signal: reading.signal })
    if (!response.ok || response.redirected) return null
    const markup = await response.text()
    if (kept.size >= KEPT) kept.clear()
    kept.set(address, { at: performance.now(), markup })
    return markup
  } catch {
    return null
  }
}

/** Below the cell where there is room, else above it; never out of the window. */
function place(beside: HTMLElement) {
  const at = beside.getBoundingClientRect()
  const { offsetWidth: width, offsetHeight: height } = card
  const left = Math.max(APART, Math.min(at.left - APART, innerWidth - width - APART))
  const below = at.bottom + APART
  const top =
    below + height > innerHeight - APART && at.top > height + APART ? at.top - APART - height : below
  card.style.left = `${left}px`
  card.style.top = `${top}px`
}

document.addEventListener('pointerover', (event) => {
  if (event.pointerType !== 'mouse') return
  const next = closest(event, 'a.cell', HTMLAnchorElement)
  if (next !== null) return showSoon(next)
  if (event.target instanceof Node && card.contains(event.target)) return clearTimeout(waiting)
  if (cell !== null || waiting !== 0) hideSoon()
})
document.addEventListener('focusin', (event) => {
  const next = closest(event, 'a.cell', HTMLAnchorElement)
  if (next?.matches(':focus-visible')) void show(next)
  else if (next === null && cell !== null) hide()
})
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && cell !== null) hide()
})
for (const moved of ['scroll', 'resize']) addEventListener(moved, () => cell !== null && hide(), true)
