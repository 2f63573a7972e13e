import type { Socket } from 'bun'
import { type DbusCall, encodeCall, takeMessage } from './message.ts'
import type { DbusValue } from './values.ts'

/** A connection to a message bus, for questions. */
export type DbusConnection = {
  /**
   * The values of the answer. Rejects with the other side's message when it refuses, and when the signal
   * aborts.
   */
  call(call: DbusCall): Promise<DbusValue[]>
  close(): void
}

/** Where the bus of the system listens. */
export const SYSTEM_BUS = '/run/dbus/system_bus_socket'

/** All units of a large machine take some 200 KB. */
const MAX_BYTES = 16 * 1024 * 1024

type WaitingReply = PromiseWithResolvers<DbusValue[]>

/**
 * Gives `act` a connection as the user that we are, and closes it afterwards. Everything that waits rejects when
 * `signal` is aborted.
 */
export async function withBus<T>(
  path: string,
  signal: AbortSignal,
  act: (bus: DbusConnection) => Promise<T>,
): Promise<T> {
  const bus = await connectBus(path, signal)
  try {
    return await act(bus)
  } finally {
    bus.close()
  }
}

async function connectBus(path: string, signal: AbortSignal): Promise<DbusConnection> {
  const bus = new Bus()
  const abort = () => bus.end(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    await bus.connect(path)
    await bus.authenticate()
    await bus.call({
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'Hello',
    })
  } catch (error) {
    signal.removeEventListener('abort', abort)
    bus.close()
    throw error
  }
  return {
    call: (call) => bus.call(call),
    close() {
      signal.removeEventListener('abort', abort)
      bus.close()
    },
  }
}

class Bus {
  #received: Uint8Array = new Uint8Array(0)
  #serial = 0
  #failure: Error | null = null
  readonly #waiting = new Map<number, WaitingReply>()
  readonly #authenticated = Promise.withResolvers<void>()
  #isReady = false
  #socket: Socket | null = null
  /** Bytes that the other side has not accepted yet. */
  #unsent = Buffer.alloc(0)

  constructor() {
    // The waiting call reports a failure.
    this.#authenticated.promise.catch(() => {})
  }

  /** By the sockets of Bun: those of Node.js would take two megabytes more. */
  async connect(path: string): Promise<void> {
    const connecting = Bun.connect({
      unix: path,
      socket: {
        data: (_, bytes) => this.#receive(bytes),
        drain: () => this.#flush(),
        error: (_, error) => this.end(error),
        close: () => this.end(new Error('the bus has closed the connection')),
      },
    })
    const opened = connecting.then((socket) => {
      this.#socket = socket
      if (this.#failure !== null) socket.terminate()
    })
    // An abort does not wait for a bus that accepts no client; nothing can be sent before authentication.
    await Promise.race([opened, this.#authenticated.promise]).catch((error: NodeJS.ErrnoException) => {
      throw error.code === undefined ? error : new Error(`there is no connection to the bus: ${error.code}`)
    })
    if (this.#failure !== null) throw this.#failure
  }

  authenticate(): Promise<void> {
    const user = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex')
    this.#send(Buffer.from(`\0AUTH EXTERNAL ${user}\r\n`))
    return this.#authenticated.promise
  }

  call(call: DbusCall): Promise<DbusValue[]> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    const serial = ++this.#serial
    const waiting: WaitingReply = Promise.withResolvers()
    this.#waiting.set(serial, waiting)
    this.#send(encodeCall(serial, call))
    return waiting.promise
  }

  close() {
    this.end(new Error('the connection to the bus is closed'))
  }

  end(error: Error) {
    this.#failure ??= error
    this.#authenticated.reject(this.#failure)
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
    this.#socket?.terminate()
  }

  #send(bytes: Uint8Array) {
    this.#unsent = Buffer.concat([this.#unsent, bytes])
    this.#flush()
  }

  #flush() {
    if (this.#unsent.length === 0) return
    const taken = this.#socket?.write(this.#unsent) ?? 0
    if (taken < 0) this.end(new Error('the bus has closed the connection'))
    else this.#unsent = this.#unsent.subarray(taken)
  }

  #receive(bytes: Uint8Array) {
    if (this.#received.length + bytes.length > MAX_BYTES) {
      this.end(new Error('the bus sends more than is read'))
      return
    }
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    try {
      if (!this.#isReady) this.#readAuthentication()
      if (this.#isReady) this.#readMessages()
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #readAuthentication() {
    const end = this.#received.indexOf(0x0a)
    if (end < 0) return
    const line = new TextDecoder().decode(this.#received.subarray(0, end)).trim()
    this.#received = this.#received.subarray(end + 1)
    if (!line.startsWith('OK ')) throw new Error('the bus does not take us')
    this.#send(Buffer.from('BEGIN\r\n'))
    this.#isReady = true
    this.#authenticated.resolve()
  }

  #readMessages() {
    for (;;) {
      const message = takeMessage(this.#received)
      if (message === null) return
      this.#received = this.#received.subarray(message.length)
      const waiting = message.replyTo === null ? undefined : this.#waiting.get(message.replyTo)
      if (message.replyTo === null || waiting === undefined) continue
      this.#waiting.delete(message.replyTo)
      if (message.error === null) waiting.resolve(message.values)
      else waiting.reject(new Error(`${message.error}: ${String(message.values[0] ?? '')}`.slice(0, 300)))
    }
  }
}
