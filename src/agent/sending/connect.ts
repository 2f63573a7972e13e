import type { Socket } from 'bun'
import type { Clock, Timer } from '../../lib/clock.ts'
import { MAX_REPLY_BYTES } from '../../protocol/message.ts'
import { findDistrust, type Trust, toTlsOptions } from './tls-trust.ts'

export type ServerAddress = {
  readonly host: string
  readonly port: number
  /** Absent or null: without TLS. */
  readonly tls?: Trust | null
}

export type ConnectionEvents = {
  opened(): void
  /** One line from the server, without its end. */
  received(line: string): void
  /** The connection could not be made, broke, or the server closed it. Once, and nothing comes after it. */
  closed(reason: string): void
}

export type Connection = {
  /** Sends all of it, keeping what the socket does not take at once. */
  write(data: Uint8Array | string): void
  /** Ends the connection at once; no event comes any more. */
  close(): void
}

const CONNECT_TIMEOUT_MS = 10_000

/**
 * Connects to a collect engine. The one place that knows how a connection is made. No event comes before the
 * caller has what this function returns: `connect(2)` may fail at once (no route, no scope), and Bun then
 * calls back before its own call returns.
 */
export function connect(server: ServerAddress, clock: Clock, events: ConnectionEvents): Connection {
  let socket: Socket | null = null
  let isOver = false
  let unsent: Uint8Array[] = []
  let text = ''
  const decoder = new TextDecoder()
  const timer: Timer = clock.after(CONNECT_TIMEOUT_MS, () => finish('no connection within 10 s'))

  function finish(reason: string) {
    if (isOver) return
    close()
    events.closed(reason)
  }

  function close() {
    isOver = true
    timer.cancel()
    unsent = []
    // Not `end`: that would wait for a peer that may be dead.
    socket?.terminate()
    socket = null
  }

  function open(opened: Socket) {
    if (isOver) {
      opened.terminate()
      return
    }
    timer.cancel()
    socket = opened
    opened.setNoDelay(true)
    opened.setKeepAlive(true, 30_000)
    events.opened()
  }

  function flush() {
    for (let data = unsent[0]; data !== undefined && socket !== null; data = unsent[0]) {
      const written = Math.max(0, socket.write(data))
      if (written < data.length) {
        unsent[0] = data.subarray(written)
        return
      }
      unsent.shift()
    }
  }

  function receive(data: Uint8Array) {
    text += decoder.decode(data, { stream: true })
    for (let end = text.indexOf('\n'); end >= 0 && !isOver; end = text.indexOf('\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 1)
      events.received(line)
    }
    if (text.length > MAX_REPLY_BYTES) finish('the answer is too long')
  }

  async function start() {
    // The caller may have closed it meanwhile.
    if (isOver) return
    const handler = {
      data: (_: Socket, data: Buffer) => receive(data),
      drain: flush,
      close: (_: Socket, error?: Error) => finish(error?.message ?? 'the server closed the connection'),
      error: (_: Socket, error: Error) => finish(error.message),
      connectError: (_: Socket, error: Error) => finish(describeConnectError(error)),
    }
    const { host: hostname, port, tls } = server
    if (!tls) {
      await Bun.connect({ hostname, port, socket: { ...handler, open } })
      return
    }
    // Nothing is sent before the server is known to be the right one: the passphrase is for it alone.
    const handshake = (opened: Socket, isValid: boolean, error: Error | null) => {
      const wrong = findDistrust(tls, opened, isValid, error)
      if (wrong === null) open(opened)
      else {
        finish(wrong)
        opened.terminate()
      }
    }
    await Bun.connect({ hostname, port, tls: toTlsOptions(hostname, tls), socket: { ...handler, handshake } })
  }
  Promise.resolve()
    .then(start)
    .catch((error: unknown) => finish(describeConnectError(error)))

  return {
    write(data) {
      if (isOver) return
      unsent.push(typeof data === 'string' ? Buffer.from(data) : data)
      flush()
    },
    close,
  }
}

/** Bun reports a missing route as a refused connection, so the words name both. */
function describeConnectError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return 'no connection: refused, or no route to the server'
  if (code === 'EINVAL')
    return 'no connection: the address is not valid here (a link-local address needs a scope)'
  return error.message
}
