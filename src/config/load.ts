import { dirname, isAbsolute, resolve } from 'node:path'
import { describeFileError } from '../lib/log.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { findNearest, toVariable } from './fields/key.ts'
import { isTable } from './fields/tables.ts'
import { type ConfigMachine, findConfigFile, readConfigFile } from './file.ts'
import { HIDDEN, hideInValue } from './hide-secrets.ts'
import type { Config } from './schema.ts'
import { SETTINGS, type Setting } from './settings.ts'

/** The part of the command line that concerns the configuration. */
export type ConfigArguments = {
  readonly config?: string | undefined
  /** Whose own file is looked for before that of all: `agent`. */
  readonly role?: string | undefined
  readonly dataDir?: string | undefined
  /** Text of the form `section.key=value`. */
  readonly set?: readonly string[] | undefined
}

/** `default`, the name of the file, `environment MONITOR_WEB_PORT`, `--set` or `--data-dir`. */
export type Origins = ReadonlyMap<string, string>

export type LoadedConfig = {
  readonly config: Config
  /** By key: where each value comes from. */
  readonly origins: Origins
  /** The file that was read, if any. */
  readonly file: string | null
  /** Files and folders that settings in force name: where a secret is held, certificates and the like. */
  readonly named: readonly NamedFile[]
  /** Reads everything again, in the same way. Throws as `loadConfig`. */
  readonly reload: () => LoadedConfig
}

/** A file that the configuration names. */
export type NamedFile = {
  /** Its name in the configuration: `agent.passphrase_file`. */
  readonly key: string
  /** Absolute. */
  readonly file: string
}

/** One value that was given for one setting. */
type Given = {
  readonly setting: Setting
  readonly where: string
  readonly raw: unknown
  /** A word, not a value of TOML. */
  readonly isText: boolean
  /** The value names a file that holds the secret. */
  readonly inFile: boolean
  /** Folder from which a relative path counts. */
  readonly base: string
}

type FoundSettings = {
  readonly given: Given[]
  readonly problems: ConfigProblem[]
  /** The log format in a file that is malformed elsewhere. */
  readonly logFormat?: string | null
}

const BY_KEY = new Map(SETTINGS.map((setting) => [setting.key, setting]))
const KEYS = SETTINGS.flatMap(({ key, field }) => (field.secret ? [key, `${key}_file`] : [key]))
const SECTION_NAMES = new Set(SETTINGS.map((setting) => setting.section).filter((name) => name !== null))

/**
 * Puts the configuration together: command line over environment over file over default.
 * Throws `ConfigError` with every mistake there is, also in values that another one outweighs.
 */
export function loadConfig(args: ConfigArguments, host: ConfigMachine): LoadedConfig {
  const file = findConfigFile(args.config ?? host.env.MONITOR_CONFIG, host, args.role)
  const sources = [
    file === null ? NOTHING : readSource(() => collectFromTable(readConfigFile(file, host), file)),
    collectFromEnvironment(host),
    collectFromArguments(args, host),
  ]
  const problems = sources.flatMap((source) => source.problems)
  const values = new Map<string, unknown>(SETTINGS.map(({ key, field }) => [key, field.default]))
  const origins = new Map<string, string>(SETTINGS.map(({ key }) => [key, 'default']))
  const named = new Map<string, NamedFile>()
  for (const source of sources) {
    for (const given of source.given) {
      const value = readGiven(given, host, problems)
      if (value === undefined) continue
      values.set(given.setting.key, value)
      origins.set(given.setting.key, given.where)
      noteNamed(named, given, value)
    }
    problems.push(...findDoubles(source.given))
  }
  const { field, key } = SETTINGS[0] as Setting
  if (origins.get(key) === 'default') values.set(key, resolve(host.cwd, String(field.default)))
  const [guessed] = sources.flatMap(({ logFormat }) => logFormat ?? [])
  const isSaid = origins.get('log.format') !== 'default'
  if (problems.length > 0)
    throw new ConfigError(problems, (isSaid ? null : guessed) ?? String(values.get('log.format')))
  return {
    config: build(values),
    origins,
    file,
    named: [...named.values()],
    reload: () => loadConfig(args, host),
  }
}

const NOTHING: FoundSettings = { given: [], problems: [] }

/** A file that can't be read or parsed is one mistake among the others. */
function readSource(read: () => FoundSettings): FoundSettings {
  try {
    return read()
  } catch (error) {
    if (error instanceof ConfigError)
      return { given: [], problems: [...error.problems], logFormat: error.logFormat }
    throw error
  }
}

function collectFromTable(table: Record<string, unknown>, file: string): FoundSettings {
  const found: FoundSettings = { given: [], problems: [] }
  const from = { where: file, isText: false, base: dirname(file) }
  for (const [name, value] of Object.entries(table)) {
    if (isTable(value))
      for (const [key, raw] of Object.entries(value)) take(found, `${name}.${key}`, raw, from)
    else if (SECTION_NAMES.has(name as never))
      found.problems.push({ where: file, key: name, value, expected: `expected a section, [${name}]` })
    else take(found, name, value, from)
  }
  return found
}

/**
 * A variable that begins like ours but names no setting is a mistake when it has the name of a section in it
 * or is nearly one of ours; others (`MONITOR_COLOR` of some other program) are none of our business.
 */
function collectFromEnvironment({ env, cwd }: ConfigMachine): FoundSettings {
  const found: FoundSettings = { given: [], problems: [] }
  const keys = new Map(KEYS.map((key) => [toVariable(key), key]))
  for (const [name, text] of Object.entries(env).sort()) {
    if (!name.startsWith('MONITOR_') || name === 'MONITOR_CONFIG' || text === undefined) continue
    const key = keys.get(name)
    if (key !== undefined) {
      take(found, key, text, { where: `environment ${name}`, isText: true, base: cwd })
      continue
    }
    const nearest = findNearest(name, keys.keys())
    const section = name.split('_')[1]?.toLowerCase() ?? ''
    if (nearest === null && !SECTION_NAMES.has(section as never)) continue
    const value = mayBeSecret(name, keys.get(nearest ?? '')) ? HIDDEN : text
    found.problems.push({ where: 'environment', key: name, value, expected: 'no such setting', nearest })
  }
  return found
}

function collectFromArguments(args: ConfigArguments, { cwd }: ConfigMachine): FoundSettings {
  const found: FoundSettings = { given: [], problems: [] }
  for (const word of args.set ?? []) {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(word) ?? []
    if (key === undefined || text === undefined)
      found.problems.push({
        where: '--set',
        // Anything else may be the value, a secret even, whose key was forgotten.
        key: KEYS.find((known) => known === word) ?? null,
        expected: `expected section.key=value, such as web.port=8080`,
      })
    else take(found, key.trim(), text, { where: '--set', isText: true, base: cwd })
  }
  if (args.dataDir !== undefined)
    take(found, 'data_dir', args.dataDir, { where: '--data-dir', isText: true, base: cwd })
  return found
}

/** Finds the setting of a key, or notes that there is none. */
function take(
  found: FoundSettings,
  key: string,
  raw: unknown,
  from: Pick<Given, 'where' | 'isText' | 'base'>,
) {
  const direct = BY_KEY.get(key)
  const ofFile = key.endsWith('_file') ? BY_KEY.get(key.slice(0, -'_file'.length)) : undefined
  if (direct !== undefined) found.given.push({ ...from, setting: direct, raw, inFile: false })
  else if (ofFile?.field.secret) found.given.push({ ...from, setting: ofFile, raw, inFile: true })
  else {
    const nearest = findNearest(key, KEYS) ?? KEYS.find((known) => known.endsWith(`.${key}`)) ?? null
    const value = mayBeSecret(key, nearest) ? HIDDEN : raw
    found.problems.push({ where: from.where, key, value, expected: 'no such setting', nearest })
  }
}

/** Whether the value of an unknown key may be a secret under a misspelled name: of a key that is like no other, too. */
function mayBeSecret(key: string, nearest: string | null | undefined): boolean {
  if (nearest == null || /pass|secret|token|key/i.test(key)) return true
  return BY_KEY.get(nearest)?.field.secret === true
}

function readGiven(given: Given, host: ConfigMachine, problems: ConfigProblem[]): unknown {
  const { setting, where, isText, inFile, base } = given
  const { field } = setting
  const key = inFile ? `${setting.key}_file` : setting.key
  const note = (expected: string, value: unknown, path = '') =>
    problems.push({ where, key: `${key}${path}`, value, expected: `expected ${expected}` })
  let raw = given.raw
  if (inFile) {
    if (typeof raw !== 'string' || raw === '') return void note('the name of a file', raw)
    try {
      raw = host.readText(resolve(base, raw)).replace(/\r?\n$/, '')
    } catch (error) {
      return void note(`a file that can be read (${describeFileError(error)})`, given.raw)
    }
  }
  const shown = field.secret ? HIDDEN : hideInValue(raw, field.mask)
  const report = (expected: string, path?: string, value?: unknown) =>
    note(expected, path === undefined ? shown : value, path)
  const value = isText || inFile ? field.readText(String(raw), report) : field.read(raw, report)
  return field.path && typeof value === 'string' && !isAbsolute(value) ? resolve(base, value) : value
}

function noteNamed(named: Map<string, NamedFile>, { setting, inFile, raw, base }: Given, value: unknown) {
  const { key, field } = setting
  named.delete(key)
  if (inFile) named.set(key, { key: `${key}_file`, file: resolve(base, String(raw)) })
  else if (field.path && key !== SETTINGS[0]?.key && typeof value === 'string')
    named.set(key, { key, file: value })
}

/** A secret and the file that holds it, both given in one place: it is unclear which one is meant. */
function findDoubles(given: readonly Given[]): ConfigProblem[] {
  const direct = new Set(given.filter((one) => !one.inFile).map((one) => one.setting.key))
  return given
    .filter((one) => one.inFile && direct.has(one.setting.key))
    .map(({ where, setting: { key } }) => ({
      where,
      key: `${key}_file`,
      expected: `expected either this or ${key}, not both`,
    }))
}

function build(values: ReadonlyMap<string, unknown>): Config {
  const config: Record<string, unknown> = {}
  for (const { section, name, key } of SETTINGS) {
    if (section === null) config[name] = values.get(key)
    else config[section] = { ...(config[section] as object | undefined), [name]: values.get(key) }
  }
  return config as Config
}
