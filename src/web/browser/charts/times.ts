// The time that all drawings of a page show, and the ways to another.
import { closest, find, isPlainClick, setText } from '../dom.ts'
import { refresh } from '../live.ts'
import { onTimeForm } from '../time-form.ts'

/** The shortest time that can be picked, in seconds. */
const LEAST_TIME = 10

export type ShownTimes = { readonly from: number; readonly to: number; readonly isLive?: boolean }

export const board = () => document.querySelector<HTMLElement>('[data-charts]')

/** Null on a page whose drawings have gone. */
export function readTimes(): ShownTimes | null {
  const written = board()?.dataset.charts
  return written === undefined ? null : JSON.parse(written)
}

/**
 * The time that was requested last, whether shown already or not: keys may come faster than the server
 * answers.
 */
export function readAsked(): ShownTimes | null {
  const query = new URLSearchParams(location.search)
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))]
  return from < to ? { from, to } : readTimes()
}

/** Counts requests for a time: only the answer to the last one may end the waiting state. */
let asked = 0

async function goTo(address: URL) {
  if (address.href === location.href) return
  history.pushState(null, '', address)
  const mine = ++asked
  board()?.classList.add('waiting')
  await refresh()
  if (mine === asked) board()?.classList.remove('waiting')
}

export function goToTimes(from: number, to: number) {
  const address = new URL(location.href)
  address.hash = ''
  address.searchParams.delete('range')
  address.searchParams.set('from', String(Math.max(0, from)))
  address.searchParams.set('to', String(Math.max(to, from + LEAST_TIME)))
  return goTo(address)
}

addEventListener('popstate', () => refresh())
document.addEventListener('click', (event) => {
  const link = closest(event, '[data-chart-link]', HTMLAnchorElement)
  if (!link || !isPlainClick(event)) return
  event.preventDefault()
  goTo(new URL(link.href))
})
onTimeForm(goToTimes, (reason) => {
  const line = find('[data-graph-note]', HTMLElement)
  if (line) setText(line, reason)
})
