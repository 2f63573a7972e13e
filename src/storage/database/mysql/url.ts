/**
 * Where a database of the MySQL protocol is: several nodes are the same database, a Galera cluster for one.
 */
export type MysqlAddress = {
  readonly nodes: readonly MysqlNode[]
  readonly user: string
  readonly password: string
  readonly database: string
}

export type MysqlNode = { readonly host: string; readonly port: number } | { readonly socket: string }

const DEFAULT_PORT = 3306
const EXPECTED = 'mysql://USER:PASSWORD@HOST:3306/DATABASE is expected, several hosts separated by commas'

export function isMysqlUrl(url: string): boolean {
  return /^(mysql|mariadb):/.test(url)
}

/**
 * Reads `mysql://user:password@host1:3306,host2/name`; `mariadb:` is the same. A host that begins with `%2F`
 * is the path of a socket. Reserved characters are written as `%` and two digits. Throws, with what was
 * expected.
 */
export function parseMysqlUrl(url: string): MysqlAddress {
  const match = /^(?:mysql|mariadb):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?#@]+)\/([^/?#]+)$/.exec(url)
  const [, user = '', password = '', hosts = '', database = ''] = match ?? []
  if (!match || user === '') throw new Error(EXPECTED)
  try {
    return {
      nodes: hosts.split(',').map(parseNode),
      user: decodeURIComponent(user),
      password: decodeURIComponent(password),
      database: decodeURIComponent(database),
    }
  } catch (cause) {
    throw new Error(EXPECTED, { cause })
  }
}

export function describeNode(node: MysqlNode): string {
  if ('socket' in node) return node.socket
  return node.host.includes(':') ? `[${node.host}]:${node.port}` : `${node.host}:${node.port}`
}

function parseNode(text: string): MysqlNode {
  const decoded = decodeURIComponent(text.trim())
  if (decoded.startsWith('/')) return { socket: decoded }
  const [, bracketed, plain, port] =
    /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(decoded) ?? []
  const host = bracketed ?? plain
  const number = port === undefined ? DEFAULT_PORT : Number(port)
  if (host === undefined || number < 1 || number > 65535) throw new Error(`${text} is no host`)
  return { host, port: number }
}
