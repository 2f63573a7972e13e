// Runs before the first paint, so that a page never flashes in the wrong colours. Without it they follow the system.
{
  let choice = null
  try {
    choice = localStorage.getItem('theme')
  } catch {
    // Storage may be forbidden: then the system's choice stands.
  }
  // `system` on this device overrules what the server was told for all of them.
  if (choice === 'system') delete document.documentElement.dataset.theme
  else if (choice === 'light' || choice === 'dark') document.documentElement.dataset.theme = choice
  document.documentElement.classList.add('scripted')
}
