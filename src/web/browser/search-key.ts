// `/` leads to the search box.
import { find } from './dom.ts'

document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]'))
    return
  const box = find('[data-search]', HTMLInputElement)
  if (!box) return
  event.preventDefault()
  box.focus()
  box.select()
})
