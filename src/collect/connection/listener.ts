import type { Socket, TCPSocketListener } from 'bun'
import type { TlsFiles } from '../../lib/tls/certificate.ts'

export type ListenerOptions<Data> = {
  readonly address: string
  /** 0 takes a free one. */
  readonly port: number
  /** Null listens without TLS. */
  readonly tls: TlsFiles | null
  readonly opened: (socket: Socket<Data>) => void
  readonly received: (socket: Socket<Data>, chunk: Buffer) => void
  readonly drained: (socket: Socket<Data>) => void
  /** The other side has ended its half of the connection. */
  readonly ended: (socket: Socket<Data>) => void
  /** The last callback for a socket; may be called twice. */
  readonly closed: (socket: Socket<Data>) => void
  /** The other side does not speak TLS, or not ours; the socket closes. */
  readonly distrusted: (socket: Socket<Data>, error: Error | null) => void
}

export type Listener = {
  readonly port: number
  /**
   * From now on new connections get this certificate; existing ones keep the old one. Between closing the
   * port and opening it again nothing else runs in this process. Throws when opening fails; then the port is
   * open with the old certificate, unless another process has taken it.
   */
  renew(tls: TlsFiles): void
  /** Accepts nothing more. */
  stop(): void
  /** Closes every connection that is left. */
  close(): void
}

/**
 * Opens a port. Throws when it can't be had. TLS is 1.2 or 1.3: the library knows how to speak the older ones
 * no more.
 */
export function listen<Data>(options: ListenerOptions<Data>): Listener {
  let current = open(options.port, options.tls)
  let files = options.tls
  const { port } = current
  /** Closed to new connections, but with some that are left. */
  const retired: TCPSocketListener<Data>[] = []

  function open(at: number, tls: TlsFiles | null): TCPSocketListener<Data> {
    return Bun.listen<Data>({
      hostname: options.address,
      port: at,
      allowHalfOpen: true,
      ...(tls !== null && { tls: { cert: tls.certificate, key: tls.key, lowMemoryMode: true } }),
      socket: {
        open: options.opened,
        data: options.received,
        drain: options.drained,
        end: options.ended,
        error: options.closed,
        close: options.closed,
        ...(tls !== null && {
          handshake: (socket: Socket<Data>, success: boolean, error: Error | null) => {
            if (!success) options.distrusted(socket, error)
          },
        }),
      },
    })
  }

  return {
    port,
    renew(tls) {
      current.stop()
      retired.push(current)
      try {
        current = open(port, tls)
        files = tls
      } catch (error) {
        current = open(port, files)
        throw error
      }
    },
    stop: () => current.stop(),
    close() {
      for (const listener of [...retired, current]) listener.stop(true)
    },
  }
}
