// Runs before the first paint, so that a page never flashes in the wrong colours. Without it they follow the system.
{
  let choice = null
  try {
    choice = localStorage.getItem('theme')
  } catch {
    // Storage may be forbidden: then the system's choice stands.
  }
  if (choice === 'light' || choice === 'dark') document.documentElement.dataset.theme = choice
  document.documentElement.classList.add('scripted')
}
