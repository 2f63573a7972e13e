// Conveniences of forms and lists. Everything here can be done without.
import { closest, findAll, setText } from './dom.ts'
import { REFRESHED, refresh } from './live.ts'

// ---- One box for all of a list ----
const boxesOf = (all: HTMLInputElement) =>
  all.form ? findAll(`input[name="${all.dataset.checkAll}"]`, HTMLInputElement, all.form) : []

function showAll() {
  for (const all of findAll('[data-check-all]', HTMLInputElement)) {
    // Hidden without scripts, and so in every page that is fetched to renew this one.
    all.hidden = false
    const boxes = boxesOf(all)
    const checked = boxes.filter((box) => box.checked).length
    all.checked = boxes.length > 0 && checked === boxes.length
    all.indeterminate = checked > 0 && checked < boxes.length
    const count = all.form?.querySelector('[data-checked-count]')
    if (count) setText(count, checked === 0 ? '' : `${checked} selected`)
  }
}

/** The box that was clicked last: with Shift all between it and the next one follow. */
let clicked: HTMLInputElement | null = null

document.addEventListener('click', ({ target, shiftKey }) => {
  if (!(target instanceof HTMLInputElement) || target.type !== 'checkbox' || !target.form) return
  if (!target.form.querySelector(`[data-check-all="${target.name}"]`)) return
  const boxes = findAll(`input[name="${target.name}"]`, HTMLInputElement, target.form)
  const [from, to] = [clicked === null ? -1 : boxes.indexOf(clicked), boxes.indexOf(target)]
  if (shiftKey && from >= 0 && to >= 0)
    for (const box of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) box.checked = target.checked
  clicked = target
  showAll()
})

document.addEventListener('change', ({ target }) => {
  if (target instanceof HTMLSelectElement && target.matches('[data-shows]')) showParts(target)
  if (!(target instanceof HTMLInputElement) || target.type !== 'checkbox') return
  if (target.matches('[data-check-all]')) for (const box of boxesOf(target)) box.checked = target.checked
  showAll()
})
document.addEventListener(REFRESHED, showAll)
showAll()

// ---- Parts of a form that belong to one choice ----
function showParts(select: HTMLSelectElement) {
  if (!select.form) return
  for (const part of findAll(`[data-shown-by="${select.name}"]`, HTMLElement, select.form)) {
    const isShown = (part.dataset.shownFor ?? '').split(' ').includes(select.value)
    part.hidden = !isShown
    for (const field of part.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select'))
      field.disabled = !isShown
  }
}
for (const select of findAll('select[data-shows]', HTMLSelectElement)) showParts(select)

// ---- A list is filtered while the user types ----
/** Milliseconds without a further key after which the list is filtered. */
const TYPING = 200
let typing: ReturnType<typeof setTimeout> | null = null

document.addEventListener('input', ({ target }) => {
  if (!(target instanceof HTMLInputElement) || !target.form?.matches('[data-filter-typing]')) return
  if (typing !== null) clearTimeout(typing)
  const { name, value } = target
  typing = setTimeout(() => {
    const url = new URL(location.href)
    if (value.trim() === '') url.searchParams.delete(name)
    else url.searchParams.set(name, value)
    url.searchParams.delete('offset')
    if (url.href === location.href) return
    history.replaceState(history.state, '', url)
    void refresh()
  }, TYPING)
})

// ---- Copying ----
function offerCopying(button: HTMLButtonElement) {
  button.hidden = false
  button.addEventListener('click', async () => {
    const words = button.textContent
    const copied = document.getElementById(button.dataset.copy ?? '')
    await navigator.clipboard.writeText(copied?.textContent ?? '')
    button.textContent = 'Copied'
    setTimeout(() => {
      button.textContent = words
    }, 2000)
  })
}
function copyAddress(button: HTMLButtonElement) {
  const words = button.textContent
  navigator.clipboard.writeText(location.href).then(() => {
    button.textContent = 'Copied'
    setTimeout(() => {
      button.textContent = words
    }, 2000)
  })
}
document.addEventListener('click', (event) => {
  const button = closest(event, '[data-copy-address]', HTMLButtonElement)
  if (button && 'clipboard' in navigator) copyAddress(button)
})

// A page that came without TLS has no clipboard.
if ('clipboard' in navigator)
  for (const button of findAll('[data-copy]', HTMLButtonElement)) offerCopying(button)
