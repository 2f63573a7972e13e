// `/` and Ctrl-K lead to the search box, which shows hosts, metrics, pages and actions while the user types.
// Enter without a choice opens the search page, as it does without scripts.

import { type JumpAnswer, type JumpRow, THEME_ACTION } from '../ui/jump-row.ts'
import { BASE_PATH } from './base-path.ts'
import { find } from './dom.ts'

/** Milliseconds without a key before the server is asked. */
const PAUSE = 60
const LIST_ID = 'jump-list'

const KINDS: Readonly<Record<JumpRow['kind'], string>> = {
  host: 'Host',
  metric: 'Metric',
  view: 'View',
  page: 'Page',
  action: 'Action',
  search: 'Search',
}

class JumpBox {
  readonly #box: HTMLInputElement
  readonly #list = document.createElement('ul')
  #rows: readonly JumpRow[] = []
  /** Place of the row that Enter opens; -1 is none. */
  #chosen = -1
  /** Counts questions to the server: an answer to any but the last is dropped. */
  #asked = 0
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(box: HTMLInputElement) {
    this.#box = box
    this.#list.id = LIST_ID
    this.#list.className = 'jump-list'
    this.#list.hidden = true
    this.#list.setAttribute('role', 'listbox')
    this.#list.setAttribute('aria-label', 'Matches')
    box.after(this.#list)
    box.setAttribute('role', 'combobox')
    box.setAttribute('aria-autocomplete', 'list')
    box.setAttribute('aria-controls', LIST_ID)
    box.setAttribute('aria-expanded', 'false')
  }

  start() {
    document.addEventListener('keydown', (event) => this.#followShortcut(event))
    this.#box.addEventListener('input', () => this.#plan())
    this.#box.addEventListener('keydown', (event) => this.#followKey(event))
    this.#box.addEventListener('blur', () => this.#close())
    // The focus would leave the box before the click arrives.
    this.#list.addEventListener('pointerdown', (event) => event.preventDefault())
  }

  #followShortcut(event: KeyboardEvent) {
    const isSlash = event.key === '/' && !event.ctrlKey && !event.metaKey
    const isCtrlK = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)
    if ((!isSlash && !isCtrlK) || event.altKey || event.shiftKey) return
    const isTyping =
      event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]')
    if (isSlash && isTyping) return
    event.preventDefault()
    this.#box.focus()
    this.#box.select()
  }

  // ---- Asking ----
  #plan() {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#load(), PAUSE)
  }

  async #load() {
    const mine = ++this.#asked
    const text = this.#box.value.trim()
    if (text === '') return this.#show([])
    const query = new URLSearchParams({ q: text.slice(0, this.#box.maxLength) })
    const host = /^\/hosts\/([^/]+)/.exec(location.pathname.slice(BASE_PATH.length))?.[1]
    if (host !== undefined) query.set('host', decodeURIComponent(host))
    try {
      const response = await fetch(`${BASE_PATH}/jump?${query}`, { headers: { accept: 'application/json' } })
      if (mine !== this.#asked) return
      if (!response.ok || response.redirected) return this.#show([])
      const answer: JumpAnswer = await response.json()
      if (mine === this.#asked && document.activeElement === this.#box) this.#show(answer.rows)
    } catch {
      // Enter still opens the search page.
      if (mine === this.#asked) this.#show([])
    }
  }

  // ---- Showing ----
  #show(rows: readonly JumpRow[]) {
    this.#rows = rows
    this.#list.replaceChildren(...rows.map((row, i) => this.#makeRow(row, i)))
    this.#list.hidden = rows.length === 0
    this.#box.setAttribute('aria-expanded', String(rows.length > 0))
    this.#choose(-1)
  }

  #makeRow(row: JumpRow, i: number): HTMLLIElement {
    const item = document.createElement('li')
    item.id = `${LIST_ID}-${i}`
    item.setAttribute('role', 'option')
    item.append(
      wordsIn('jump-kind', KINDS[row.kind]),
      wordsIn('jump-title', row.title),
      wordsIn('jump-detail', row.detail),
    )
    item.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey) open(BASE_PATH + row.path, '_blank', 'noopener')
      else this.#go(row)
    })
    return item
  }

  #choose(place: number) {
    this.#chosen = place
    for (const [i, item] of [...this.#list.children].entries())
      item.setAttribute('aria-selected', String(i === place))
    if (place < 0) this.#box.removeAttribute('aria-activedescendant')
    else this.#box.setAttribute('aria-activedescendant', `${LIST_ID}-${place}`)
    this.#list.children[place]?.scrollIntoView({ block: 'nearest' })
  }

  #close() {
    this.#asked++
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#show([])
  }

  #followKey(event: KeyboardEvent) {
    const count = this.#rows.length
    if (count === 0) return
    if (event.key === 'ArrowDown') this.#choose(this.#chosen + 1 >= count ? 0 : this.#chosen + 1)
    else if (event.key === 'ArrowUp') this.#choose(this.#chosen <= 0 ? count - 1 : this.#chosen - 1)
    else if (event.key === 'Escape') this.#close()
    else if (event.key === 'Enter') {
      const row = this.#rows[this.#chosen]
      if (!row) return
      this.#go(row)
    } else return
    event.preventDefault()
  }

  #go(row: JumpRow) {
    if (row.path === THEME_ACTION) find('[data-theme-toggle]', HTMLButtonElement)?.click()
    else location.assign(BASE_PATH + row.path)
    this.#box.value = ''
    this.#close()
  }
}

function wordsIn(className: string, words: string): HTMLElement {
  const element = document.createElement('span')
  element.className = className
  element.textContent = words
  return element
}

const box = find('[data-search]', HTMLInputElement)
if (box) new JumpBox(box).start()
