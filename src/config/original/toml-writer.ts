import { quote } from '../fields/fields.ts'

/** A configuration that is written piece by piece, with notes for the administrator. */
export class TomlWriter {
  readonly #sections = new Map<string, string[]>()
  readonly #notes: string[] = []
  readonly #tables: string[] = []

  /** `value` is text, which is quoted, or a number, a flag or a list of texts. */
  set(section: string, key: string, value: string | number | boolean | readonly string[]): void {
    const written =
      typeof value === 'string'
        ? quote(value)
        : typeof value === 'object'
          ? `[${value.map(quote).join(', ')}]`
          : String(value)
    const lines = this.#sections.get(section) ?? []
    lines.push(`${key} = ${written}`)
    this.#sections.set(section, lines)
  }

  /** A table of which a section has several. Its values are TOML already. */
  addTable(heading: string, values: Readonly<Record<string, string>>): void {
    const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}`)
    this.#tables.push([`[[${heading}]]`, ...lines].join('\n'))
  }

  /** Something that a person has to know; it becomes a comment. */
  note(text: string): void {
    this.#notes.push(text)
  }

  write(head: string): string {
    // A value that goes over several lines must not end the comment.
    const tidy = (note: string) => `- ${note.replace(/\p{Cc}+/gu, ' ')}`
    const comments = [head, ...this.#notes.map(tidy)]
    const sections = [...this.#sections].map(([name, lines]) => [`[${name}]`, ...lines].join('\n'))
    return [comments.map((line) => `# ${line}`).join('\n'), ...sections, ...this.#tables].join('\n\n')
  }
}
