// The map of a fleet that is too large for markup: cells from packed data. Without it the page has counts by group.
import { PACKED_STATES, type PackedFleet } from '../../domain/hosts/packed-fleet.ts'
import { formatNumber } from '../ui/format.ts'
import { BASE_PATH } from './base-path.ts'
import './cell-card.ts'
import { find } from './dom.ts'
import { REFRESHED } from './live.ts'

const STATE_WORDS = ['', ': down', ': in maintenance', ': no data yet'] as const
/** Milliseconds between two readings: the data of ten thousand hosts are some tens of kilobytes. */
const PAUSE = 30_000

let shown = ''
let lastAt = Number.NEGATIVE_INFINITY

function draw(place: HTMLElement, { groups }: PackedFleet) {
  place.replaceChildren(
    ...groups.map(({ name, hosts, fills, states, events }) => {
      const group = document.createElement('div')
      group.className = 'cell-group'
      if (name !== '' || groups.length > 1) {
        const title = document.createElement('h3')
        const words = document.createElement('span')
        words.textContent = name === '' ? 'other' : name.slice(name.indexOf(':') + 1)
        const count = document.createElement('span')
        count.className = 'soft'
        count.textContent = formatNumber(hosts.length)
        title.append(words, count)
        group.append(title)
      }
      const cells = document.createElement('div')
      cells.className = 'cells'
      for (const [i, host] of hosts.entries()) {
        const state = Number(states[i])
        const cell = document.createElement('a')
        const fill = fills[i] === 'a' ? '10' : fills[i]
        const edge = events[i] === '0' ? '' : ` edge severity-${events[i]}`
        cell.className = `cell is-${PACKED_STATES[state] ?? 'up'}${fill === '-' ? '' : ` f${fill}`}${edge}`
        cell.href = `${BASE_PATH}/hosts/${encodeURIComponent(host)}`
        cell.title = `${host}${STATE_WORDS[state] ?? ''}`
        cell.setAttribute('aria-label', cell.title)
        cells.append(cell)
      }
      group.append(cells)
      return group
    }),
  )
}

async function load() {
  const place = find('[data-fleet]', HTMLElement)
  const address = place?.dataset.fleet
  if (!place || address === undefined) return
  if (address === shown && place.firstChild && performance.now() - lastAt < PAUSE) return
  shown = address
  lastAt = performance.now()
  try {
    const response = await fetch(`${BASE_PATH}${address}`, {
      headers: { accept: 'application/json' },
      credentials: 'same-origin',
    })
    if (response.ok && !response.redirected) draw(place, await response.json())
  } catch {
    // The counts beside it are still there; the next refresh tries again.
  }
}

document.addEventListener(REFRESHED, load)
void load()
