/** What a check may look at. `script` runs a program of this machine. */
export const CHECK_KINDS = ['http', 'tcp', 'ping', 'dns', 'tls', 'script'] as const
export type CheckKind = (typeof CHECK_KINDS)[number]

export const IP_VERSIONS = ['any', '4', '6'] as const
export type IpVersion = (typeof IP_VERSIONS)[number]

export const DNS_RECORDS = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT'] as const
export type DnsRecord = (typeof DNS_RECORDS)[number]

/** More are refused: each one costs a connection or a process in every interval. */
export const MAX_CHECKS = 100

/** A check as the configuration has it. Times are in seconds. */
export type CheckSettings = {
  /** Part of the names of its metrics, `perf.check.NAME.state`. */
  readonly name: string
  readonly kind: CheckKind
  /** A URL for http, `host:port` for tcp and tls, a host for ping, a name for dns; null for scripts. */
  readonly target: string | null
  readonly interval: number
  readonly timeout: number
  /** Status codes that are good, as `parseStatusRanges` reads them. */
  readonly expectStatus: string
  /** Text that the answer has to contain; null when any answer is good. */
  readonly expectText: string | null
  readonly followRedirects: boolean
  readonly ipVersion: IpVersion
  /** CA certificates in PEM that the target's certificate is verified with; null uses those of the system. */
  readonly caFile: string | null
  readonly record: DnsRecord
  /** The name server to ask, as an address with or without a port; null uses those of the system. */
  readonly server: string | null
  /** The program and its arguments, for scripts. */
  readonly command: readonly string[]
}

/** Names stand between dots in the names of metrics, so they hold none. */
export const isCheckName = (name: string) => /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(name)

type Range = { readonly first: number; readonly last: number }

/** Reads `200-299, 401`; returns null for anything that is not a list of status codes and ranges of them. */
export function parseStatusRanges(text: string): Range[] | null {
  const ranges: Range[] = []
  for (const part of text.split(',')) {
    const [, low, high] = /^\s*([1-5]\d\d)(?:-([1-5]\d\d))?\s*$/.exec(part) ?? []
    if (low === undefined) return null
    const range = { first: Number(low), last: Number(high ?? low) }
    if (range.last < range.first) return null
    ranges.push(range)
  }
  return ranges
}

export type Endpoint = { readonly host: string; readonly port: number }

const ENDPOINT = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]{1,15})?)\]|([^\s:[\]/@]{1,253}))(?::(\d{1,5}))?$/

/** Reads `host:port`, `10.0.0.1:port` or `[2001:db8::1]:port`; returns null for anything else. */
export function parseEndpoint(text: string, defaultPort: number | null): Endpoint | null {
  const [, address6, name, digits] = ENDPOINT.exec(text) ?? []
  const host = address6 ?? name
  const port = digits === undefined ? defaultPort : Number(digits)
  return host !== undefined && port !== null && port >= 1 && port <= 65535 ? { host, port } : null
}

/** Tells whether this can be the name of a host or an IP address. */
export const isHostTarget = (text: string) =>
  /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})$/.test(text) || /^[0-9a-fA-F:.]{2,45}(%[\w.-]{1,15})?$/.test(text)

/** Tells whether this can be a name that is looked up in the DNS. */
export const isDnsName = (text: string) =>
  text.length <= 253 && /^(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$/.test(text)

type CheckProblem = { readonly field: 'target' | 'command' | SpecialField; readonly expected: string }

/** Settings that only some kinds have a use for. */
type SpecialField =
  | 'expectStatus'
  | 'expectText'
  | 'followRedirects'
  | 'ipVersion'
  | 'caFile'
  | 'record'
  | 'server'

type Special = { readonly field: SpecialField; readonly unset: unknown; readonly kinds: readonly CheckKind[] }

const SPECIAL: readonly Special[] = [
  { field: 'expectStatus', unset: '200-299', kinds: ['http'] },
  { field: 'expectText', unset: null, kinds: ['http', 'tcp', 'dns'] },
  { field: 'followRedirects', unset: true, kinds: ['http'] },
  { field: 'ipVersion', unset: 'any', kinds: ['http', 'tcp', 'ping', 'tls'] },
  { field: 'caFile', unset: null, kinds: ['http', 'tls'] },
  { field: 'record', unset: 'A', kinds: ['dns'] },
  { field: 'server', unset: null, kinds: ['dns'] },
]

/** Returns what a check of this kind lacks or has wrongly; null when nothing is wrong. */
export function findCheckProblem(
  settings: Pick<CheckSettings, 'kind' | 'target' | 'command'> & Partial<Pick<CheckSettings, SpecialField>>,
): CheckProblem | null {
  const { kind, target, command } = settings
  // What is set and then not looked at would be thought to be watched.
  for (const { field, unset, kinds } of SPECIAL)
    if (!kinds.includes(kind) && (settings[field] ?? unset) !== unset)
      return { field, expected: `nothing: only ${describeKinds(kinds)} this setting` }
  if (kind === 'script') {
    if (!command[0]?.startsWith('/'))
      return { field: 'command', expected: 'a list that begins with the absolute path of a program' }
    return target === null ? null : { field: 'target', expected: 'nothing: a script has no target' }
  }
  if (command.length > 0) return { field: 'command', expected: 'nothing: only kind "script" runs a command' }
  const expected = TARGETS[kind](target ?? '')
  if (expected !== null) return { field: 'target', expected }
  const version = versionOfTarget(kind, target ?? '')
  const asked = settings.ipVersion ?? 'any'
  return version === null || asked === 'any' || asked === version
    ? null
    : { field: 'ipVersion', expected: `"any" or "${version}": the target is an IPv${version} address` }
}

/** Null for a name, whose addresses may be of both. */
function versionOfTarget(kind: CheckKind, target: string): IpVersion | null {
  const host =
    kind === 'http'
      ? new URL(target).hostname
      : kind === 'ping'
        ? target
        : (parseEndpoint(target, TLS_PORT)?.host ?? '')
  return host.includes(':') ? '6' : /^\d{1,3}(\.\d{1,3}){3}$/.test(host) ? '4' : null
}

function describeKinds(kinds: readonly CheckKind[]): string {
  const names = kinds.map((kind) => `"${kind}"`)
  return names.length === 1
    ? `kind ${names[0]} has`
    : `kinds ${names.slice(0, -1).join(', ')} and ${names.at(-1)} have`
}

const isHttpUrl = (text: string) =>
  URL.canParse(text) && /^https?:\/\/[^/?#@]+([/?#]|$)/i.test(text) && !/[\s\p{Cc}]/u.test(text)

const TARGETS: Readonly<Record<Exclude<CheckKind, 'script'>, (target: string) => string | null>> = {
  http: (target) =>
    isHttpUrl(target) ? null : 'an address without a user, such as "https://example.org/path"',
  tcp: (target) =>
    parseEndpoint(target, null) === null ? 'a host and a port, such as "db.example.org:5432"' : null,
  tls: (target) =>
    parseEndpoint(target, TLS_PORT) === null
      ? 'a host with or without a port, such as "mail.example.org:993"'
      : null,
  ping: (target) => (isHostTarget(target) ? null : 'a host name or an IP address'),
  dns: (target) => (isDnsName(target) ? null : 'a name to look up, such as "www.example.org"'),
}

/** The port that a tls check connects to where its target names none. */
export const TLS_PORT = 443
