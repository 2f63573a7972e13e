import { COMPARISONS } from '../../domain/comparison.ts'
import { toMetricName, toUsedName, usedFromFree } from '../../domain/sample.ts'
import { quote } from '../fields/fields.ts'
import { parseServerAddress } from '../server-address.ts'
import { readIni } from './ini.ts'
import { TomlWriter } from './toml-writer.ts'
import { OriginalValues, takePassphrase } from './values.ts'

/** `perf.service.spooler.state`. */
const STATE = /^perf\.(service|process)\.(.+)\.state$/

/**
 * The configuration, in TOML, that does the same as a `settings.ini` of an agent of the original; settings
 * without an equal are noted in comments. Throws an Error when `text` is not such a file.
 */
export function convertAgentSettings(text: string): string {
  const toml = new TomlWriter()
  const ini = readIni(text, 'configuration')
  const values = new OriginalValues(ini, toml)
  takeServer(values, toml)
  takePassphrase(values, toml, 'configuration', 'agent')
  values.drop('configuration', ['log'], 'monitor always logs, see the section [log]')
  values.drop('configuration', ['name'], 'agent.name is for a name that is not that of the machine')
  const services = takeNames(ini.takeAll('services'))
  const processes = takeNames(ini.takeAll('processes'))
  if (services.length > 0) toml.set('agent', 'services', services)
  if (processes.length > 0) toml.set('agent', 'processes', processes)
  // The original evaluates the thresholds in its file, and no others.
  toml.set('agent', 'default_thresholds', false)
  const watched = { service: services, process: processes }
  for (const [key, line] of ini.takeAll('thresholds')) takeThreshold(toml, key, line, watched)
  values.noteLeft()
  return toml.write('Configuration of an agent, made from the settings.ini of the original product.')
}

function takeServer(values: OriginalValues, toml: TomlWriter) {
  const host = values.text('configuration', 'server')
  const port = values.whole('configuration', 'port', [1, 65_535]) ?? 8888
  const isSecure = values.flag('configuration', 'secure') ?? false
  if (host === null) return
  const address = `${isSecure ? 'tls://' : ''}${host.includes(':') ? `[${host}]` : host}:${port}`
  if (parseServerAddress(address) === null) {
    toml.note(`left out: [configuration] server = ${host}: expected a name or an address`)
    return
  }
  toml.set('agent', 'server', [address])
  if (isSecure)
    toml.note(
      'secure: the original verifies no certificate, monitor does: set agent.fingerprint to the fingerprint that ' +
        'the server says at its start, or agent.ca_file',
    )
}

const takeNames = (lines: readonly (readonly [string, string])[]) =>
  lines.map(([, name]) => name.trim()).filter((name) => name !== '')

/**
 * Agents of 2018 send the free space of a filesystem, ours the used space: less of one is more of the other.
 */
const FLIPPED: Readonly<Record<string, string>> = { '>': '<', '<': '>' }

type Watched = Readonly<Record<'service' | 'process', readonly string[]>>

function takeThreshold(toml: TomlWriter, key: string, line: string, watched: Watched) {
  const [monitor = '', severity = '', value = '', compare = '', duration = '', ...more] = line
    .split(',')
    .map((part) => part.trim())
  const metric = nameMetric(monitor, watched)
  const isSound =
    metric !== null &&
    /^[1-4]$/.test(severity) &&
    value !== '' &&
    Number.isFinite(Number(value)) &&
    COMPARISONS.some((known) => known === compare) &&
    /^\d{1,7}$/.test(duration) &&
    more.length === 0
  if (!isSound) {
    toml.note(
      `left out: [thresholds] ${key} = ${line}: expected monitor, severity (1 to 4), value, compare (>, < or =), ` +
        'duration in seconds',
    )
    return
  }
  const used = toUsedName(metric)
  const isFree = used !== metric
  toml.addTable('agent.threshold', {
    metric: quote(used),
    severity,
    compare: quote(isFree ? (FLIPPED[compare] ?? compare) : compare),
    value: String(isFree ? usedFromFree(Number(value)) : Number(value)),
    duration: quote(`${Number(duration)}s`),
  })
}

/**
 * The original writes services and processes in lower case and without blanks into the names of metrics; here they
 * stand as they are set.
 */
function nameMetric(monitor: string, watched: Watched): string | null {
  const [, kind, name] = STATE.exec(monitor) ?? []
  if (kind !== 'service' && kind !== 'process') return toMetricName(monitor)
  const isMeant = (one: string) => one.replaceAll(' ', '').toLowerCase() === name?.toLowerCase()
  return toMetricName(`perf.${kind}.${watched[kind].find(isMeant) ?? name}.state`)
}
