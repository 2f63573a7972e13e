import { isMailAddress, parseRecipients } from '../../domain/notifications/mail-address.ts'
import { readIni } from './ini.ts'
import { TomlWriter } from './toml-writer.ts'
import { OriginalValues, takePassphrase } from './values.ts'

const PORT = [1, 65_535] as const
const YEAR = 365 * 86_400

/**
 * The configuration, in TOML, that does the same as a `settings.ini` of the original's server; settings
 * without an equal are noted in comments. Throws an Error when `text` is not such a file.
 */
export function convertServerSettings(text: string): string {
  const toml = new TomlWriter()
  const values = new OriginalValues(readIni(text, 'server'), toml)
  takeDatabase(values, toml)
  takeServer(values, toml)
  takeMail(values, toml)
  const check = values.whole('events', 'availability_check', [2, 30 * 86_400])
  if (check !== null) toml.set('events', 'availability_check', `${check}s`)
  const severity = values.whole('events', 'availability_severity', [1, 4])
  if (severity !== null) toml.set('events', 'availability_severity', severity)
  for (const [theirs, ours] of [
    ['data', 'samples'],
    ['event', 'events'],
    ['agent', 'hosts'],
  ] as const) {
    const seconds = values.whole('retention', theirs, [3600, 1000 * YEAR])
    if (seconds !== null) toml.set('retention', ours, `${seconds}s`)
  }
  values.drop(
    'certificates',
    ['key', 'name'],
    'the key of the original lies in its repository, so everybody has it; monitor makes a certificate of its ' +
      'own, which original agents take, because they verify none',
  )
  values.noteLeft()
  return toml.write('Configuration of the server, made from the settings.ini of the original product.')
}

function takeDatabase(values: OriginalValues, toml: TomlWriter) {
  const host = values.text('database', 'host') ?? 'localhost'
  const [name, user] = [values.text('database', 'name'), values.text('database', 'user')]
  if (name !== null && user !== null)
    toml.note(
      `its database, to take over what is in it: monitor db import-original --from mysql://${encodeURIComponent(user)}@` +
        `${host}:3306/${encodeURIComponent(name)} --from-password-file FILE`,
    )
  values.drop('database', ['password'], 'the import reads it from a file')
}

function takeServer(values: OriginalValues, toml: TomlWriter) {
  takePassphrase(values, toml, 'server', 'collect')
  const address = values.text('server', 'ipaddress') ?? values.text('server', 'server')
  if (address !== null && address !== '0.0.0.0')
    for (const section of ['collect', 'web']) toml.set(section, 'address', address)
  const collectPort = values.whole('server', 'port_collect', PORT)
  if (collectPort !== null) toml.set('collect', 'port', collectPort)
  const webPort = values.whole('server', 'port_web', PORT)
  const isSecure = values.flag('server', 'secure')
  if (isSecure) toml.set('web', 'tls', true)
  if (webPort !== null) toml.set('web', isSecure ? 'tls_port' : 'port', webPort)
  if (isSecure)
    toml.note('secure: agents with TLS and without come to the same port of collect, whatever is set')
  else
    toml.note(
      'agents without TLS are taken from private addresses alone; others need to be named in collect.plain_from',
    )
  const expiry = values.whole('server', 'session_expire', [60, YEAR])
  if (expiry !== null) toml.set('web', 'session_expiry', `${expiry}s`)
  values.drop('server', ['log'], 'monitor always logs, see the section [log]')
}

function takeMail(values: OriginalValues, toml: TomlWriter) {
  const isActive = values.flag('mail', 'active') ?? false
  const server = values.text('mail', 'server')
  const from = values.text('mail', 'admin') ?? values.text('mail', 'from')
  if (!isActive) {
    if (server !== null) toml.note(`mail was switched off; its server was ${server}`)
    return
  }
  if (server !== null) {
    const [, host = server, port] = /^(.*?)(?::(\d+))?$/.exec(server) ?? []
    toml.set('mail', 'server', host)
    if (port !== undefined) toml.set('mail', 'port', Number(port))
  }
  if (from === null) return
  const [address, ...more] = parseRecipients(from) ?? []
  if (address !== undefined && more.length === 0 && isMailAddress(address)) toml.set('mail', 'from', address)
  else toml.note(`left out: [mail] sender ${from}: expected an address such as monitor@example.org`)
}
