import { toKey } from './key.ts'
import type { LoadedConfig } from './load.ts'
import { SETTINGS } from './settings.ts'

/** Every setting as TOML with its origin as a comment, secrets hidden. What has no value is commented out. */
export function printConfig({ config, origins }: LoadedConfig): string {
  const lines: string[] = []
  let section: string | null = null
  for (const setting of SETTINGS) {
    if (setting.section !== null && setting.section !== section) {
      section = setting.section
      lines.push('', `[${section}]`)
    }
    const values: Readonly<Record<string, unknown>> =
      setting.section === null ? config : config[setting.section]
    const value = values[setting.name]
    const shown = `${value === null ? '#' : ''}${toKey(setting.name)} = ${setting.field.show(value)}`
    lines.push(`${shown.padEnd(48)} # ${origins.get(setting.key) ?? 'default'}`)
  }
  return lines.join('\n')
}
