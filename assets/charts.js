// Drawings of the server that share a time: one cursor over all of them, dragging zooms. Without it links and the form do the same.
{
  const { formatValue, formatTime, readField } = globalThis.monitorUnits
  /** Pixels that a pointer moves before it is a drag. */
  const LEAST_PIXELS = 6
  const LEAST_SPAN = 10
  /** Rows of each line that the cursor knows. */
  const POINTS = 600
  /** Rooms above and below the field of a drawing, as src/web/chart.ts has them. */
  const HEAD = 8
  const FOOT = 20

  const board = () => document.querySelector('[data-charts]')
  const readTimes = () => JSON.parse(board().dataset.charts)

  // ---- Address ----
  async function goTo(address) {
    if (address.href === location.href) return
    history.pushState(null, '', address)
    await globalThis.monitorPage.refresh()
  }

  function goToTimes(from, to) {
    const address = new URL(location.href)
    address.searchParams.delete('range')
    address.searchParams.set('from', from)
    address.searchParams.set('to', Math.max(to, from + LEAST_SPAN))
    return goTo(address)
  }

  addEventListener('popstate', () => globalThis.monitorPage.refresh())
  document.addEventListener('click', (event) => {
    const link = event.target.closest('[data-chart-link]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    goTo(new URL(link.href))
  })
  document.addEventListener('submit', (event) => {
    const form = event.target.closest('[data-span-form]')
    if (!form) return
    event.preventDefault()
    const [from, to] = ['from', 'to'].map((name) => readField(form.elements[name].value))
    form.elements.to.setCustomValidity(from < to ? '' : 'The beginning has to be before the end.')
    if (form.reportValidity()) goToTimes(from, to)
  })
  document.addEventListener('input', (event) => {
    const form = event.target.closest('[data-span-form]')
    if (form) form.elements.to.setCustomValidity('')
  })

  // ---- The values under the cursor ----
  let values = null
  let asked = ''

  /** Fetches what all drawings show, once for each time that they show. */
  async function load() {
    const { from, to } = readTimes()
    const query = new URLSearchParams({ from, to, points: POINTS })
    for (const place of document.querySelectorAll('[data-cursor-value]'))
      query.append('series', place.dataset.cursorValue)
    if (String(query) === asked) return
    asked = String(query)
    const mine = asked
    try {
      const response = await fetch(`/api/v1/series?${query}`)
      if (!response.ok || mine !== asked) return
      const { series } = await response.json()
      values = new Map(series.map(({ host, metric, points }) => [`${host}:${metric}`, points]))
      if (moment !== null) show(moment)
    } catch {
      // Then the cursor shows the time alone.
    }
  }

  /** The row nearest to a time; null in a gap. */
  function findRow(rows, time) {
    if (!rows?.length) return null
    let low = 0
    let high = rows.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (rows[middle][0] <= time) low = middle
      else high = middle - 1
    }
    const next = rows[low + 1]
    const row = next && next[0] - time < time - rows[low][0] ? next : rows[low]
    const steps = rows
      .slice(1, 40)
      .map((one, i) => one[0] - rows[i][0])
      .sort((a, b) => a - b)
    const usual = steps[steps.length >> 1] ?? 60
    return Math.abs(row[0] - time) <= usual ? row : null
  }

  // ---- The cursor ----
  let moment = null
  let held = null
  let said = new Map()

  function fieldOf(place) {
    const plot = place.querySelector('.plot')
    if (!plot) return null
    const box = plot.getBoundingClientRect()
    const scale = box.height / Number(plot.getAttribute('height'))
    return {
      left: box.left,
      width: box.width,
      top: box.top + HEAD * scale,
      height: box.height - (HEAD + FOOT) * scale,
    }
  }

  function moveMark(place, className, field, left, width) {
    let mark = place.querySelector(`:scope > .${className}`)
    if (!mark) {
      mark = document.createElement('i')
      mark.className = className
      place.append(mark)
    }
    const outer = place.getBoundingClientRect()
    mark.style.left = `${left - outer.left}px`
    mark.style.top = `${field.top - outer.top}px`
    mark.style.height = `${field.height}px`
    if (width !== undefined) mark.style.width = `${width}px`
    return mark
  }

  function show(time) {
    moment = time
    const { from, to } = readTimes()
    for (const place of document.querySelectorAll('.cursor-field')) {
      const field = fieldOf(place)
      if (!field) continue
      const left = field.left + ((time - from) / (to - from)) * field.width
      const mark = moveMark(place, 'cursor', field, left)
      mark.dataset.at = place === held ? formatTime(time, to - from > 86_400 ? 'stamp' : 'second') : ''
      mark.classList.toggle('to-left', left > field.left + field.width / 2)
    }
    for (const place of document.querySelectorAll('[data-cursor-value]')) {
      const word = place.querySelector('b')
      if (!said.has(word)) said.set(word, word.textContent)
      const row = values && findRow(values.get(place.dataset.cursorValue), time)
      if (values)
        word.textContent = row ? formatValue(row.length > 2 ? row[2] : row[1], place.dataset.unit) : '–'
    }
  }

  function hide() {
    moment = null
    held = null
    for (const mark of document.querySelectorAll('.cursor-field > .cursor')) mark.remove()
    for (const [word, text] of said) word.textContent = text
    said = new Map()
  }

  document.addEventListener('monitor:refreshed', () => {
    if (!board()) return
    said = new Map()
    if (moment === null) return
    load()
    show(moment)
  })

  // ---- The pointer ----
  let drag = null

  function momentAt(field, x) {
    const { from, to } = readTimes()
    return from + Math.min(1, Math.max(0, (x - field.left) / field.width)) * (to - from)
  }

  /** Shows the cursor where the pointer is; takes it away where no drawing is. */
  function followPointer(event) {
    const place = event.target.closest?.('.cursor-field')
    const field = place && board()?.contains(place) && fieldOf(place)
    if (!field || event.clientX < field.left || event.clientX > field.left + field.width) {
      if (moment !== null && !drag) hide()
      return
    }
    held = place
    load()
    show(momentAt(field, event.clientX))
  }

  document.addEventListener('pointermove', (event) => {
    if (drag) {
      const end = Math.min(drag.field.left + drag.field.width, Math.max(drag.field.left, event.clientX))
      const mark = moveMark(
        drag.place,
        'zoom-mark',
        drag.field,
        Math.min(drag.start, end),
        Math.abs(end - drag.start),
      )
      mark.hidden = Math.abs(end - drag.start) < LEAST_PIXELS
    }
    followPointer(event)
  })
  // A finger that is lifted leaves too: what it pointed at stays until the next touch elsewhere.
  document.addEventListener('pointerleave', (event) => event.pointerType !== 'touch' && hide())

  document.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch') return followPointer(event)
    if (event.button !== 0) return
    const place = event.target.closest?.('.cursor-field')
    const field = place && board()?.contains(place) && fieldOf(place)
    if (!field || event.clientX < field.left || event.clientX > field.left + field.width) return
    event.preventDefault()
    drag = { place, field, start: event.clientX }
  })

  function endDrag() {
    const ended = drag
    drag = null
    ended?.place.querySelector(':scope > .zoom-mark')?.remove()
    return ended
  }

  document.addEventListener('pointerup', (event) => {
    const ended = endDrag()
    if (!ended || Math.abs(event.clientX - ended.start) < LEAST_PIXELS) return
    const [from, to] = [ended.start, event.clientX].map((x) => Math.round(momentAt(ended.field, x)))
    hide()
    goToTimes(Math.min(from, to), Math.max(from, to))
  })
  document.addEventListener('pointercancel', endDrag)
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    endDrag()
    if (moment !== null) hide()
  })
}
