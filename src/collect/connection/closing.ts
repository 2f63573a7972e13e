import type { ConnectionSocket } from './connection-context.ts'

/** Bytes that a refused sender may still send before the connection is cut. */
const MAX_LINGER_BYTES = 8 * 1024 * 1024

/** The way a connection ends: after the final reply, or at once. Made when the end begins. */
export class Closing {
  /** The other side has ended its half of the connection. */
  hasEnded = false
  /** When the connection is cut, by the monotonic clock; null while it is in use. */
  lingerUntil: number | null = null
  #isClosed = false
  #lingerBytes = 0
  readonly #socket: ConnectionSocket
  readonly #connection: { noteClosed(): void }

  /** `noteClosed` is called once, before the socket is ended or terminated. */
  constructor(socket: ConnectionSocket, connection: { noteClosed(): void }) {
    this.#socket = socket
    this.#connection = connection
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** The socket is gone. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#connection.noteClosed()
  }

  /**
   * Our half ends. What the other side still sends until `lingerUntil` is read and dropped, since unread bytes
   * would destroy the last answer. True when there is such a time, because the other side has not ended.
   */
  endOurs(lingerUntil: number): boolean {
    if (this.lingerUntil !== null) return false
    this.lingerUntil = lingerUntil
    if (this.hasEnded) {
      this.endSocket()
      return false
    }
    this.#socket.shutdown()
    return true
  }

  /** Counts the bytes received after the final reply. */
  discard(bytes: number): void {
    this.#lingerBytes += bytes
    if (this.#lingerBytes > MAX_LINGER_BYTES) this.cut()
  }

  /** Closes when what was written is on its way. */
  endSocket(): void {
    if (this.#isClosed) return
    this.close()
    this.#socket.end()
  }

  cut(): void {
    if (this.#isClosed) return
    this.close()
    this.#socket.terminate()
  }
}
