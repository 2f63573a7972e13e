import type { Socket } from 'bun'
import type { Clock, Timer } from '../lib/clock.ts'
import { MAX_REPLY_BYTES } from '../protocol/message.ts'

export type ServerAddress = { readonly host: string; readonly port: number }

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
  /** Ends the connection; no event comes any more. */
  close(): void
}

const CONNECT_TIMEOUT_MS = 10_000

/** Connects to a collect engine. The one place that knows how a connection is made. */
export function dial(server: ServerAddress, clock: Clock, events: ConnectionEvents): Connection {
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
    socket?.end()
    socket = null
  }

  function open(opened: Socket) {
    timer.cancel()
    if (isOver) {
      opened.end()
      return
    }
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

  async function connect() {
    await Bun.connect({
      hostname: server.host,
      port: server.port,
      socket: {
        open,
        data: (_, data) => receive(data),
        drain: flush,
        close: (_, error) => finish(error?.message ?? 'the server closed the connection'),
        error: (_, error) => finish(error.message),
        connectError: (_, error) => finish(error.message),
      },
    })
  }
  connect().catch((error: unknown) => finish(error instanceof Error ? error.message : String(error)))

  return {
    write(data) {
      if (isOver) return
      unsent.push(typeof data === 'string' ? Buffer.from(data) : data)
      flush()
    },
    close,
  }
}
