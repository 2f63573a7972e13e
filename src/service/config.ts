import { ConfigError, type ConfigProblem } from '../config/config-error.ts'
import { quote } from '../config/fields.ts'
import { toKey } from '../config/key.ts'
import { SECTIONS } from '../config/schema.ts'
import { writeExample } from '../config/settings.ts'
import type { Places, ServiceRole } from './paths.ts'

/** What the command line says of a service that is to be registered. */
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

/** A configuration to begin with: the example, with what is known filled in. */
export function writeFirstConfig(role: ServiceRole, places: Places, options: ServiceOptions): string {
  const list = (text: string) =>
    `[${text
      .split(',')
      .map((item) => quote(item.trim()))
      .join(', ')}]`
  const values = new Map([[toKey('dataDir'), quote(places.dataDir)]])
  if (options.server !== null) values.set('agent.server', list(options.server))
  if (options.fingerprint !== null) values.set('agent.fingerprint', list(options.fingerprint))
  if (options.passphraseFile !== null)
    values.set(
      role === 'agent' ? 'agent.passphrase_file' : 'collect.passphrase_file',
      quote(places.passphraseFile),
    )
  let section = ''
  const lines = writeExample()
    .split('\n')
    .map((line) => {
      section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section
      const key = /^#(\w+) = /.exec(line)?.[1]
      const full = section === '' ? key : `${section}.${key}`
      const value = full === undefined ? undefined : values.get(full)
      if (full === undefined || value === undefined) return line
      values.delete(full)
      return `${key} = ${value}`
    })
  if (values.size > 0) throw new Error(`the example lacks ${[...values.keys()].join(', ')}`)
  return lines.join('\n')
}
