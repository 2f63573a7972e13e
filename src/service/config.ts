import { ConfigError, type ConfigProblem } from '../config/config-error.ts'
import { quote } from '../config/fields/fields.ts'
import { toKey } from '../config/fields/key.ts'
import { SECTIONS } from '../config/schema.ts'
import { writeExample } from '../config/settings.ts'
import type { Places, ServiceRole } from './paths.ts'

/** Options of the command line for a service that is to be registered. */
export type ServiceOptions = {
  readonly server: string | null
  readonly fingerprint: string | null
  readonly passphraseFile: string | null
}

/** Problems in the words of the command line, before anything is written. */
export function checkOptions(role: ServiceRole, { server, fingerprint }: ServiceOptions): void {
  const problems: ConfigProblem[] = []
  const check = (option: 'server' | 'fingerprint', value: string | null) => {
    if (value === null) return
    const note = (expected: string) =>
      problems.push({ where: 'command line', key: `--${option}`, value, expected: `expected ${expected}` })
    if (role !== 'agent') note('it for the role "agent" only')
    else SECTIONS.agent.fields[option].readText(value, note)
  }
  check('server', server)
  check('fingerprint', fingerprint)
  if (problems.length > 0) throw new ConfigError(problems)
}

/** A first configuration: the example, with the known values filled in. */
export function writeFirstConfig(role: ServiceRole, places: Places, options: ServiceOptions): string {
  const values = new Map([
    [toKey('dataDir'), quote(places.dataDir)],
    ...describeValues(role, places, options),
  ])
  return fillIn(writeExample(), values)
}

/** The options of the command line as TOML, by key. */
export function describeValues(
  role: ServiceRole,
  places: Places,
  { server, fingerprint, passphraseFile }: ServiceOptions,
): Map<string, string> {
  const values = new Map<string, string>()
  if (server !== null) values.set('agent.server', writeList(server))
  if (fingerprint !== null) values.set('agent.fingerprint', writeList(fingerprint))
  if (passphraseFile !== null)
    values.set(
      role === 'agent' ? 'agent.passphrase_file' : 'collect.passphrase_file',
      quote(places.passphraseFile),
    )
  return values
}

const writeList = (text: string) =>
  `[${text
    .split(',')
    .map((item) => quote(item.trim()))
    .join(', ')}]`

/**
 * Sets settings that a file does not set yet and changes nothing else. A setting takes the place of its line
 * that is commented out; where there is none it goes below the heading of its section, which is added when it
 * is missing.
 */
export function fillIn(text: string, given: ReadonlyMap<string, string>): string {
  const values = new Map(given)
  let section = ''
  const lines = text.split('\n').map((line) => {
    section = /^\[(\w+)\]\s*$/.exec(line)?.[1] ?? section
    const name = /^#\s*(\w+) = /.exec(line)?.[1]
    const key = section === '' ? name : `${section}.${name}`
    const value = key === undefined ? undefined : values.get(key)
    if (key === undefined || value === undefined) return line
    values.delete(key)
    return `${name} = ${value}`
  })
  for (const [key, value] of values) addSetting(lines, key, value)
  return lines.join('\n')
}

function addSetting(lines: string[], key: string, value: string): void {
  const [name = '', section] = key.split('.').reverse()
  const setting = `${name} = ${value}`
  if (section === undefined) {
    lines.unshift(setting)
    return
  }
  const heading = lines.findIndex((line) => new RegExp(`^\\s*\\[\\s*${section}\\s*\\]`).test(line))
  if (heading >= 0) lines.splice(heading + 1, 0, setting)
  else lines.push(`[${section}]`, setting, '')
}
