import type { Socket } from 'bun'
import type { Clock, Timer } from '../../lib/clock.ts'
import { hasTcpSockets } from '../../platform/tcp-socket.ts'
import { MAX_REPLY_BYTES } from '../../protocol/message.ts'
import { explainRefusal, openTcp } from './tcp-attempts.ts'
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
  /**
   * The connection could not be made, broke, or the server closed it. Once, and nothing comes after it.
   * `isStalled` when the server was reached and what was sent to it got no answer in time.
   */
  closed(reason: string, isStalled: boolean): void
}

export type ConnectOptions = {
  readonly server: ServerAddress
  /** Bytes of a packet beside its headers, where the system lets us say so; null leaves it to the system. */
  readonly maxPayload?: number | null
  readonly clock: Clock
  readonly events: ConnectionEvents
}

export type Connection = {
  /** Sends all of it, keeping what the socket does not take at once. */
  write(data: Uint8Array | string): void
  /** Ends the connection at once; no event comes any more. */
  close(): void
}

const CONNECT_TIMEOUT_MS = 10_000
const TIMED_OUT = 'no connection within 10 s'
/** Whoever speaks plainly to a port with TLS is answered by an alert, whose first byte no answer of ours has. */
const TLS_ALERT = 0x15
const NEEDS_TLS =
  'that port speaks TLS: leave tcp:// out, and say in agent.fingerprint how to know the server'
const STALLED = 'the TLS handshake did not end within 10 s'

/**
 * Connects to a collect engine. The one place that knows how a connection is made. No event comes before the
 * caller has what this function returns: `connect(2)` may fail at once (no route, no scope), and Bun then
 * calls back before its own call returns.
 */
export function connect({ server, maxPayload = null, clock, events }: ConnectOptions): Connection {
  let socket: Socket | null = null
  let isOver = false
  /** The server was reached; with TLS it is not known yet who it is. */
  let isReached = false
  let hasFailed = false
  let hasReceived = false
  let unsent: Uint8Array[] = []
  let text = ''
  const decoder = new TextDecoder()
  const timer: Timer = clock.after(CONNECT_TIMEOUT_MS, () => {
    finish(isReached ? STALLED : TIMED_OUT, isReached)
  })

  function finish(reason: string, isStalled = false) {
    if (isOver) return
    close()
    events.closed(reason, isStalled)
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
    if (!server.tls && !hasReceived && data[0] === TLS_ALERT) return finish(NEEDS_TLS)
    hasReceived = true
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
    const { host: hostname, port, tls } = server
    // Bun takes a descriptor before a name, though its types do not say so.
    const place = {
      hostname,
      port,
      ...(maxPayload !== null &&
        hasTcpSockets() && { fd: await openTcp({ host: hostname, port, maxPayload, clock }) }),
    }
    const handler = {
      data: (_: Socket, data: Buffer) => receive(data),
      drain: flush,
      close: (_: Socket, error?: Error) =>
        finish(error?.message ?? 'the server closed the connection', isTimeout(error)),
      error: (_: Socket, error: Error) => finish(error.message),
      connectError: (_: Socket, error: Error) => void fail(error),
    }
    if (!tls) {
      await Bun.connect({ ...place, socket: { ...handler, open } })
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
    const reach = (opened: Socket) => {
      isReached = true
      if (isOver) opened.terminate()
    }
    const secured = { ...handler, open: reach, handshake }
    await Bun.connect({ ...place, tls: toTlsOptions(hostname, tls), socket: secured })
  }

  /** The system is asked why there is no connection, where Bun says no more than that it was refused. */
  async function fail(error: unknown) {
    // Bun tells of a failure twice.
    if (isOver || hasFailed) return
    hasFailed = true
    const isRefusal = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
    if (!isRefusal || !hasTcpSockets()) return finish(describeConnectError(error))
    timer.cancel()
    finish(await explainRefusal({ ...server, clock }))
  }

  Promise.resolve().then(start).catch(fail)

  return {
    write(data) {
      if (isOver) return
      unsent.push(typeof data === 'string' ? Buffer.from(data) : data)
      flush()
    },
    close,
  }
}

/** The kernel has given up to send what we wrote. */
const isTimeout = (error: Error | undefined) =>
  error !== undefined && 'code' in error && error.code === 'ETIMEDOUT'

function describeConnectError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return 'no connection: refused, or no route to the server'
  if (code === 'EINVAL')
    return 'no connection: the address is not valid here (a link-local address needs a scope)'
  const [, cause = '', name = ''] = /^getaddrinfo (\w+) ?(.*)$/.exec(error.message) ?? []
  if (cause === 'EAI_AGAIN') return `the name ${name} can not be resolved now: no answer from a name server`
  if (cause === 'ENOTFOUND') return `the name ${name} has no address`
  return error.message
}
