// Keys on a graph: left and right move it by a half, + and - zoom.
import { closest } from '../dom.ts'
import { goToTimes, readAsked } from './times.ts'

type Move = { readonly from: number; readonly to: number }

/** The end never goes further into the future. */
function findMove(key: string): Move | null {
  const asked = readAsked()
  if (!asked) return null
  const { from, to } = asked
  const span = to - from
  const moves = new Map([
    ['ArrowLeft', [-span / 2, -span / 2]],
    ['ArrowRight', [span / 2, span / 2]],
    ['+', [span / 4, -span / 4]],
    ['-', [-span / 2, span / 2]],
  ] as const)
  const move = [...moves].find(([name]) => name === key)?.[1]
  if (!move) return null
  const now = Math.floor(Date.now() / 1000)
  const end = to + move[1]
  const beyond = Math.max(0, end - Math.max(to, now))
  return { from: Math.max(0, Math.round(from + move[0] - beyond)), to: Math.round(end - beyond) }
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const graph = closest(event, '[data-chart-keys]', HTMLElement)
  // A link within the graph keeps its own keys.
  const move = graph && event.target === graph ? findMove(event.key) : null
  if (!move) return
  event.preventDefault()
  goToTimes(move.from, move.to)
})
