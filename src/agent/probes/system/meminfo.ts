/** One amount of /proc/meminfo in bytes; null when there is no such line. */
export function findAmount(text: string, name: string): number | null {
  const start = text.startsWith(`${name}:`) ? 0 : text.indexOf(`\n${name}:`) + 1
  if (start === 0 && !text.startsWith(`${name}:`)) return null
  const end = text.indexOf('\n', start)
  const found = /^ *(\d{1,15}) kB$/.exec(text.slice(start + name.length + 1, end < 0 ? undefined : end))
  return found === null ? null : Number(found[1]) * 1024
}
