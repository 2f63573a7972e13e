import { read } from 'bun:ffi'
import { openLibc } from '../../lib/libc/open-libc.ts'
import { AF, versionOf, writeSocketAddress } from './socket-address.ts'

/** Linux, on every processor that we build for. */
const PROTOCOL = { 4: 1, 6: 58 } as const
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const MSG_DONTWAIT = 0x40
/** Gives the time at which the kernel took in the datagram that was read last. */
const SIOCGSTAMP = 0x8906
const CLOCK_REALTIME = 0
const ECHO_REQUEST = { 4: 8, 6: 128 } as const
const ECHO_REPLY = { 4: 0, 6: 129 } as const
const HEAD = 8

const EAGAIN = 11
const ERRORS: Readonly<Record<number, string>> = {
  1: 'the firewall of this machine forbids it',
  13: 'the system does not let this user send echo requests: its group is not in the range of the kernel setting net.ipv4.ping_group_range',
  97: 'this machine does not know that version of IP',
  101: 'the network is unreachable',
  111: 'the host answers that it can not be reached',
  113: 'there is no route to the host',
}

const SIGNATURES = {
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  connect: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  send: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64' },
  recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64' },
  close: { args: ['i32'], returns: 'i32' },
  ioctl: { args: ['i32', 'u64', 'ptr'], returns: 'i32' },
  clock_gettime: { args: ['i32', 'ptr'], returns: 'i32' },
  __errno_location: { args: [], returns: 'ptr' },
} as const

/**
 * A socket for echo requests to one address, which ordinary users may open where the kernel is configured to
 * let them.
 */
export type EchoSocket = {
  /** Sends an echo request with this number, from 0 to 65535. */
  send(number: number): void
  /**
   * The number of an answer that has come, and how many milliseconds after its request; null when none has.
   */
  receive(): { readonly number: number; readonly milliseconds: number } | null
  close(): void
}

let libc: ReturnType<typeof openLibc<typeof SIGNATURES>> | null = null

/** Throws a sentence that explains why there is no socket. */
export function openEchoSocket(address: string): EchoSocket {
  libc ??= openLibc(SIGNATURES)
  const { socket, connect, send, recv, close, ioctl } = libc.symbols
  const version = versionOf(address)
  const fd = socket(AF[version], SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, PROTOCOL[version])
  if (fd < 0) throw lastError()
  const place = writeSocketAddress(address)
  if (connect(fd, place, place.length) < 0) {
    const error = lastError()
    close(fd)
    throw error
  }
  const stamp = new BigInt64Array(2)
  // The first call reports that there is no time yet, and makes the kernel record times from then on.
  ioctl(fd, SIOCGSTAMP, stamp)
  const sent = new Map<number, bigint>()
  const buffer = Buffer.alloc(512)
  return {
    send(number) {
      // The kernel fills in the check sum and the identifier, by which it finds the socket that an answer is
      // for.
      const packet = Buffer.alloc(HEAD + 32)
      packet.writeUInt8(ECHO_REQUEST[version], 0)
      packet.writeUInt16BE(number, 6)
      sent.set(number, readRealTime())
      if (send(fd, packet, packet.length, MSG_DONTWAIT) < 0) throw lastError()
    },
    receive() {
      const size = Number(recv(fd, buffer, buffer.length, MSG_DONTWAIT))
      if (size < 0) {
        if (readErrno() === EAGAIN) return null
        throw lastError()
      }
      if (size < HEAD || buffer.readUInt8(0) !== ECHO_REPLY[version]) return null
      const number = buffer.readUInt16BE(6)
      const from = sent.get(number)
      if (from === undefined) return null
      const hasTime = ioctl(fd, SIOCGSTAMP, stamp) === 0
      const now = hasTime ? (stamp[0] ?? 0n) * 1_000_000n + (stamp[1] ?? 0n) : readRealTime()
      return { number, milliseconds: Math.max(0, Number(now - from) / 1000) }
    },
    close: () => void close(fd),
  }
}

/** Microseconds since 1970, by the clock that the kernel's times are of. */
function readRealTime(): bigint {
  const time = new BigInt64Array(2)
  libc?.symbols.clock_gettime(CLOCK_REALTIME, time)
  return (time[0] ?? 0n) * 1_000_000n + (time[1] ?? 0n) / 1000n
}

function readErrno(): number {
  const place = libc?.symbols.__errno_location() ?? null
  return place === null ? 0 : read.i32(place, 0)
}

function lastError(): Error {
  const code = readErrno()
  return new Error(ERRORS[code] ?? `error ${code} of the system`)
}
