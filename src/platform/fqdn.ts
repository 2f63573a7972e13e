import { type ProcFs, readTextOrNothing } from './proc.ts'

/** The domain in the answer of a machine without one. */
export const NO_DOMAIN = 'Stand Alone'

/** The name up to the first dot, in lower case. */
export function shortenName(hostname: string): string {
  return (hostname.split('.')[0] ?? '').toLowerCase()
}

/**
 * The part of the machine's full name behind the first dot: from the host name itself, from its line in
 * /etc/hosts, from /etc/resolv.conf, or from the kernel's domain name. No name server is asked, which might
 * hang.
 */
export function findDomain(proc: ProcFs, hostname: string): string {
  const candidates = [
    () => hostname.slice(shortenName(hostname).length + 1),
    () => parseHosts(readTextOrNothing(proc, '/etc/hosts'), shortenName(hostname)),
    () => parseResolvConf(readTextOrNothing(proc, '/etc/resolv.conf')),
    () => readTextOrNothing(proc, '/proc/sys/kernel/domainname').trim(),
  ]
  for (const find of candidates) {
    const domain = find()
      .replace(/^\.|\.$/g, '')
      .toLowerCase()
    if (isDomain(domain)) return domain
  }
  return NO_DOMAIN
}

/** The domain of the first full name of this machine in /etc/hosts; empty when there is none. */
export function parseHosts(text: string, shortName: string): string {
  if (shortName === '') return ''
  for (const line of text.split('\n')) {
    const [, ...names] = (line.split('#')[0] ?? '').trim().toLowerCase().split(/\s+/)
    const full = names.find((name) => name.startsWith(`${shortName}.`))
    if (full !== undefined) return full.slice(shortName.length + 1)
  }
  return ''
}

/** The last `domain` or `search` line counts, of a search list the first name, as the resolver has it. */
export function parseResolvConf(text: string): string {
  let domain = ''
  for (const line of text.split('\n')) {
    const [, name] = /^(?:domain|search)[ \t]+(\S+)/.exec(line) ?? []
    if (name !== undefined) domain = name
  }
  return domain
}

/** The kernel answers `(none)` when no domain is set. */
function isDomain(text: string): boolean {
  return text.length <= 253 && /^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*$/u.test(text)
}
