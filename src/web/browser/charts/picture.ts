// Saves a graph as a picture, with its title and its time. The buttons for it appear only where scripts run.
import { closest, findAll } from '../dom.ts'

const PADDING = 24
const TITLE = 44
const LEGEND_ROW = 19
/** Room around a copied drawing, because labels may stick out of it. */
const ROOM = 40

type Canvas = { readonly canvas: HTMLCanvasElement; readonly pen: CanvasRenderingContext2D }

/**
 * A canvas with the ground of the page and the title of the graph, and where to draw on it, in real pixels.
 */
function prepare(width: number, height: number): Canvas | null {
  const scale = Math.max(1, devicePixelRatio)
  const canvas = document.createElement('canvas')
  canvas.width = Math.round((width + 2 * PADDING) * scale)
  canvas.height = Math.round((height + TITLE + 2 * PADDING) * scale)
  const pen = canvas.getContext('2d')
  const heading = document.querySelector('h1')
  if (!pen || !heading) return null
  const words = getComputedStyle(heading)
  pen.fillStyle = getComputedStyle(document.documentElement).backgroundColor
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.scale(scale, scale)
  pen.fillStyle = words.color
  pen.font = `600 18px ${words.fontFamily}`
  const crumbs = [...document.querySelectorAll('.crumbs a')].slice(1).map((link) => link.textContent)
  pen.fillText([...crumbs, heading.textContent].join(' · '), PADDING, PADDING + 14, width)
  const lead = document.querySelector('.lead')
  if (lead) {
    pen.font = `12px ${words.fontFamily}`
    pen.fillStyle = getComputedStyle(lead).color
    pen.fillText(lead.textContent.trim(), PADDING, PADDING + 33, width)
  }
  return { canvas, pen }
}

function offer(canvas: HTMLCanvasElement, name: string) {
  canvas.toBlob((blob) => {
    if (!blob) return
    const link = document.createElement('a')
    link.href = URL.createObjectURL(blob)
    link.download = `${name.replace(/[^\w.-]+/g, '_')}.png`
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  }, 'image/png')
}

/** Properties that a drawing takes along, because a picture knows no style sheet. */
const KEPT = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'font-size',
  'font-family',
  'text-anchor',
  'vector-effect',
  'overflow',
]

/** Which line is which, below the drawing. */
function drawLegend(pen: CanvasRenderingContext2D, chart: Element, rows: readonly Element[], top: number) {
  const words = getComputedStyle(document.body)
  for (const [i, row] of rows.entries()) {
    const line = chart.querySelector(`.line-${i + 1} .line`)
    const style = line && getComputedStyle(line)
    const y = top + LEGEND_ROW * (i + 0.5)
    pen.strokeStyle = style?.stroke ?? words.color
    pen.lineWidth = 2.5
    const dashes = style?.strokeDasharray ?? 'none'
    pen.setLineDash(dashes === 'none' ? [] : dashes.split(',').map(Number.parseFloat))
    pen.beginPath()
    pen.moveTo(PADDING, y)
    pen.lineTo(PADDING + 20, y)
    pen.stroke()
    pen.fillStyle = words.color
    pen.font = `12px ${words.fontFamily}`
    const names = [...row.querySelectorAll('a')].slice(0, 2).map((link) => link.textContent)
    pen.fillText(names.join('  '), PADDING + 28, y + 4)
  }
}

/** Writes the style of each element of a drawing into its copy. */
function keepStyle(drawing: Element, copy: Element) {
  const copies = [copy, ...copy.querySelectorAll('*')]
  for (const [i, element] of [drawing, ...drawing.querySelectorAll('*')].entries()) {
    const style = getComputedStyle(element)
    for (const property of KEPT) copies[i]?.setAttribute(property, style.getPropertyValue(property))
  }
}

/** A drawing of the server as an image: a copy of it that carries its style along. */
async function takePicture(drawing: Element, width: number, height: number): Promise<HTMLImageElement> {
  const sheet = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  sheet.setAttribute('width', String(width + 2 * ROOM))
  sheet.setAttribute('height', String(height + 2 * ROOM))
  const copy = document.importNode(drawing, true)
  keepStyle(drawing, copy)
  copy.setAttribute('x', String(ROOM))
  copy.setAttribute('y', String(ROOM))
  copy.setAttribute('width', String(width))
  sheet.append(copy)
  const markup = new XMLSerializer().serializeToString(sheet)
  const picture = new Image()
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(markup)}`
  await picture.decode()
  return picture
}

/** Saves a chart that the server has drawn. */
async function saveDrawing(chart: Element, name: string) {
  const outer = chart.getBoundingClientRect()
  const rows = [...document.querySelectorAll('.compare-lines tbody tr')]
  const sheet = prepare(outer.width, outer.height + 8 + rows.length * LEGEND_ROW)
  if (!sheet) return
  drawLegend(sheet.pen, chart, rows, PADDING + TITLE + outer.height + 8)
  for (const drawing of findAll(':scope > svg', SVGSVGElement, chart)) {
    const box = drawing.getBoundingClientRect()
    const picture = await takePicture(drawing, box.width, box.height)
    const [left, top] = [box.left - outer.left, box.top - outer.top]
    sheet.pen.drawImage(picture, PADDING + left - ROOM, PADDING + TITLE + top - ROOM)
  }
  offer(sheet.canvas, name)
}

document.addEventListener('click', (event) => {
  const button = closest(event, '[data-save-png]', HTMLElement)
  if (!button) return
  const name = button.dataset.savePng ?? 'graph'
  const chart = document.querySelector('.wide-graph .chart')
  if (chart) saveDrawing(chart, name)
})
