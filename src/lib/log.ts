import { escapeInvisible } from './invisible.ts'
import { describeTlsError } from './tls/tls-error.ts'
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
/**
 * `journal` is for systemd's: it adds the time itself, and takes the level as a number in front, see
 * sd-daemon(3).
 */
export type LogFormat = 'text' | 'json' | 'journal'
export type LogFields = Readonly<Record<string, unknown>>

/** One line an entry. Never hand a secret to it. */
export type Log = Record<LogLevel, (message: string, fields?: LogFields) => void>

export type LogOptions = {
  /** A function where it may change. */
  readonly level: LogLevel | (() => LogLevel)
  readonly format: LogFormat
  /** Writes one line without its end; to standard error by default. */
  readonly write?: (line: string) => void
}

export function createLog({ level, format, write = writeToStderr }: LogOptions): Log {
  const isBelow = (name: LogLevel, least: LogLevel) => LOG_LEVELS.indexOf(name) < LOG_LEVELS.indexOf(least)
  const render = RENDERERS[format]
  const at = (name: LogLevel) => {
    if (typeof level === 'string' && isBelow(name, level)) return () => {}
    return (message: string, fields: LogFields = {}) => {
      if (typeof level === 'function' && isBelow(name, level())) return
      write(escapeInvisible(render(new Date(), name, message, fields)))
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

type Render = (date: Date, level: LogLevel, message: string, fields: LogFields) => string

/** The message of an error with those of its causes that it does not quote itself, on one line. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const message = isPortTaken(error)
    ? 'another program uses this port'
    : (describeTlsError(error) ?? inOurWords(error.message))
  if (error.cause === undefined) return message
  const cause = describeError(error.cause)
  return message.includes(cause) ? message : `${message}: ${cause}`
}

const isPortTaken = (error: Error): boolean => 'code' in error && error.code === 'EADDRINUSE'

/** In place of words of the runtime that ask the reader, or that name a call of the system before the file. */
function inOurWords(message: string): string {
  if (/^(ECONNREFUSED: )?Unable to connect\. Is the computer /.test(message))
    return 'no connection: refused, or no route to it'
  if (/^ECONNRESET: The socket connection was closed unexpectedly/.test(message))
    return 'the connection was closed before an answer came'
  const [, call = '', code = '', name = ''] = /^(connect|getaddrinfo) (E\w+) ?(.*)$/.exec(message) ?? []
  if (call === 'getaddrinfo' && code in OF_NAMES) return `the name ${name} ${OF_NAMES[code]}`
  if (call === 'connect' && code in OF_CONNECTIONS) return OF_CONNECTIONS[code] ?? message
  const [, problem, file] = OF_FILE.exec(message) ?? []
  if (problem === undefined) return message
  return file === undefined ? problem : `${file}: ${problem}`
}

const OF_NAMES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'has no address',
  EAI_AGAIN: 'can not be resolved now: no answer from a name server',
}

const OF_CONNECTIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there, or a firewall refuses it',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ENOENT: 'there is no such socket',
}

/** How the runtime says that a call of the system failed: `ENOENT: no such file or directory, open '/a'`. */
const OF_FILE = /^E[A-Z0-9]+: ([^,]+), \w+(?: '([^']+)'(?: -> '[^']+')?)?$/

/** As `describeError`, for who names the file already: `no such file or directory`. */
export function describeFileError(error: unknown): string {
  const [, problem] = OF_FILE.exec(error instanceof Error ? error.message : '') ?? []
  return problem ?? describeError(error)
}

const renderText: Render = (date, level, message, fields) =>
  `${date.toISOString()} ${level.padEnd(5)} ${renderMessage(message, fields)}`

const PRIORITIES: Readonly<Record<LogLevel, number>> = { debug: 7, info: 6, warn: 4, error: 3 }

const renderJournal: Render = (_date, level, message, fields) =>
  `<${PRIORITIES[level]}>${level.padEnd(5)} ${renderMessage(message, fields)}`

function renderMessage(message: string, fields: LogFields): string {
  let line = oneLine(message)
  for (const [key, value] of Object.entries(fields)) line += ` ${key}=${quote(plain(value))}`
  return line
}

const renderJson: Render = (date, level, message, fields) => {
  const entry: Record<string, unknown> = { time: date.toISOString(), level, message }
  for (const [key, value] of Object.entries(fields))
    entry[key] = value instanceof Error ? plain(value) : value
  return JSON.stringify(entry)
}

const RENDERERS: Readonly<Record<LogFormat, Render>> = {
  text: renderText,
  json: renderJson,
  journal: renderJournal,
}

function plain(value: unknown): string {
  if (value instanceof Error) return describeError(value)
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

const quote = (text: string) => (/^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text))

/** Control characters would let a sender write log lines of its own. */
const oneLine = (text: string) => text.replace(/\p{Cc}/gu, ' ')

/** Not `process.stderr`, whose streams cost a process that does little else 5 MB of resident memory. */
function writeToStderr(line: string) {
  console.error(line)
}
