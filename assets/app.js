// What makes the pages live. Every page is whole without it.
{
  const { formatTime } = globalThis.monitorUnits
  const root = document.documentElement

  // ---- Colours: as the system, light, dark ----
  const CHOICES = ['system', 'light', 'dark']

  function showTheme(button) {
    button.setAttribute('aria-label', `Colours: ${root.dataset.theme ?? 'as the system'}`)
    button.title = button.getAttribute('aria-label')
    button.hidden = false
  }

  for (const button of document.querySelectorAll('[data-theme-toggle]')) {
    showTheme(button)
    button.addEventListener('click', () => {
      const next = CHOICES[(CHOICES.indexOf(root.dataset.theme ?? 'system') + 1) % CHOICES.length]
      if (next === 'system') delete root.dataset.theme
      else root.dataset.theme = next
      try {
        localStorage.setItem('theme', next)
      } catch {
        // Storage may be forbidden: the choice then lasts as long as the page.
      }
      showTheme(button)
      document.dispatchEvent(new CustomEvent('monitor:theme'))
    })
  }

  // ---- Keys ----
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.target.closest('input, textarea, select, [contenteditable]')) return
    const box = document.querySelector('[data-search]')
    if (!box) return
    event.preventDefault()
    box.focus()
    box.select()
  })

  // ---- Times in the reader's own zone ----
  function localizeTimes(within) {
    for (const element of within.querySelectorAll('[data-time]')) {
      const { time, timeAs } = element.dataset
      const text = formatTime(Number(time), timeAs)
      if (timeAs === 'title') element.setAttribute('title', text)
      else if (timeAs === 'field') element.value = element.defaultValue = text
      else if (element.textContent !== text) element.textContent = text
    }
  }
  localizeTimes(document)

  // ---- Live regions ----
  // The page is fetched again and its [data-live] regions are changed where they differ, node by node: what did
  // not change keeps focus, selection, scroll position and open details.
  // `form.id` would be the field of that name.
  const keyOf = (node) => node.nodeType === 1 && (node.getAttribute('id') || node.dataset.key)

  function morph(old, fresh) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh)
    if (old.nodeType !== 1) {
      if (old.data !== fresh.data) old.data = fresh.data
      return
    }
    for (const { name, value } of fresh.attributes)
      if (old.getAttribute(name) !== value) old.setAttribute(name, value)
    for (const name of old.getAttributeNames())
      if (!fresh.hasAttribute(name) && !(name === 'open' && old.nodeName === 'DETAILS'))
        old.removeAttribute(name)
    morphChildren(old, fresh)
  }

  function morphChildren(old, fresh) {
    const keyed = new Map()
    for (const child of old.childNodes) if (keyOf(child)) keyed.set(keyOf(child), child)
    const wanted = new Set([...fresh.childNodes].map(keyOf).filter(Boolean))
    let at = old.firstChild
    const remove = () => {
      const gone = at
      at = at.nextSibling
      gone.remove()
    }
    for (const child of [...fresh.childNodes]) {
      const key = keyOf(child)
      const known = key && keyed.get(key)
      if (known) {
        // What stays is never moved for what goes: moving takes away the focus.
        while (at && at !== known && (at.nodeType === 3 || (keyOf(at) && !wanted.has(keyOf(at))))) remove()
        if (at === known) at = at.nextSibling
        else old.insertBefore(known, at)
        morph(known, child)
      } else if (at && !key && !keyOf(at)) {
        const current = at
        at = at.nextSibling
        morph(current, child)
      } else old.insertBefore(child, at)
    }
    while (at) remove()
  }

  let running = null
  let lastTook = 0
  let lastEnd = performance.now()
  let planned = 0

  /** Fetches this address again and shows what is new in it, after any fetch under way. Resolves when it is shown. */
  function refresh() {
    const mine = (running ?? Promise.resolve()).then(load)
    running = mine
    return mine.finally(() => {
      if (running === mine) running = null
    })
  }

  async function load() {
    const start = performance.now()
    const address = location.href
    try {
      const response = await fetch(address, { headers: { accept: 'text/html' }, credentials: 'same-origin' })
      if (response.redirected && new URL(response.url).pathname === '/login') return location.reload()
      if (!response.ok) return showLive('waiting')
      const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
      // Whoever changed the address meanwhile fetches again.
      if (location.href !== address) return
      // It may have failed before without the stream having ended.
      if (source?.readyState === EventSource.OPEN) showLive('live')
      localizeTimes(fresh)
      for (const region of document.querySelectorAll('[data-live]')) {
        const next = fresh.querySelector(`[data-live="${CSS.escape(region.dataset.live)}"]`)
        if (next) morph(region, next)
      }
      document.title = fresh.title
      document.dispatchEvent(new CustomEvent('monitor:refreshed'))
    } catch {
      showLive('waiting')
    } finally {
      lastEnd = performance.now()
      lastTook = lastEnd - start
    }
  }

  /** A busy server is asked less often: at most a twentieth of the time goes into refreshing. */
  function plan() {
    if (planned || document.hidden) return
    const wait = Math.max(0, lastEnd + Math.max(1000, 20 * lastTook) - performance.now())
    planned = setTimeout(() => {
      planned = 0
      refresh()
    }, wait)
  }

  const sign = document.querySelector('[data-live-state]')

  function showLive(state) {
    if (!sign) return
    sign.hidden = false
    sign.dataset.liveState = state
    const word = state === 'live' ? 'Live' : 'Waiting for the server'
    const place = sign.querySelector('.live-word')
    if (place.textContent !== word) place.textContent = word
    sign.title = word
  }

  let source = null
  let fallback = 0

  function listen() {
    if (source) return
    source = new EventSource('/live')
    source.addEventListener('open', () => {
      clearInterval(fallback)
      fallback = 0
      // Nobody told what changed while there was no stream.
      if (sign?.dataset.liveState === 'waiting') refresh()
      showLive('live')
    })
    source.addEventListener('changed', plan)
    source.addEventListener('away', () => showLive('waiting'))
    source.addEventListener('ended', () => location.reload())
    source.addEventListener('error', () => {
      showLive('waiting')
      // A refused stream is not tried again by the browser: from then on the page refreshes each minute.
      if (source?.readyState === EventSource.CLOSED) source = null
      fallback ||= setInterval(() => {
        if (document.hidden) return
        refresh()
        if (!source) listen()
      }, 60_000)
    })
  }

  function pause() {
    source?.close()
    source = null
    clearInterval(fallback)
    fallback = 0
    clearTimeout(planned)
    planned = 0
  }

  if (document.querySelector('[data-live]')) {
    listen()
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) return pause()
      listen()
      refresh()
    })
    // "3 min ago" grows older even when nothing is heard.
    setInterval(() => {
      if (!document.hidden && performance.now() - lastEnd > 60_000) refresh()
    }, 15_000)
    addEventListener('pagehide', pause)
    addEventListener('pageshow', (event) => event.persisted && listen())
  }

  globalThis.monitorPage = { refresh, localizeTimes }
}
