/**
 * The text after `start` on the first line that begins with it, without the line's end; null when no line
 * does. The kernel's tables have hundreds of lines of which a probe needs three: a pattern would look at
 * every character.
 */
export function findLine(text: string, start: string): string | null {
  let at = 0
  if (!text.startsWith(start)) {
    at = text.indexOf(`\n${start}`) + 1
    if (at === 0) return null
  }
  const end = text.indexOf('\n', at)
  return text.slice(at + start.length, end < 0 ? undefined : end)
}
