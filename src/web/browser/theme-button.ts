// The button that goes round through the colours: as the system, light, dark.
import { findAll } from './dom.ts'

const CHOICES = ['system', 'light', 'dark'] as const

const root = document.documentElement

function showTheme(button: HTMLButtonElement) {
  const words = `Theme: ${root.dataset.theme ?? 'system'}`
  button.setAttribute('aria-label', words)
  button.title = words
  button.hidden = false
}

function chooseNext() {
  const current = CHOICES.findIndex((choice) => choice === (root.dataset.theme ?? 'system'))
  const next = CHOICES[(current + 1) % CHOICES.length] ?? 'system'
  if (next === 'system') delete root.dataset.theme
  else root.dataset.theme = next
  try {
    localStorage.setItem('theme', next)
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
}

for (const button of findAll('[data-theme-toggle]', HTMLButtonElement)) {
  showTheme(button)
  button.addEventListener('click', () => {
    chooseNext()
    showTheme(button)
  })
}

// Colours chosen in the preferences are for all devices, so they count on this one too.
document.addEventListener('submit', (event) => {
  if (!(event.target instanceof Element && event.target.matches('[data-preferences]'))) return
  try {
    localStorage.removeItem('theme')
  } catch {
    // Storage may be forbidden: then nothing was kept there.
  }
})
