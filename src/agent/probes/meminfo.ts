/** /proc/meminfo in bytes by name; lines that are not amounts in kB are left out. */
export function parseMeminfo(text: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const [, name, amount] of text.matchAll(/^([A-Za-z][\w()]*): +(\d{1,15}) kB$/gm))
    if (name !== undefined && amount !== undefined) found.set(name, Number(amount) * 1024)
  return found
}
