import { readFileSync } from 'node:fs'

/** Names of users or groups by their numbers, and the other way round. */
export type AccountNames = {
  /** The number as text where there is no name. */
  readonly nameOf: (id: number) => string
  /** Null when there is no such name. A number stands for itself. */
  readonly idOf: (name: string) => number | null
}

/** From a file in the form of `/etc/passwd` or `/etc/group`. Nobody is known when it can't be read. */
export function readAccountNames(file: string): AccountNames {
  const entries: [name: string, id: number][] = readLines(file).map((line) => {
    const [name = '', , id = ''] = line.split(':')
    return [name, Number(id)]
  })
  const names = new Map(entries.map(([name, id]) => [id, name]))
  const ids = new Map(entries)
  return {
    nameOf: (id) => names.get(id) ?? String(id),
    idOf: (name) => ids.get(name) ?? (/^\d{1,10}$/.test(name) ? Number(name) : null),
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /^[^:#]+:[^:]*:\d+:/.test(line))
  } catch {
    return []
  }
}
