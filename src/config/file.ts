import { join, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { describeError } from '../lib/log.ts'
import { ConfigError } from './config-error.ts'

/** The parts of the machine that loading uses; passed in, so that a test can be any machine. */
export type ConfigMachine = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly platform: string
  /** Throws when the file can't be read. */
  readonly readText: (file: string) => string
  readonly isThere: (file: string) => boolean
}

/**
 * The file asked for, else `monitor.toml` in the current folder, else the system's, one of the role
 * (`agent.toml`) before that of all; null when there is none.
 */
export function findConfigFile(asked: string | undefined, host: ConfigMachine, role?: string): string | null {
  if (asked !== undefined) return resolve(host.cwd, asked)
  const folder =
    host.platform === 'win32' ? join(host.env.ProgramData ?? 'C:\\ProgramData', 'monitor') : '/etc/monitor'
  const names = [...(role === undefined ? [] : [`${role}.toml`]), 'monitor.toml']
  return (
    [resolve(host.cwd, 'monitor.toml'), ...names.map((name) => join(folder, name))].find(host.isThere) ?? null
  )
}

/** The tables of a TOML file. Throws `ConfigError` when it can't be read or is not TOML. */
export function readConfigFile(file: string, host: ConfigMachine): Record<string, unknown> {
  let text: string
  try {
    text = host.readText(file)
  } catch (cause) {
    const why = host.isThere(file)
      ? `can't be read: ${describeError(cause).replace(`${file}: `, '')}`
      : 'there is no such file'
    throw new ConfigError([{ where: file, key: null, expected: why }])
  }
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // Only the first line: the rest quotes the file, and may quote a secret.
    const problem = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '')
    const expected = `not valid TOML at line ${error.line}, column ${error.column}: ${problem}`
    throw new ConfigError([{ where: file, key: null, expected }], findLogFormat(text))
  }
}

/** The log format in a file that is malformed elsewhere; null where it does not set one. */
const findLogFormat = (text: string): string | null =>
  /^\s*\[log\][^[]*?^\s*format\s*=\s*["'](\w+)["']/m.exec(text)?.[1] ?? null
