import { NO_PASSPHRASE } from '../domain/users/passphrase.ts'
import { toKey } from './fields/key.ts'
import { hideInAddress } from './hide-secrets.ts'
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

/**
 * Secrets on the command line, where every user of the machine sees them in the process list, as sentences
 * that name the setting to use instead.
 */
export function findShownSecrets(set: readonly string[]): string[] {
  return set.flatMap((word) => {
    const [, key = '', value = ''] = /^\s*([^=]+?)\s*=(.*)$/s.exec(word) ?? []
    const field = SETTINGS.find((setting) => setting.key === key)?.field
    if (field?.secret && value !== NO_PASSPHRASE)
      return [`${key} stands on the command line, where ps shows it: give ${key}_file, a file that holds it`]
    const hidden = (field?.mask ?? hideInAddress)(value)
    return hidden === value
      ? []
      : [
          `${key} holds a password on the command line, where ps shows it: write it into the configuration file`,
        ]
  })
}
