// The box beside the cursor of a graph, with the values of the sample under it.
import type uPlot from 'uplot'
import type { Unit } from '../../domain/metrics/unit.ts'
import { formatValue } from '../ui/format.ts'
import { times } from './times.ts'

/** One row of what the graph shows; mean, least and greatest are the same where nothing was put together. */
export type GraphRow = {
  readonly time: number
  readonly mean: number
  readonly least: number
  readonly most: number
  readonly isDownsampled: boolean
}

export function addTip(chart: uPlot): HTMLElement {
  const tip = document.createElement('div')
  tip.className = 'tip'
  tip.hidden = true
  chart.over.append(tip)
  return tip
}

/** Shows a row at so many pixels from the left; takes the box away where there is none. */
export function showTip(chart: uPlot, tip: HTMLElement, row: GraphRow | null, unit: Unit) {
  const left = chart.cursor.left ?? -1
  tip.hidden = row === null || left < 0
  if (row === null || left < 0) return
  const list = document.createElement('dl')
  for (const [name, value, of] of listFigures(row, unit))
    list.append(wordsIn('dt', name), wordsIn('dd', formatValue(value, of)))
  tip.replaceChildren(wordsIn('time', times.format(row.time, 'stamp')), list)
  const isBeyond = left + tip.offsetWidth + 24 > chart.over.clientWidth
  tip.style.left = `${isBeyond ? Math.max(0, left - tip.offsetWidth - 12) : left + 12}px`
}

function listFigures(row: GraphRow, unit: Unit): readonly (readonly [string, number, Unit])[] {
  if (!row.isDownsampled) return [['Value', row.mean, unit]]
  if (unit === 'state') return [['Running', row.mean * 100, '%']]
  return [
    ['Maximum', row.most, unit],
    ['Mean', row.mean, unit],
    ['Minimum', row.least, unit],
  ]
}

function wordsIn(tag: string, words: string): HTMLElement {
  const element = document.createElement(tag)
  element.textContent = words
  return element
}
