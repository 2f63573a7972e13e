import type { AddressRange } from '../lib/address-range.ts'
import { freeBytes } from '../lib/free-bytes.ts'
import type { TlsFiles } from '../lib/tls/certificate.ts'
import { type Listener, listen } from './connection/listener.ts'
import type { AgentSocket, Connections } from './connections.ts'
import type { Rejections } from './rejections.ts'

export type AgentPortsOptions = {
  readonly address: string
  readonly port: number | null
  readonly plainFrom?: readonly AddressRange[]
  readonly trustedProxies?: readonly AddressRange[]
  readonly tls?: (TlsFiles & { readonly port: number | null }) | null
  readonly connections: Connections
  readonly rejections: Rejections
  /** Called when a socket is gone. */
  readonly onClosed: () => void
}

/** The ports of a collect engine: one for agents with TLS and without, and perhaps one for TLS alone. */
export class AgentPorts {
  /** Bytes received since the start. */
  bytes = 0
  readonly #options: AgentPortsOptions
  readonly #listeners: Listener[] = []
  readonly #plain: Listener | null
  readonly #secure: Listener | null
  #tlsFiles: TlsFiles | null

  /** Throws when one of them can't be had; then none is open. */
  constructor(options: AgentPortsOptions) {
    this.#options = options
    this.#tlsFiles = options.tls ?? null
    const { connections, plainFrom = [], trustedProxies = [], port, tls = null } = options
    const rules = { trustedProxies, findTls: () => this.#tlsFiles }
    const policy = connections.createPolicy({ ...rules, plainFrom })
    this.#plain =
      port === null ? null : this.#open(port, null, (socket) => connections.acceptOpening(socket, policy))
    if (tls === null || tls.port === null) this.#secure = null
    else if (trustedProxies.length === 0)
      this.#secure = this.#open(tls.port, tls, (socket) => connections.accept(socket))
    else {
      // A connection through a balancer begins with a header before the handshake, which no TLS listener can
      // read.
      const tlsAlone = connections.createPolicy({ ...rules, plainFrom: null })
      this.#secure = this.#open(tls.port, null, (socket) => connections.acceptOpening(socket, tlsAlone))
    }
  }

  /** Null when there is none. */
  get plain(): number | null {
    return this.#plain?.port ?? null
  }

  get secure(): number | null {
    return this.#secure?.port ?? null
  }

  /** See `Listener.renew`. */
  renew(tls: TlsFiles): void {
    if ((this.#options.trustedProxies ?? []).length === 0) this.#secure?.renew(tls)
    this.#tlsFiles = tls
  }

  /** Accepts nothing more. */
  stop(): void {
    for (const listener of this.#listeners) listener.stop()
  }

  /** Closes every connection that is left. */
  close(): void {
    for (const listener of this.#listeners) listener.close()
  }

  #open(port: number, tls: TlsFiles | null, opened: (socket: AgentSocket) => void): Listener {
    const { address, onClosed } = this.#options
    try {
      const listener = listen({
        ...{ address, port, tls, opened },
        received: (socket: AgentSocket, chunk) => {
          this.bytes += chunk.length
          socket.data?.receive(chunk)
          freeBytes(chunk)
        },
        drained: (socket) => socket.data?.drain(),
        ended: (socket) => socket.data?.receiveEnd(),
        closed(socket) {
          socket.data?.close()
          onClosed()
        },
        distrusted: (socket, error) => this.#noteDistrust(socket, error),
      })
      this.#listeners.push(listener)
      return listener
    } catch (error) {
      this.close()
      const what = `can't listen on ${address}:${port} for agents${tls === null ? '' : ' over TLS'}`
      throw new Error(what, { cause: error })
    }
  }

  #noteDistrust(socket: AgentSocket, error: Error | null): void {
    // Balancers look whether the port is open by opening and closing it.
    if (error !== null && 'code' in error && error.code === 'ECONNRESET') return
    this.#options.rejections.note('tls', socket.remoteAddress, 'the TLS handshake failed')
  }
}
