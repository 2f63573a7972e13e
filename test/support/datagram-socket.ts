import { dlopen, ptr } from 'bun:ffi'
import { encodeAddress } from '../../src/platform/systemd/systemd-notify.ts'

const { symbols } = dlopen('libc.so.6', {
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64' },
  close: { args: ['i32'], returns: 'i32' },
})

const AF_UNIX = 1
const SOCK_DGRAM = 2
const MSG_DONTWAIT = 0x40

/** A socket as systemd listens on it: a datagram socket with a path, or an abstract one (`@name`). */
export function openDatagramSocket(address: string): { receive(): string | null; close(): void } {
  const descriptor = symbols.socket(AF_UNIX, SOCK_DGRAM, 0)
  const target = encodeAddress(address)
  if (symbols.bind(descriptor, ptr(target), target.length) !== 0)
    throw new Error(`can't listen at ${address}`)
  const buffer = new Uint8Array(4096)
  return {
    /** Null when nothing has come. */
    receive() {
      const length = Number(symbols.recv(descriptor, ptr(buffer), buffer.length, MSG_DONTWAIT))
      return length < 0 ? null : new TextDecoder().decode(buffer.subarray(0, length))
    },
    close: () => symbols.close(descriptor),
  }
}
