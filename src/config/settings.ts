import type { Field } from './fields/fields.ts'
import { toKey } from './fields/key.ts'
import { SECTIONS, TOP } from './schema.ts'

/** A setting as it is named outside: one line for each key that a file may have. */
export type Setting = {
  /** `web.session_expiry`. */
  readonly key: string
  /** Null at the top of the file. */
  readonly section: keyof typeof SECTIONS | null
  /** The name in TypeScript, within its section. */
  readonly name: string
  readonly field: Field<unknown>
}

/** In the order of the schema. */
export const SETTINGS: readonly Setting[] = [
  ...Object.entries(TOP).map(([name, field]) => describeSetting(null, name, field)),
  ...Object.entries(SECTIONS).flatMap(([section, { fields }]) =>
    Object.entries(fields).map(([name, field]) =>
      describeSetting(section as keyof typeof SECTIONS, name, field as Field<unknown>),
    ),
  ),
]

function describeSetting(section: Setting['section'], name: string, field: Field<unknown>): Setting {
  const key = section === null ? toKey(name) : `${section}.${toKey(name)}`
  return { key, section, name, field }
}

/** The text of `config.example.toml`: every setting with its explanation, its default commented out. */
export function writeExample(): string {
  const lines = [
    '# Settings of monitor, the same file for every role. Each line that is commented out shows the default, or an',
    '# example where there is none. Any setting can also be given on the command line (--set web.port=8080) and in the',
    '# environment (MONITOR_WEB_PORT=8080); the command line wins over the environment, the environment over this file.',
    '# `monitor config check` reports every mistake, `monitor config print` what is in force and where it comes from.',
    '',
  ]
  let section: Setting['section'] = null
  for (const setting of SETTINGS) {
    if (setting.section !== section && setting.section !== null) {
      section = setting.section
      lines.push(`# ${SECTIONS[section].doc}`, `[${section}]`, '')
    }
    const key = toKey(setting.name)
    lines.push(...setting.field.doc.split('\n').flatMap(wrapComment), `#${key} = ${setting.field.example}`)
    if (setting.field.secret)
      lines.push('# Or the name of a file that holds it:', `#${key}_file = "/etc/monitor/${key}"`)
    lines.push('')
  }
  return `${lines.join('\n').trimEnd()}\n`
}

function wrapComment(doc: string): string[] {
  const lines: string[] = []
  let line = '#'
  for (const word of doc.split(' ')) {
    if (line.length + word.length > 100) {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return [...lines, line]
}
