// Saves a graph as a picture, with its title and its time. The buttons for it appear only here.
{
  const PADDING = 24
  const TITLE = 44

  const styleOf = (element) => getComputedStyle(element)

  /** A canvas with the ground of the page and the title of the graph, and where to draw on it, in real pixels. */
  function prepare(width, height) {
    const scale = Math.max(1, devicePixelRatio)
    const canvas = document.createElement('canvas')
    canvas.width = Math.round((width + 2 * PADDING) * scale)
    canvas.height = Math.round((height + TITLE + 2 * PADDING) * scale)
    const pen = canvas.getContext('2d')
    pen.fillStyle = styleOf(document.documentElement).backgroundColor
    pen.fillRect(0, 0, canvas.width, canvas.height)
    pen.scale(scale, scale)
    const heading = document.querySelector('h1')
    pen.fillStyle = styleOf(heading).color
    pen.font = `600 18px ${styleOf(heading).fontFamily}`
    const crumbs = [...document.querySelectorAll('.crumbs a')].slice(1).map((link) => link.textContent)
    pen.fillText([...crumbs, heading.textContent].join(' · '), PADDING, PADDING + 14, width)
    const lead = document.querySelector('.lead')
    if (lead) {
      pen.font = `12px ${styleOf(heading).fontFamily}`
      pen.fillStyle = styleOf(lead).color
      pen.fillText(lead.textContent.trim(), PADDING, PADDING + 33, width)
    }
    return { canvas, pen }
  }

  function offer(canvas, name) {
    canvas.toBlob((blob) => {
      const link = document.createElement('a')
      link.href = URL.createObjectURL(blob)
      link.download = `${name.replace(/[^\w.-]+/g, '_')}.png`
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
    }, 'image/png')
  }

  /** What uPlot has drawn. */
  function saveCanvas(drawn, name) {
    const box = drawn.getBoundingClientRect()
    const { canvas, pen } = prepare(box.width, box.height)
    pen.drawImage(drawn, PADDING, PADDING + TITLE, box.width, box.height)
    offer(canvas, name)
  }

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

  const LEGEND_ROW = 19

  /** Which line is which, below the drawing. */
  function drawLegend(pen, chart, rows, top) {
    const words = styleOf(document.body)
    rows.forEach((row, i) => {
      const line = chart.querySelector(`.line-${i + 1} .line`)
      const y = top + LEGEND_ROW * (i + 0.5)
      pen.strokeStyle = line ? styleOf(line).stroke : words.color
      pen.lineWidth = 2.5
      const dashes = line && styleOf(line).strokeDasharray
      pen.setLineDash(dashes && dashes !== 'none' ? dashes.split(',').map(Number.parseFloat) : [])
      pen.beginPath()
      pen.moveTo(PADDING, y)
      pen.lineTo(PADDING + 20, y)
      pen.stroke()
      pen.fillStyle = words.color
      pen.font = `12px ${words.fontFamily}`
      const [host, metric] = row.querySelectorAll('a')
      pen.fillText(`${host.textContent}  ${metric.textContent}`, PADDING + 28, y + 4)
    })
  }

  /** A drawing of the server: a copy of it that carries its style along, drawn as a picture. */
  async function saveDrawing(chart, name) {
    const outer = chart.getBoundingClientRect()
    const rows = [...document.querySelectorAll('.compare-lines tbody tr')]
    const { canvas, pen } = prepare(outer.width, outer.height + 8 + rows.length * LEGEND_ROW)
    drawLegend(pen, chart, rows, PADDING + TITLE + outer.height + 8)
    for (const drawing of chart.children) {
      const box = drawing.getBoundingClientRect()
      const copy = drawing.cloneNode(true)
      const pairs = [
        [drawing, copy],
        ...[...drawing.querySelectorAll('*')].map((one, i) => [one, copy.querySelectorAll('*')[i]]),
      ]
      for (const [one, other] of pairs) {
        const style = styleOf(one)
        for (const property of KEPT) other.setAttribute(property, style.getPropertyValue(property))
      }
      // Room around it, because labels may stick out.
      const room = 40
      copy.setAttribute('x', room)
      copy.setAttribute('y', room)
      copy.setAttribute('width', box.width)
      const sheet = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
      sheet.setAttribute('width', box.width + 2 * room)
      sheet.setAttribute('height', box.height + 2 * room)
      sheet.append(copy)
      const picture = new Image()
      picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(sheet))}`
      await picture.decode()
      pen.drawImage(
        picture,
        PADDING + box.left - outer.left - room,
        PADDING + TITLE + box.top - outer.top - room,
      )
    }
    offer(canvas, name)
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-save-png]')
    if (!button) return
    const drawn = document.querySelector('.u-wrap canvas')
    const chart = document.querySelector('.big-chart .chart, .compare-chart .chart')
    if (drawn) saveCanvas(drawn, button.dataset.savePng)
    else if (chart) saveDrawing(chart, button.dataset.savePng)
  })
}
