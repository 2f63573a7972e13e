// Runs before the first paint, so that a page never flashes in the wrong colours. Without it they follow the
// system. It is a script of its own that loads nothing else: whatever it had to wait for would delay the
// page.
{
  const root = document.documentElement
  let choice: string | null = null
  try {
    choice = localStorage.getItem('theme')
  } catch {
    // Storage may be forbidden: then the system's choice stands.
  }
  // `system` on this device overrides the choice that the server stores for all of the user's devices.
  if (choice === 'system') delete root.dataset.theme
  else if (choice === 'light' || choice === 'dark') root.dataset.theme = choice
  root.classList.add('scripted')
}

// Makes this file a module for the compiler; the bundle has nothing of it.
export {}
