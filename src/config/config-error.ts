import { quote } from './fields/fields.ts'
import { hideInValue } from './hide-secrets.ts'

/** One thing that is wrong with the configuration. */
export type ConfigProblem = {
  /** The file's name, `environment MONITOR_WEB_PORT`, `--set` or `--data-dir`. */
  readonly where: string
  /** Null when it is about the whole of `where`. */
  readonly key: string | null
  /** As it was given; undefined when nothing was. Hidden by the loader where it may be a secret. */
  readonly value?: unknown
  readonly expected: string
  /** The known key that was probably meant. */
  readonly nearest?: string | null
}

/** The configuration can't be used; `mistakes` has everything that is wrong with it. */
export class ConfigError extends Error {
  constructor(
    readonly problems: readonly ConfigProblem[],
    /** How a log is to be written, as far as that could be read. */
    readonly logFormat: string | null = null,
  ) {
    super(problems.map(describeProblem).join('\n'))
  }
}

/** One line: where, key, value, what was expected. */
export function describeProblem({ where, key, value, expected, nearest }: ConfigProblem): string {
  const given = value === undefined ? '' : ` = ${showValue(value)}`
  const meant = nearest == null ? '' : `; did you mean ${nearest}?`
  return `${where}: ${key === null ? '' : `${key}${given}: `}${expected}${meant}`
}

function showValue(given: unknown): string {
  const value = hideInValue(given)
  const isWritten = typeof value === 'object' && value !== null
  const shown = typeof value === 'string' ? quote(value) : isWritten ? JSON.stringify(value) : String(value)
  return cut(shown)
}

function cut(shown: string): string {
  return shown.length > 120 ? `${shown.slice(0, 117)}...` : shown
}
