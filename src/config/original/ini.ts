/** A settings file of the original product: values by `[section] key`, keys in lower case. */
export type Ini = {
  /** Takes a value out; null when it is not there or empty. */
  take(section: string, key: string): string | null
  /** Takes a whole section out, in its order. */
  takeAll(section: string): readonly (readonly [key: string, value: string])[]
  /** Keys that were not used, as `[section] key`. */
  listLeft(): readonly string[]
}

/**
 * Reads a file as the original's own reader does: `key = value` or `key: value` under `[section]`, comments
 * behind `#` or `;` at the beginning of a line, continued lines indented. Throws an Error that names the line
 * when the file is malformed, or when it lacks the section `needed`.
 */
export function readIni(text: string, needed: string): Ini {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | null = null
  let last: string | null = null
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  lines.forEach((line, i) => {
    const content = line.trim()
    if (content === '' || /^[#;]/.test(content)) return
    const [, heading] = /^\[([^\]]+)\]$/.exec(content) ?? []
    if (heading !== undefined) {
      section = sections.get(heading.toLowerCase()) ?? new Map()
      sections.set(heading.toLowerCase(), section)
      last = null
      return
    }
    const [, key, value = ''] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(content) ?? []
    if (section === null) throw new Error(`line ${i + 1}: expected a heading such as [server]`)
    if (/^\s/.test(line) && last !== null) section.set(last, `${section.get(last)}\n${content}`)
    else if (key === undefined) throw new Error(`line ${i + 1}: expected "key = value"`)
    else {
      last = key.toLowerCase()
      section.set(last, value)
    }
  })
  if (!sections.has(needed)) throw new Error(`expected a section [${needed}]`)
  return {
    take(name, key) {
      const found = sections.get(name)?.get(key) ?? ''
      sections.get(name)?.delete(key)
      return found === '' ? null : found
    },
    takeAll(name) {
      const found = [...(sections.get(name) ?? [])]
      sections.delete(name)
      return found
    },
    listLeft: () =>
      [...sections].flatMap(([name, values]) => [...values.keys()].map((key) => `[${name}] ${key}`)),
  }
}
