// Keys of the list of problems: j and k move, x selects, a acknowledges the selected problems (or the current
// one), m opens its menu, Enter opens it. Everything can also be done without these keys.
import { act, send } from './actions.ts'
import { BASE_PATH } from './base-path.ts'
import { fieldOf, find, findAll } from './dom.ts'
import { REFRESHED } from './live.ts'

let current: string | null = null
const picked = new Set<string>()

const listRows = () => findAll('[data-problems] > [data-key]', HTMLElement)
const keyOf = (row: HTMLElement) => row.dataset.key ?? ''

function show() {
  for (const row of listRows()) {
    row.toggleAttribute('data-current', keyOf(row) === current)
    row.toggleAttribute('data-picked', picked.has(keyOf(row)))
  }
}

function move(step: number) {
  const rows = listRows()
  const at = rows.findIndex((row) => keyOf(row) === current)
  const next =
    rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + step))]
  if (!next) return
  current = keyOf(next)
  show()
  find('a', HTMLAnchorElement, next)?.focus()
  next.scrollIntoView({ block: 'nearest' })
}

async function acknowledge() {
  const rows = listRows()
  const chosen = rows.filter((row) => picked.has(keyOf(row)))
  const wanted = chosen.length > 0 ? chosen : rows.filter((row) => keyOf(row) === current)
  const forms = wanted.flatMap((row) => find('form[data-action]', HTMLFormElement, row) ?? [])
  const [form] = forms
  if (form && forms.length === 1) await act(form, find('button[type="submit"]', HTMLButtonElement, form))
  else if (form) {
    // Several are one action, so that one Undo takes back all of it.
    const fields = new URLSearchParams({ csrf: fieldOf(form, 'csrf')?.value ?? '', action: 'acknowledge' })
    for (const row of wanted) fields.append('id', keyOf(row).replace(/^event-/, ''))
    await send(`${BASE_PATH}/events/change`, fields)
  }
  picked.clear()
  show()
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  if (event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]'))
    return
  if (listRows().length === 0) return
  const row = listRows().find((one) => keyOf(one) === current)
  switch (event.key) {
    case 'j':
      return move(1)
    case 'k':
      return move(-1)
    case 'x': {
      if (current === null) return
      if (!picked.delete(current)) picked.add(current)
      return show()
    }
    case 'a':
      return void acknowledge()
    case 'm': {
      const menu = row && find('details.menu', HTMLDetailsElement, row)
      if (!menu) return
      menu.open = true
      return find('.menu-body button, .menu-body a', HTMLElement, menu)?.focus()
    }
  }
})
document.addEventListener(REFRESHED, show)
