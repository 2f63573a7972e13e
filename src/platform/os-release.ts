import { type ProcFs, readTextOrNothing } from './proc.ts'

/**
 * Older distributions have a line of their own in a file of their own, such as `CentOS release 6.10 (Final)`.
 */
const OLD_FILES = ['/etc/redhat-release', '/etc/SuSE-release', '/etc/system-release']

/** Distribution and version, as `Debian GNU/Linux 12`; the kernel's release where no file names them. */
export function describeSystem(proc: ProcFs): string {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const build = nameBuild(parseOsRelease(readTextOrNothing(proc, path)))
    if (build !== '') return build
  }
  for (const path of OLD_FILES) {
    const line = clean(readTextOrNothing(proc, path).split('\n')[0] ?? '')
    if (line !== '') return line.replace(/ release /i, ' ').replace(/ \([^()]*\)$/, '')
  }
  const debian = clean(readTextOrNothing(proc, '/etc/debian_version'))
  if (debian !== '') return `Debian GNU/Linux ${debian}`
  return clean(`Linux ${readTextOrNothing(proc, '/proc/sys/kernel/osrelease')}`)
}

/** Name and version; the pretty name where there is no version (rolling and testing distributions). */
export function nameBuild(release: ReadonlyMap<string, string>): string {
  const name = clean(release.get('NAME') ?? '')
  const version = clean(release.get('VERSION_ID') ?? '')
  const pretty = clean(release.get('PRETTY_NAME') ?? '')
  if (name === '' || version === '') return pretty === '' ? clean(`${name} ${version}`) : pretty
  return ` ${name} `.includes(` ${version} `) ? name : `${name} ${version}`
}

/**
 * Shell assignments as os-release(5) allows them: bare, in single or in double quotes, with backslashes. The
 * last one of a name wins.
 */
export function parseOsRelease(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, key, value] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) found.set(key, unquote(value))
  }
  return found
}

function unquote(value: string): string {
  const quote = value[0]
  if (quote === "'") return value.slice(1).replace(/'[^']*$/, '')
  const inner = quote === '"' ? (/^"((?:[^"\\]|\\.)*)/.exec(value)?.[1] ?? '') : value
  return inner.replace(/\\(.)/g, '$1')
}

/** Longest build that is reported, in characters. */
const MAX_BUILD = 120

const clean = (text: string) =>
  text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MAX_BUILD)
