import { type Pointer, ptr } from 'bun:ffi'
import { openLibc } from '../../lib/libc/open-libc.ts'

/** From bits/socket.h and the kernel's net.h; the same on x86-64 and arm64. */
const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000
const MSG_NOSIGNAL = 0x4000
const MSG_DONTWAIT = 0x40
/** `sun_path` of sockaddr_un, see unix(7): after a family of two bytes. */
const MAX_PATH_BYTES = 108

const SIGNATURES = {
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  sendto: { args: ['i32', 'ptr', 'u64', 'i32', 'ptr', 'u32'], returns: 'i64' },
  close: { args: ['i32'], returns: 'i32' },
} as const

/** Sends one datagram to the socket that systemd named; throws when that fails. */
export type SendNotification = (text: string) => void

/**
 * Reports the state of a service to systemd, sd_notify(3). `address` is the content of NOTIFY_SOCKET: a path,
 * or `@name` of an abstract socket. Neither Bun nor Node.js has datagrams on unix sockets, hence the C
 * library.
 */
export function openNotifySocket(address: string): SendNotification {
  const target = encodeAddress(address)
  const { symbols } = openLibc(SIGNATURES)
  return (text) => {
    const descriptor = symbols.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
    if (descriptor < 0) throw new Error(`no socket for word to ${address}`)
    try {
      const bytes = new TextEncoder().encode(text)
      const sent = symbols.sendto(
        descriptor,
        at(bytes),
        bytes.length,
        MSG_NOSIGNAL | MSG_DONTWAIT,
        at(target),
        target.length,
      )
      if (Number(sent) !== bytes.length) throw new Error(`${address} did not take word of this service`)
    } finally {
      symbols.close(descriptor)
    }
  }
}

/**
 * `struct sockaddr_un`: family in the order of the machine, then the path; that of an abstract one begins
 * with a zero byte.
 */
export function encodeAddress(address: string): Uint8Array {
  const path = new TextEncoder().encode(address)
  const isAbstract = address.startsWith('@')
  if (!(isAbstract || address.startsWith('/')) || path.length < 2)
    throw new Error(`NOTIFY_SOCKET is neither a path nor "@name": ${address}`)
  if (path.length >= MAX_PATH_BYTES) throw new Error(`NOTIFY_SOCKET is too long: ${address}`)
  const encoded = new Uint8Array(2 + path.length + (isAbstract ? 0 : 1))
  new Uint16Array(encoded.buffer, 0, 1)[0] = AF_UNIX
  encoded.set(path, 2)
  if (isAbstract) encoded[2] = 0
  return encoded
}

const at = (bytes: Uint8Array): Pointer => ptr(bytes)
