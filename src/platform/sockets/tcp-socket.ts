import { read } from 'bun:ffi'
import { openLibc } from '../../lib/libc/open-libc.ts'
import { AF, versionOf, writeSocketAddress } from './socket-address.ts'

/** Linux, on every processor that we build for. */
const SOCK_STREAM = 1
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const IPPROTO_TCP = 6
const TCP_MAXSEG = 2
const SOL_SOCKET = 1
const SO_ERROR = 4
const POLLOUT = 4
const EINPROGRESS = 115

/** The errors of `connect(2)` that have a meaning of their own, by number. */
const CODES: Readonly<Record<number, string>> = {
  13: 'EACCES',
  22: 'EINVAL',
  97: 'EAFNOSUPPORT',
  99: 'EADDRNOTAVAIL',
  101: 'ENETUNREACH',
  104: 'ECONNRESET',
  110: 'ETIMEDOUT',
  111: 'ECONNREFUSED',
  113: 'EHOSTUNREACH',
}

const SIGNATURES = {
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
  getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' },
  connect: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' },
  close: { args: ['i32'], returns: 'i32' },
  __errno_location: { args: [], returns: 'ptr' },
} as const

type Libc = ReturnType<typeof openLibc<typeof SIGNATURES>>

/** Undefined before it was looked for, null where there is none. */
let libc: Libc | null | undefined

function findLibc(): Libc | null {
  if (libc !== undefined) return libc
  try {
    libc = process.platform === 'linux' ? openLibc(SIGNATURES) : null
  } catch {
    libc = null
  }
  return libc
}

/** Whether there are such sockets here at all. */
export const hasTcpSockets = (): boolean => findLibc() !== null

/** A connection in the making, with options that Bun's own sockets don't have. */
export type TcpSocket = {
  /** Belongs to the caller that takes it over once it is connected; until then to this object. */
  readonly fd: number
  /** Null while it is not known; `connected`, or the name of the error of the system. */
  check(): string | null
  /** To be called once, unless `fd` was taken over. */
  close(): void
}

/**
 * Begins to connect to an IP address. `maxPayload` bounds the bytes of a packet beside its headers, both
 * ways: the first packet announces it to the other end. Throws where the system has no such sockets.
 */
export function openTcpSocket(address: string, port: number, maxPayload: number | null): TcpSocket {
  const library = findLibc()
  if (library === null) throw new Error('this system has no such sockets')
  const { socket, setsockopt, getsockopt, connect, poll, close } = library.symbols
  const place = writeSocketAddress(address, port)
  const fd = socket(AF[versionOf(address)], SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) throw new Error(`no socket: ${nameOf(readErrno())}`)
  if (maxPayload !== null) setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, new Int32Array([maxPayload]), 4)
  const errno = connect(fd, place, place.length) === 0 ? 0 : readErrno()
  return {
    fd,
    check() {
      if (errno !== 0 && errno !== EINPROGRESS) return nameOf(errno)
      // struct pollfd: descriptor, requested events, returned events.
      const asked = Buffer.alloc(8)
      asked.writeInt32LE(fd, 0)
      asked.writeInt16LE(POLLOUT, 4)
      if (poll(asked, 1, 0) < 1) return null
      const found = new Int32Array(1)
      getsockopt(fd, SOL_SOCKET, SO_ERROR, found, new Uint32Array([4]))
      return found[0] === 0 ? 'connected' : nameOf(found[0] ?? 0)
    },
    close: () => void close(fd),
  }
}

const nameOf = (errno: number) => CODES[errno] ?? `error ${errno} of the system`

function readErrno(): number {
  const place = libc?.symbols.__errno_location() ?? null
  return place === null ? 0 : read.i32(place, 0)
}
