import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { openLibc } from '../../lib/libc/open-libc.ts'

/** A connection of this process that the other side opened. */
export type OwnConnection = {
  /** File descriptor; only good until the event loop goes on. */
  readonly fd: number
  readonly address: string
  readonly port: number
}

/**
 * The sockets of this process as the operating system sees them: the runtime's web server does not list its
 * own.
 */
export type OwnSockets = {
  /** Descriptors that are open, of whatever kind. */
  count(): number
  /** The connections to one of these ports of ours. */
  list(ports: ReadonlySet<number>): OwnConnection[]
  /** Ends a connection: its owner sees it closed, and gives the descriptor back. */
  shutDown(fd: number): void
  /** Most descriptors that this process may have. */
  readonly limit: number
}

const FOLDER = '/proc/self/fd'
const AF_INET = 2
const AF_INET6 = 10
const BOTH_WAYS = 2
/** Of `sockaddr_in6`, the longest that is looked at. */
const ADDRESS_BYTES = 28
/** Descriptors kept in reserve: reading a folder takes one, also when all others are used. */
const RESERVE = 4
const DEFAULT_LIMIT = 1024

/** Null where the operating system has no such list: on Windows. */
export function openOwnSockets(): OwnSockets | null {
  if (process.platform !== 'linux') return null
  const libc = openLibc({
    getsockname: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
    getpeername: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
    shutdown: { args: ['i32', 'i32'], returns: 'i32' },
  }).symbols
  const bytes = Buffer.alloc(ADDRESS_BYTES)
  const length = new Uint32Array(1)
  let reserve: number[] = []

  /** The end of a socket that `ask` names; null for a descriptor that is not an internet socket. */
  function read(ask: typeof libc.getsockname, fd: number): { address: string; port: number } | null {
    length[0] = ADDRESS_BYTES
    return ask(fd, bytes, length) === 0 ? readSocketAddress(bytes) : null
  }

  function withReserve<T>(act: () => T): T {
    for (const fd of reserve) closeSync(fd)
    reserve = []
    try {
      return act()
    } finally {
      try {
        while (reserve.length < RESERVE) reserve.push(openSync('/dev/null', 'r'))
      } catch {
        // None are left: those that come free are taken at the next look.
      }
    }
  }

  const listDescriptors = () => withReserve(() => readdirSync(FOLDER))
  listDescriptors()
  return {
    count: () => listDescriptors().length,
    list: (ports) =>
      listDescriptors().flatMap((name) => {
        const fd = Number(name)
        const own = read(libc.getsockname, fd)
        if (own === null || !ports.has(own.port)) return []
        const peer = read(libc.getpeername, fd)
        return peer === null ? [] : [{ fd, ...peer }]
      }),
    shutDown(fd) {
      libc.shutdown(fd, BOTH_WAYS)
    },
    limit: readDescriptorLimit() ?? DEFAULT_LIMIT,
  }
}

/** Of a `sockaddr` as Linux has it; null for another family than IPv4 and IPv6. */
export function readSocketAddress(bytes: Buffer): { address: string; port: number } | null {
  const family = bytes.readUInt16LE(0)
  const port = bytes.readUInt16BE(2)
  if (family === AF_INET) return { address: bytes.subarray(4, 8).join('.'), port }
  if (family !== AF_INET6) return null
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(8 + 2 * i))
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return { address: bytes.subarray(20, 24).join('.'), port }
  return { address: groups.map((group) => group.toString(16)).join(':'), port }
}

/** Most descriptors that this process may have; null where the operating system has no such limit to read. */
export function readDescriptorLimit(): number | null {
  if (process.platform !== 'linux') return null
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
  return limit === undefined ? null : Number(limit)
}
