import { ConfigError, describeProblem } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import { countsFor } from '../config/role-sections.ts'
import type { Config } from '../config/schema.ts'
import { SETTINGS, type Setting } from '../config/settings.ts'
import { describeError, type Log } from '../lib/log.ts'
import type { ServiceRole } from '../service/paths.ts'

/** A part that takes up settings while it runs. */
export type Reload = {
  readonly part: string
  /** Settings that it takes up, and whole sections as `mail.`. */
  readonly keys: readonly string[]
  /** It is asked even when none of its settings changed: what they name may have, such as a certificate. */
  readonly always?: boolean
  /** Throws when it can't; the part goes on as it was. */
  readonly act: (config: Config) => void | Promise<void>
}

export type ReloadOptions = {
  readonly running: Config
  /** Reads the configuration again. */
  readonly load: () => LoadedConfig
  /** The parts that run in this process. */
  readonly parts: readonly ServiceRole[]
  readonly reloads: readonly Reload[]
  readonly log: Log
}

/**
 * Takes up what can change without a restart, logs what changed and names what needs a restart. Resolves with the
 * configuration that is in force afterwards. A configuration that is wrong changes nothing.
 */
export async function reloadConfig({ running, load, parts, reloads, log }: ReloadOptions): Promise<Config> {
  let wanted: Config
  try {
    wanted = load().config
  } catch (error) {
    const problems =
      error instanceof ConfigError ? error.problems.map(describeProblem) : [describeError(error)]
    for (const problem of problems)
      log.error('the configuration is invalid; the previous one stays in effect', { problem })
    return running
  }
  const changed = SETTINGS.filter(
    (setting) =>
      countsFor(setting.key, parts) && !isSame(settingOf(running, setting), settingOf(wanted, setting)),
  )
  const taken = new Set<string>()
  for (const { part, keys, always = false, act } of reloads) {
    const own = changed.filter(({ key }) =>
      keys.some((one) => key === one || (one.endsWith('.') && key.startsWith(one))),
    )
    if (own.length === 0 && !always) continue
    try {
      await act(wanted)
      for (const { key } of own) taken.add(key)
    } catch (error) {
      log.error('reload failed; the previous settings stay in effect', { part, error: describeError(error) })
    }
  }
  const left = changed.filter(({ key }) => !taken.has(key))
  if (taken.size > 0) log.info('applied changed settings', { settings: [...taken].join(', ') })
  if (left.length > 0)
    log.warn('changed settings need a restart', { settings: left.map(({ key }) => key).join(', ') })
  if (changed.length === 0) log.info('no setting has changed')
  return takeOver(
    running,
    wanted,
    changed.filter(({ key }) => taken.has(key)),
  )
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

function settingOf(config: Config, { section, name }: Setting): unknown {
  const values: Readonly<Record<string, unknown>> = section === null ? config : config[section]
  return values[name]
}

/** The one configuration with the values of the other for these settings. */
function takeOver(running: Config, wanted: Config, settings: readonly Setting[]): Config {
  let config = running
  for (const setting of settings) {
    const value = { [setting.name]: settingOf(wanted, setting) }
    config =
      setting.section === null
        ? { ...config, ...value }
        : { ...config, [setting.section]: { ...config[setting.section], ...value } }
  }
  return config
}
