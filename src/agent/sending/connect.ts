import type { Socket } from 'bun'
import type { Clock, Timer } from '../../lib/clock.ts'
import { describeTlsError } from '../../lib/tls/tls-error.ts'
import { hasTcpSockets } from '../../platform/sockets/tcp-socket.ts'
import { MAX_REPLY_BYTES } from '../../protocol/message.ts'
import { explainRefusal, openTcp } from './tcp-attempts.ts'
import { findDistrust, type Trust, toTlsOptions } from './tls-trust.ts'

export type CollectorAddress = {
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
  readonly server: CollectorAddress
  /**
   * Bytes of a packet beside its headers, where the system lets us set them; null leaves them to the system.
   */
  readonly maxPayload?: number | null
  readonly clock: Clock
  readonly events: ConnectionEvents
}

export type ServerConnection = {
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
export const connect = (options: ConnectOptions): ServerConnection => new CollectorConnection(options)

class CollectorConnection implements ServerConnection {
  readonly #options: ConnectOptions
  readonly #timer: Timer
  readonly #decoder = new TextDecoder()
  #socket: Socket | null = null
  #isOver = false
  /** The server was reached; with TLS it is not known yet who it is. */
  #isReached = false
  #hasFailed = false
  #hasReceived = false
  #unsent: Uint8Array[] = []
  #text = ''

  constructor(options: ConnectOptions) {
    this.#options = options
    this.#timer = options.clock.after(CONNECT_TIMEOUT_MS, () =>
      this.#finish(this.#isReached ? STALLED : TIMED_OUT, this.#isReached),
    )
    Promise.resolve()
      .then(() => this.#start())
      .catch((error: unknown) => this.#fail(error))
  }

  write(data: Uint8Array | string): void {
    if (this.#isOver) return
    this.#unsent.push(typeof data === 'string' ? Buffer.from(data) : data)
    this.#flush()
  }

  close(): void {
    this.#isOver = true
    this.#timer.cancel()
    this.#unsent = []
    // Not `end`: that would wait for a peer that may be dead.
    this.#socket?.terminate()
    this.#socket = null
  }

  async #start() {
    // The caller may have closed it meanwhile.
    if (this.#isOver) return
    const { server, maxPayload = null, clock } = this.#options
    const { host: hostname, port, tls } = server
    // Bun accepts a descriptor in place of a name, although its types do not say so.
    const place = {
      hostname,
      port,
      ...(maxPayload !== null &&
        hasTcpSockets() && { fd: await openTcp({ host: hostname, port, maxPayload, clock }) }),
    }
    const handler = {
      data: (_: Socket, data: Buffer) => this.#receive(data),
      drain: () => this.#flush(),
      close: (_: Socket, error?: Error) =>
        this.#finish(describeBreak(error) ?? 'the server closed the connection', isTimeout(error)),
      error: (_: Socket, error: Error) => this.#finish(describeBreak(error) ?? error.message),
      connectError: (_: Socket, error: Error) => void this.#fail(error),
    }
    if (!tls) {
      await Bun.connect({ ...place, socket: { ...handler, open: (opened: Socket) => this.#open(opened) } })
      return
    }
    const secured = {
      ...handler,
      open: (opened: Socket) => this.#reach(opened),
      handshake: (opened: Socket, isValid: boolean, error: Error | null) =>
        this.#verify(opened, findDistrust(tls, opened, isValid, error)),
    }
    await Bun.connect({ ...place, tls: toTlsOptions(hostname, tls), socket: secured })
  }

  #reach(opened: Socket) {
    this.#isReached = true
    if (this.#isOver) opened.terminate()
  }

  /** Nothing is sent before the server is known to be the right one: the passphrase is for it alone. */
  #verify(opened: Socket, distrust: string | null) {
    if (distrust === null) return this.#open(opened)
    this.#finish(distrust)
    opened.terminate()
  }

  #open(opened: Socket) {
    if (this.#isOver) {
      opened.terminate()
      return
    }
    this.#timer.cancel()
    this.#socket = opened
    opened.setNoDelay(true)
    opened.setKeepAlive(true, 30_000)
    this.#options.events.opened()
  }

  #flush() {
    for (let data = this.#unsent[0]; data !== undefined && this.#socket !== null; data = this.#unsent[0]) {
      const written = Math.max(0, this.#socket.write(data))
      if (written < data.length) {
        this.#unsent[0] = data.subarray(written)
        return
      }
      this.#unsent.shift()
    }
  }

  #receive(data: Uint8Array) {
    const { server, events } = this.#options
    if (!server.tls && !this.#hasReceived && data[0] === TLS_ALERT) return this.#finish(NEEDS_TLS)
    this.#hasReceived = true
    this.#text += this.#decoder.decode(data, { stream: true })
    for (let end = this.#text.indexOf('\n'); end >= 0 && !this.#isOver; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end)
      this.#text = this.#text.slice(end + 1)
      events.received(line)
    }
    if (this.#text.length > MAX_REPLY_BYTES) this.#finish('the answer is too long')
  }

  /** The system is asked for the reason, where Bun only reports a refused connection. */
  async #fail(error: unknown) {
    // Bun reports a failure twice.
    if (this.#isOver || this.#hasFailed) return
    this.#hasFailed = true
    const isRefusal = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
    if (!isRefusal || !hasTcpSockets()) return this.#finish(describeConnectError(error))
    this.#timer.cancel()
    const { server, clock } = this.#options
    this.#finish(await explainRefusal({ ...server, clock }))
  }

  #finish(reason: string, isStalled = false) {
    if (this.#isOver) return
    this.close()
    this.#options.events.closed(reason, isStalled)
  }
}

/** The kernel has given up to send what we wrote. */
const isTimeout = (error: Error | undefined) =>
  error !== undefined && 'code' in error && error.code === 'ETIMEDOUT'

/** With TLS 1.3 a server may refuse only after the handshake. */
const describeBreak = (error: Error | undefined) => describeTlsError(error) ?? error?.message

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
