// Keeps the [data-live] regions of a page as they are on the server.
import { applyDelta, LIVE_PAGE_HEADER } from '../ui/page-delta.ts'
import { BASE_PATH } from './base-path.ts'
import { find, setText } from './dom.ts'
import { morph } from './morph.ts'
import { localizeTimes } from './times.ts'
import { tint } from './tint.ts'

/** Dispatched on the document when the regions show the newest state from the server. */
export const REFRESHED = 'monitor:refreshed'

/**
 * Seconds after which the page is refreshed even without a message, because times such as "3 min ago" become
 * outdated.
 */
const OLDEST_SECONDS = 60

let running: Promise<void> | null = null
let lastTook = 0
let lastEnd = performance.now()

/**
 * Fetches this address again and shows the changes, after any fetch that is running. Resolves when they are
 * shown.
 */
export function refresh(): Promise<void> {
  const mine = (running ?? Promise.resolve()).then(load).finally(() => {
    if (running === mine) running = null
  })
  running = mine
  return mine
}

async function load() {
  const start = performance.now()
  const address = location.href
  try {
    const response = await fetch(address, {
      headers: { accept: 'text/html', [LIVE_PAGE_HEADER]: held?.address === address ? held.id : 'new' },
      credentials: 'same-origin',
    })
    if (response.redirected && new URL(response.url).pathname === `${BASE_PATH}/login`)
      return location.reload()
    if (!response.ok) return showState('waiting')
    const markup = await readMarkup(response, address)
    const fresh = new DOMParser().parseFromString(markup, 'text/html')
    // Whoever changed the address meanwhile fetches again.
    if (location.href !== address) return
    // It may have failed before without the stream having ended.
    if (source?.readyState === EventSource.OPEN) showState('live')
    show(fresh, shown === address)
    shown = address
  } catch {
    showState('waiting')
  } finally {
    lastEnd = performance.now()
    lastTook = lastEnd - start
  }
}

/** The address whose page is shown. */
let shown = location.href

/** The page as it was received last; the server sends only what has changed since then. */
let held: { readonly id: string; readonly address: string; readonly markup: string } | null = null

async function readMarkup(response: Response, address: string): Promise<string> {
  const id = response.headers.get(LIVE_PAGE_HEADER)
  const isDelta = response.headers.get('content-type')?.startsWith('application/json')
  const markup = isDelta && held ? applyDelta(held.markup, await response.json()) : await response.text()
  held = id === null ? null : { id, address, markup }
  return markup
}

/** `isSame`: it is the page that was shown before, of a later time, and what changed in it is news. */
function show(fresh: Document, isSame: boolean) {
  localizeTimes(fresh)
  for (const region of document.querySelectorAll<HTMLElement>('[data-live]')) {
    const next = fresh.querySelector(`[data-live="${CSS.escape(region.dataset.live ?? '')}"]`)
    if (next) morph(region, next, isSame ? tint : undefined)
  }
  document.title = fresh.title
  document.dispatchEvent(new Event(REFRESHED))
}

// ---- When ----
let planned: ReturnType<typeof setTimeout> | null = null

/** A busy server is asked less often: at most a twentieth of the time goes into refreshing. */
function plan() {
  if (planned !== null || document.hidden) return
  const wait = Math.max(0, lastEnd + Math.max(1000, 20 * lastTook) - performance.now())
  planned = setTimeout(() => {
    planned = null
    refresh()
  }, wait)
}

type LiveState = 'live' | 'waiting'

const WORDS: Readonly<Record<LiveState, string>> = { live: 'Live', waiting: 'Reconnecting…' }

const sign = find('[data-live-state]', HTMLElement)

function showState(state: LiveState) {
  if (!sign) return
  sign.hidden = false
  sign.dataset.liveState = state
  const place = sign.querySelector('.live-word')
  if (place) setText(place, WORDS[state])
  sign.title = WORDS[state]
}

let source: EventSource | null = null
let fallback: ReturnType<typeof setInterval> | null = null

function stopFallback() {
  if (fallback !== null) clearInterval(fallback)
  fallback = null
}

function listen() {
  if (source) return
  source = new EventSource(`${BASE_PATH}/live`)
  source.addEventListener('open', () => {
    stopFallback()
    // Changes were not announced while there was no stream.
    if (sign?.dataset.liveState === 'waiting') refresh()
    showState('live')
  })
  source.addEventListener('changed', plan)
  source.addEventListener('away', () => showState('waiting'))
  source.addEventListener('ended', () => location.reload())
  source.addEventListener('error', () => {
    showState('waiting')
    // A refused stream is not tried again by the browser: from then on the page refreshes each minute.
    if (source?.readyState === EventSource.CLOSED) source = null
    fallback ??= setInterval(() => {
      if (document.hidden) return
      refresh()
      if (!source) listen()
    }, OLDEST_SECONDS * 1000)
  })
}

function pause() {
  source?.close()
  source = null
  stopFallback()
  if (planned !== null) clearTimeout(planned)
  planned = null
}

// A page without the sign gets no stream: whoever has to choose a password first is refused everything else.
if (sign && document.querySelector('[data-live]')) {
  listen()
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return pause()
    listen()
    refresh()
  })
  setInterval(() => {
    if (!document.hidden && performance.now() - lastEnd > OLDEST_SECONDS * 1000) refresh()
  }, 15_000)
  addEventListener('pagehide', pause)
  addEventListener('pageshow', (event) => {
    if (event.persisted) listen()
  })
}
